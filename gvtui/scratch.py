"""Temporary folders, which are removed with their owner or, if it was killed, at the next start."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.files import locked_file, open_to_read

if TYPE_CHECKING:
    from collections.abc import Callable

_LOCK_NAME = ".gvtui-lock"

MOST_LOOKED_AT = 10_000
"""How many entries of a folder are searched for left-behind folders."""


class Scratch(tempfile.TemporaryDirectory[str]):
    """A private temporary folder, locked as long as its owner lives."""

    def __init__(self, prefix: str, before_removal: Callable[[Path], None] | None = None) -> None:
        """Create the folder, and remove those of the same prefix whose owners were killed.

        Args:
            prefix: the beginning of its name.
            before_removal: called with each left-behind folder before its removal.

        Raises:
            OSError: the folder cannot be created.
        """
        remove_left_behind(prefix, before_removal)
        self._make(prefix)
        # Another start may take the folder for one left behind in the moment before it is locked.
        while not os.fstat(self._lock_fd).st_nlink:
            self.cleanup()
            self._make(prefix)

    def _make(self, prefix: str) -> None:
        super().__init__(prefix=prefix)
        with locked_file(Path(self.name, _LOCK_NAME)) as lock:
            self._lock_fd = os.dup(lock.fileno())
        fcntl.flock(self._lock_fd, fcntl.LOCK_EX)

    def cleanup(self) -> None:
        """Remove the folder; may be called again."""
        super().cleanup()
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1


def remove_left_behind(prefix: str, before: Callable[[Path], None] | None = None) -> None:
    """Remove this user's temporary folders whose owners have ended; failures are ignored."""
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for _, entry in zip(range(MOST_LOOKED_AT), entries, strict=False):
            if not entry.name.startswith(prefix) or not entry.is_dir(follow_symlinks=False):
                continue
            with contextlib.suppress(OSError):
                if entry.stat(follow_symlinks=False).st_uid == os.geteuid():
                    _remove_if_left(Path(entry.path), before)


def _remove_if_left(folder: Path, before: Callable[[Path], None] | None) -> None:
    with open_to_read(folder / _LOCK_NAME) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if before is not None:
            before(folder)
        shutil.rmtree(folder, ignore_errors=True)
