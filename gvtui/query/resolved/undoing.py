"""Takes back what raw rows did to descriptors, where their decoded rows come only after them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.query.resolved.files import OpenFiles
    from gvtui.query.resolved.table import FdEntry


class RawUndoing:
    """What rows did that may have to be taken back."""

    def __init__(self, files: OpenFiles) -> None:
        self._files = files
        self._done: dict[int, list[tuple[int, FdEntry | None, FdEntry | None]]] = {}
        """By row the descriptors that it changed: their entries before and after it."""

    @contextmanager
    def watched(self, row: int, process: int) -> Iterator[None]:
        """Note what a row does meanwhile to the descriptors of a process."""
        before = dict(self._files.of(process).table.entries)
        yield
        after = self._files.of(process).table.entries
        self._done[row] = [
            (fd, before.get(fd), after.get(fd))
            for fd in before.keys() | after.keys()
            if before.get(fd) is not after.get(fd)
        ]

    def undo(self, row: int, process: int) -> None:
        """Take back what a row did to the descriptors of a process, except where others have
        changed them since."""
        files = self._files.get(process)
        for fd, before, after in self._done.pop(row, ()):
            if files is not None and files.table.entries.get(fd) is after:
                self._files.restore(process, fd, before, row)
