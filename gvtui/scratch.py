"""Temporary folders that go away, if not with their owner then at the next start of another."""

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
"""Entries of a folder that are looked at for what was left behind."""


class Scratch(tempfile.TemporaryDirectory[str]):
    """A temporary folder of this user's alone, locked as long as its owner lives."""

    def __init__(self, prefix: str, before_removal: Callable[[Path], None] | None = None) -> None:
        """Make it, and remove those of the same prefix whose owners were killed.

        Args:
            prefix: how its name begins.
            before_removal: called with each folder that was left behind and is removed next.

        Raises:
            OSError: it cannot be made.
        """
        remove_left_behind(prefix, before_removal)
        super().__init__(prefix=prefix)
        with locked_file(Path(self.name, _LOCK_NAME)) as lock:
            self._lock_fd = os.dup(lock.fileno())
        fcntl.flock(self._lock_fd, fcntl.LOCK_EX)

    def cleanup(self) -> None:
        """Remove it; may be called again."""
        super().cleanup()
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1


def remove_left_behind(prefix: str, before: Callable[[Path], None] | None = None) -> None:
    """Remove temporary folders of this user's whose owners have gone; what cannot be, stays."""
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
