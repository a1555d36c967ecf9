"""A file of a trace that is being written, with disk space reserved ahead.

If the file system can reserve space after a file's end, a full disk is noticed between two appends,
never within one, and there is still space for the notes that must be written then.
"""

from __future__ import annotations

import ctypes
import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KEPT_BACK = 64 << 10
"""Bytes that messages leave free for notes on a full disk: connections that open and close, and
losses."""

STEP_BYTES = 1 << 20
"""Bytes of room that are asked for at once, where a file grows quickly."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""The errors for a full disk or an exhausted quota."""

_KEEP_SIZE = 1
"""FALLOC_FL_KEEP_SIZE of fallocate(2): reserve space after the end without changing the size."""

_NO_ROOM_AHEAD = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ENODEV})
"""The errors of fallocate(2) on a file system that cannot reserve."""

_TRIES = 10
"""How often a call that a signal has interrupted is repeated."""

_libc = ctypes.CDLL(None, use_errno=True)
_fallocate = getattr(_libc, "fallocate64", None) or _libc.fallocate
_fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


@dataclass(slots=True)
class Output:
    """A file for appending, restored if an append fails half-way. Owns its descriptor."""

    path: Path
    fd: int
    size: int = 0
    room: int = 0
    """The end of the reserved space: never before the end of the file."""
    step: int = STEP_BYTES
    """Bytes of room that are asked for beyond what is needed, so that this is done seldom."""
    can_reserve: bool = True
    """Whether the file system can reserve space, as far as known."""

    @classmethod
    def create(cls, path: Path, step: int = STEP_BYTES) -> Output:
        """Create a file that does not exist yet.

        Args:
            path: the file.
            step: see the field.

        Raises:
            OSError: the file exists, or cannot be created.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return cls(path, os.open(path, flags, 0o600), step=step)

    def fits(self, count: int) -> bool:
        """Whether there is space for so many bytes of messages; True if this cannot be known."""
        return not self.can_reserve or self.size + count + KEPT_BACK <= self.room

    def reserve(self, count: int, ahead: int = 0) -> None:
        """Reserve space for further messages, and for the notes on a full disk.

        Args:
            count: how many bytes are about to be appended.
            ahead: how many bytes to keep reserved after those.

        Raises:
            OSError: there is not so much space. `fits` tells whether there is enough for `count`.
        """
        least = self.size + count + ahead + KEPT_BACK
        if least <= self.room or not self.can_reserve:
            return
        try:
            self._have(least + self.step)
        except OSError as error:
            if error.errno in _NO_ROOM_AHEAD:
                self.can_reserve = False
                return
            if error.errno not in FULL:
                raise
            self._have(least)

    def _have(self, end: int) -> None:
        start = max(self.room, self.size)
        for _ in range(_TRIES):
            if _fallocate(self.fd, _KEEP_SIZE, start, end - start) == 0:
                self.room = end
                return
            code = ctypes.get_errno()
            if code != errno.EINTR:
                break
        raise OSError(code, os.strerror(code), str(self.path))

    def append(self, data: bytes | memoryview) -> None:
        """Append all of the data, or nothing.

        Raises:
            OSError: the data cannot be written.
        """
        view, written = memoryview(data), 0
        try:
            while written < len(view):
                written += os.write(self.fd, view[written:])
        except OSError:
            self._truncate(self.size)
            raise
        self.size += written
        self.room = max(self.room, self.size)

    def cut(self, size: int) -> None:
        """Truncate the file to a size."""
        if self.size != size:
            self._truncate(size)
            self.size = size

    def release(self) -> None:
        """Free the reserved space."""
        if self.room > self.size:
            self._truncate(self.size)

    def trim(self) -> None:
        """Free the reserved space, except that for notes."""
        if self.room > self.size + KEPT_BACK:
            self._truncate(self.size)
            self._have(self.size + KEPT_BACK)

    def _truncate(self, size: int) -> None:
        os.ftruncate(self.fd, size)
        os.lseek(self.fd, size, os.SEEK_SET)
        # Truncating a file frees all space reserved after its end.
        self.room = size

    def is_in_place(self) -> bool:
        """Whether the file's name still leads to this very file."""
        try:
            there = os.lstat(self.path)
        except OSError:
            return False
        here = os.fstat(self.fd)
        return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)

    def has_name(self) -> bool:
        """Whether the file has any name; if not, it vanishes when the last program closes it."""
        return os.fstat(self.fd).st_nlink > 0

    def close(self) -> None:
        """Close the file, without reserved space."""
        try:
            self.release()
        finally:
            os.close(self.fd)
