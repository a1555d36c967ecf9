"""Each moment at which the writer of a trace could be killed, or somebody could look at its files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_CALLS = ("open", "write", "pwrite", "ftruncate", "unlink", "rename", "replace", "link", "mkdir")
"""What changes a folder or its files."""

Torn = tuple[str, bytes]
"""The name of a file, and what more it has when a write to it has been done by half."""


@contextmanager
def at_each_moment(
    monkeypatch: pytest.MonkeyPatch, look: Callable[[Torn | None], None]
) -> Iterator[None]:
    """Look before each call of this process that changes files.

    Args:
        monkeypatch: of the test.
        look: is called without argument for the files as they are, and of a write once more for the
            files with the half of it.
    """
    is_looking = False

    def looked(torn: Torn | None) -> None:
        nonlocal is_looking
        if not is_looking:
            is_looking = True
            try:
                look(torn)
            finally:
                is_looking = False

    def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def with_look(*arguments: Any, **options: Any) -> Any:
            looked(None)
            if name == "write":
                fd, data = arguments
                path = Path(os.readlink(f"/proc/self/fd/{fd}"))
                looked((path.name, bytes(data[: len(data) // 2])))
            return call(*arguments, **options)

        return with_look

    with monkeypatch.context() as patch:
        for name in _CALLS:
            patch.setattr(os, name, watched(name, getattr(os, name)))
        yield
    look(None)


@dataclass(frozen=True, slots=True)
class Moment:
    """The files of a folder, and what had been done by then."""

    files: dict[str, bytes]
    done: int

    def restore(self, folder: Path) -> None:
        """Put the files into a new folder."""
        folder.mkdir(mode=0o700, parents=True)
        for name, data in self.files.items():
            (folder / name).write_bytes(data)


class Moments(list[Moment]):
    """The moments at which a folder held something else than before."""

    def __init__(self, folder: Path, done: Callable[[], int]) -> None:
        """Make an empty list; `done` tells what has been done."""
        super().__init__()
        self._folder, self._done = folder, done

    def note(self, torn: Torn | None) -> None:
        """Note what the folder holds now; see `at_each_moment`."""
        paths = self._folder.iterdir() if self._folder.exists() else ()
        files = {path.name: path.read_bytes() for path in paths}
        if torn is not None and torn[0] in files:
            files[torn[0]] += torn[1]
        if files and (not self or self[-1].files != files):
            self.append(Moment(files, self._done()))
