"""A file of a trace that is appended to, whose room on the disk is had before it is needed.

Where the file system gives room ahead of the end of a file, a full disk shows between two appends,
never within one, and there is still room for the little that has to be noted then.
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
"""Bytes that messages leave free for what must be noted on a full disk: who came and went, and what
was lost."""

STEP_BYTES = 1 << 20
"""Bytes of room that are asked for at once, where a file grows quickly."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the kernel says of a disk, or a user's part of it, that is full."""

_KEEP_SIZE = 1
"""FALLOC_FL_KEEP_SIZE of fallocate(2): room behind the end, and the file's size stays."""

_NO_ROOM_AHEAD = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ENODEV})
"""What fallocate(2) says where a file system cannot do that."""

_TRIES = 10
"""How often a call is made again that a signal has cut short."""

_libc = ctypes.CDLL(None, use_errno=True)
_fallocate = getattr(_libc, "fallocate64", None) or _libc.fallocate
_fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


@dataclass(slots=True)
class Output:
    """A file that is appended to, and put back if an append fails half-way. Owns its descriptor."""

    path: Path
    fd: int
    size: int = 0
    room: int = 0
    """Where the room ends that has been had: never before the end of the file."""
    step: int = STEP_BYTES
    """Bytes of room that are asked for beyond what is needed, so that this is done seldom."""
    can_reserve: bool = True
    """Whether the file system gives room ahead, as far as is known."""

    @classmethod
    def create(cls, path: Path, step: int = STEP_BYTES) -> Output:
        """Make a file that was not there.

        Args:
            path: the file.
            step: see the field.

        Raises:
            OSError: it is there, or cannot be made.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return cls(path, os.open(path, flags, 0o600), step=step)

    def fits(self, count: int) -> bool:
        """Whether there is room for so many bytes of messages; True where that cannot be known."""
        return not self.can_reserve or self.size + count + KEPT_BACK <= self.room

    def reserve(self, count: int, ahead: int = 0) -> None:
        """Have room for so many bytes of messages more, and for what is kept back.

        Args:
            count: bytes that are about to be appended.
            ahead: bytes of room that are to be had behind those, always.

        Raises:
            OSError: there is not so much room. `fits` tells whether there is enough for `count`.
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

    def append(self, data: bytes) -> None:
        """Append all of it, or nothing.

        Raises:
            OSError: it cannot be written.
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
        """Take back what was appended behind a size."""
        if self.size != size:
            self._truncate(size)
            self.size = size

    def release(self) -> None:
        """Give back the room that is not used."""
        if self.room > self.size:
            self._truncate(self.size)

    def trim(self) -> None:
        """Give back the room that is not used, but for what is kept back."""
        if self.room > self.size + KEPT_BACK:
            self._truncate(self.size)
            self._have(self.size + KEPT_BACK)

    def _truncate(self, size: int) -> None:
        os.ftruncate(self.fd, size)
        os.lseek(self.fd, size, os.SEEK_SET)
        # With its end, a file loses all room behind it.
        self.room = size

    def is_in_place(self) -> bool:
        """Whether this very file still goes by its name."""
        try:
            there = os.lstat(self.path)
        except OSError:
            return False
        here = os.fstat(self.fd)
        return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)

    def has_name(self) -> bool:
        """Whether the file goes by any name; if not, its bytes end with the last who has it open."""
        return os.fstat(self.fd).st_nlink > 0

    def close(self) -> None:
        """Close the file, without room behind its end."""
        try:
            self.release()
        finally:
            os.close(self.fd)
