"""The bytes of a log or an index, wherever they come from: what all readers of one read through."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Protocol

from gvtui.files import open_to_read
from gvtui.trace.batches import MAGIC
from gvtui.trace.compressed import CompressedFile
from gvtui.trace.files import INDEX_MAGIC, is_of_folder
from gvtui.trace.savefile import SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_PLAIN_STARTS = (MAGIC, INDEX_MAGIC, SIGNATURE, b"\x94\x00\xce")
"""How plain files begin: logs of both formats, indexes, and save files of gVisor's."""


class ByteSource(Protocol):
    """The bytes of one open file, which it owns until `close`.

    It is never mapped into memory: if another program truncates a file, reading a map kills the
    process, while reading pieces only finds an earlier end.
    """

    @property
    def size(self) -> int:
        """How many bytes there are now."""

    @property
    def disk_bytes(self) -> int:
        """The size of the file in bytes."""

    @property
    def is_compressed(self) -> bool:
        """Whether the file holds them compressed."""

    def pread(self, size: int, offset: int) -> bytes:
        """So many bytes from an offset on, fewer at the end.

        Raises:
            OSError: they cannot be read.
        """

    def pread_into(self, buffer: memoryview, offset: int) -> int:
        """Fill a buffer with the bytes from an offset on; gives how many there were.

        Raises:
            OSError: they cannot be read.
        """

    def fileno(self) -> int:
        """The descriptor of the file."""

    def duplicate(self) -> ByteSource:
        """The same bytes with a descriptor of their own, which the caller closes."""

    def close(self) -> None:
        """Close the file."""


class PlainFile:
    """The bytes of a file as they lie in it; it may still grow."""

    __slots__ = ("_fd",)
    is_compressed = False

    def __init__(self, fd: int) -> None:
        """Take over an open descriptor."""
        self._fd = fd

    @property
    def size(self) -> int:
        """How many bytes there are now."""
        return os.fstat(self._fd).st_size

    @property
    def disk_bytes(self) -> int:
        """The size of the file in bytes."""
        return self.size

    def pread(self, size: int, offset: int) -> bytes:
        """So many bytes from an offset on, fewer at the end."""
        return os.pread(self._fd, size, offset)

    def pread_into(self, buffer: memoryview, offset: int) -> int:
        """Fill a buffer with the bytes from an offset on; gives how many there were."""
        return os.preadv(self._fd, [buffer], offset)

    def fileno(self) -> int:
        """The descriptor of the file."""
        return self._fd

    def duplicate(self) -> PlainFile:
        """The same bytes with a descriptor of their own, which the caller closes."""
        return PlainFile(os.dup(self._fd))

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def source_of(fd: int) -> ByteSource:
    """The bytes of an open file, compressed or not, whose descriptor is taken over.

    Raises:
        OSError: it cannot be read; the descriptor is closed.
    """
    try:
        return CompressedFile.read(fd, _PLAIN_STARTS) or PlainFile(fd)
    except OSError:
        os.close(fd)
        raise


def open_source(path: Path) -> ByteSource:
    """Open a log or an index. In a folder of segments a symbolic link is not followed.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    with open_to_read(path, follow=not is_of_folder(path)) as file:
        fd = os.dup(file.fileno())
    return source_of(fd)


@contextlib.contextmanager
def opened_source(path: Path) -> Iterator[ByteSource]:
    """Open a log or an index for a while; see `open_source`."""
    source = open_source(path)
    try:
        yield source
    finally:
        source.close()


def size_of(path: Path) -> int:
    """How many bytes a log or an index has.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    with opened_source(path) as source:
        return source.size
