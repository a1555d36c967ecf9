"""The side file with what an analysis of a recording has found out.

It is sealed with a key that only this user has, so that one that came with a stranger's recording is
never believed; and it tells which files it was made from: one that was changed since, or replaced,
makes it void. Then the recording is read again. All numbers are little-endian.

====== ===== ==========================================================================
offset bytes what
====== ===== ==========================================================================
0      8     `MAGIC`
8      4     n: bytes of the head
12     32    seal of the head: HMAC with SHA-256
44     n     head: a msgpack map, with place, size and SHA-256 of each section
...          the sections, from 44 + 1 MiB on
====== ===== ==========================================================================
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import io
import os
import stat
import struct
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import msgpack
import platformdirs

from gvtui.files import (
    growing_file,
    is_only_ours,
    made,
    nobody_else_writes,
    open_to_read,
    whole_file,
)
from gvtui.trace.sidefiles import kept_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import BinaryIO

    from gvtui.trace.sidefiles import IndexFiles

MAGIC = b"GVTUIKP\x01"
_FRONT = struct.Struct("<8sI32s")
_KEY_BYTES = 32
_MAX_HEAD = 1 << 20
_PIECE = 4 << 20
_ATTEMPTS = 3
"""How often a head is read whose seal does not hold good."""
SETTLED_NS = 1_000_000_000
"""How long ago a file must have changed last: two changes at the same time of its file system look
like one."""


class KeptSection(NamedTuple):
    """Where a section lies, and what it must be."""

    offset: int
    size: int
    digest: bytes


def identity_of(log: Path, pair: IndexFiles) -> list[list[int]] | None:
    """What tells whether a recording and its index are still what they were; None if a file is not
    there, is a link, or has changed only just now."""
    found = []
    with suppress(OSError):
        for path in (log, *pair):
            info = os.stat(path) if path == log else os.lstat(path)
            if not stat.S_ISREG(info.st_mode):
                return None
            changed = max(info.st_mtime_ns, info.st_ctime_ns)
            if not 0 < changed < time.time_ns() - SETTLED_NS:
                return None
            found.append(
                [info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns]
            )
        return found
    return None


class SectionStream(io.RawIOBase):
    """The bytes of a section, which need not be in memory together."""

    def __init__(self, fd: int, offset: int, size: int) -> None:
        self._fd, self._offset, self._size = fd, offset, size
        self._at = 0

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go on at an offset; see `io.IOBase.seek`."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        """Fill a buffer; gives how many bytes were read."""
        wanted = max(min(len(buffer), self._size - self._at), 0)
        read = os.preadv(self._fd, [memoryview(buffer)[:wanted]], self._offset + self._at)
        self._at += read
        return read


class KeptFile:
    """A side file whose seal and identity hold good. Its descriptor is closed when it goes."""

    def __init__(self, file: BinaryIO, head: dict[str, Any]) -> None:
        """Make it of an open file, which stays the caller's, and of its head; callers use
        `open_kept`."""
        self._fd = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._fd)
        self.rows: int = head["rows"]
        """How many rows the recording has."""
        self.is_whole: bool = head["is_whole"]
        """Whether no more sections will be added to it."""
        self._sections = {name: KeptSection(*place) for name, place in head["sections"].items()}

    def __contains__(self, name: object) -> bool:
        return name in self._sections

    def take_over(self, later: KeptFile) -> bool:
        """Know what has been added to the file since, as one who opened it later does; False if
        that one has another file."""
        if not os.path.sameopenfile(self._fd, later._fd):
            return False
        self.rows, self.is_whole = later.rows, later.is_whole
        self._sections = later._sections
        return True

    @property
    def names(self) -> list[str]:
        """The names of its sections, in their order."""
        return list(self._sections)

    def size(self, name: str) -> int:
        """How many bytes a section has; 0 if it is missing."""
        place = self._sections.get(name)
        return place.size if place is not None else 0

    def part(self, name: str, offset: int, size: int) -> bytes:
        """Some bytes of a section, as they are: the caller knows what they must be. Fewer where the
        section ends, or is missing.

        Raises:
            OSError: they cannot be read.
        """
        place = self._sections.get(name)
        if place is None or not 0 <= offset <= place.size:
            return b""
        return os.pread(self._fd, min(size, place.size - offset), place.offset + offset)

    def read(self, name: str) -> bytes | None:
        """A section's bytes; None if it is missing, or damaged."""
        stream = self.stream(name)
        return stream.read() if stream is not None else None

    def stream(self, name: str) -> SectionStream | None:
        """A section that is as it was written, to be read from its beginning or from anywhere; None
        if it is missing, or damaged."""
        place = self.place(name)
        return SectionStream(*place) if place is not None else None

    def place(self, name: str) -> tuple[int, int, int] | None:
        """Where a section lies that is as it was written: descriptor, offset and size; None if it
        is missing, or damaged."""
        place = self._sections.get(name)
        if place is None:
            return None
        digest, done = hashlib.sha256(), 0
        with suppress(OSError):
            while done < place.size:
                piece = os.pread(self._fd, min(_PIECE, place.size - done), place.offset + done)
                if not piece:
                    break
                digest.update(piece)
                done += len(piece)
            if digest.digest() == place.digest:
                return self._fd, place.offset, place.size
        return None


def open_kept(
    log: Path, pair: IndexFiles, version: str, path: Path | None = None
) -> KeptFile | None:
    """The side file of a recording with this index, if it can be believed.

    Args:
        log: the recording.
        pair: its index.
        version: of those who read and write sections.
        path: where it is; None for that of the whole recording.
    """
    return _opened(lambda: identity_of(log, pair), version, path or kept_path(pair))


def open_of(identity: list[Any], version: str, path: Path) -> KeptFile | None:
    """The side file at a path, if it can be believed, and is of what has this identity."""
    return _opened(lambda: identity, version, path)


def vouches(log: Path, pair: IndexFiles) -> bool:
    """Whether a side file says that this index was checked against its log, and both have been left
    alone since."""
    return _opened(lambda: identity_of(log, pair), None, kept_path(pair)) is not None


def _opened(
    identify: Callable[[], list[Any] | None], version: str | None, path: Path
) -> KeptFile | None:
    key = _key(make=False)
    if key is None:
        return None
    with suppress(OSError, ValueError, TypeError, KeyError, msgpack.UnpackException):
        if not nobody_else_writes(path.parent):
            return None
        with open_to_read(path) as file:
            # What was opened is asked, not the name, which may stand for another file by now.
            opened = os.fstat(file.fileno())
            if not is_only_ours(opened) or not os.path.samestat(opened, os.lstat(path)):
                return None
            # That of a growing file may be written over while it is read.
            heads = (_head_of(file, key) for _ in range(_ATTEMPTS))
            head = next(filter(None, heads), None)
            if head is None or (version is not None and head["version"] != version):
                return None
            identity = identify()
            if identity is not None and identity == head["identity"]:
                return KeptFile(file, head)
    return None


def _head_of(file: BinaryIO, key: bytes) -> dict[str, Any] | None:
    file.seek(0)
    front = file.read(_FRONT.size)
    if len(front) < _FRONT.size:
        return None
    magic, size, seal = _FRONT.unpack(front)
    if magic != MAGIC or size > _MAX_HEAD:
        return None
    packed = file.read(size)
    if not hmac.compare_digest(hmac.digest(key, packed, "sha256"), seal):
        return None
    head: dict[str, Any] = msgpack.unpackb(packed)
    return head


def write_kept(
    pair: IndexFiles,
    identity: list[list[int]],
    version: str,
    rows: int,
    sections: Iterable[tuple[str, Iterable[bytes]]],
    path: Path | None = None,
) -> bool:
    """Write the side file of a recording; False if there is no place for it.

    Args:
        pair: the recording's index.
        identity: what `identity_of` gave before the recording was read.
        version: of those who read and write sections.
        rows: how many rows the recording has.
        sections: their names, and for each its bytes in pieces.
        path: where to write it; None for that of the whole recording.
    """
    path = path or kept_path(pair)
    key = _key(make=True)
    if key is None or not nobody_else_writes(path.parent):
        return False
    head = {"identity": identity, "version": version, "rows": rows}
    try:
        with whole_file(path, mode=0o600, sync=False, is_believed=True) as out:
            # The head comes first and is known last.
            out.seek(_FRONT.size + _MAX_HEAD)
            places = _written(out, sections)
            _write_head(out, head | {"sections": places, "is_whole": True}, key)
    except OSError:
        return False
    return True


def write_growing(
    identity: list[Any],
    version: str,
    rows: Callable[[], int],
    groups: Iterable[Iterable[tuple[str, Iterable[bytes]]]],
    path: Path,
    least: int = 0,
) -> bool:
    """Write a side file that can be opened as soon as its first group of sections is written.

    Args:
        identity: what `open_of` is to be given, or what `identity_of` gave.
        version: see `write_kept`.
        rows: gives how many rows there are.
        groups: the sections; those of a group appear together.
        path: where to write it.
        least: with how many sections it appears at the earliest, or at its end: a file that is
            there already stays until then.

    Returns:
        Whether it was written to its end.
    """
    key = _key(make=True)
    if key is None or not nobody_else_writes(path.parent):
        return False
    head = {"identity": identity, "version": version}
    places: dict[str, KeptSection] = {}

    def told(*, is_whole: bool) -> dict[str, Any]:
        return head | {"rows": rows(), "sections": places, "is_whole": is_whole}

    try:
        with growing_file(path) as (out, appear):
            out.seek(_FRONT.size + _MAX_HEAD)
            for group in groups:
                places |= _written(out, group)
                if len(places) > least:
                    _write_head(out, told(is_whole=False), key)
                    appear()
            _write_head(out, told(is_whole=True), key)
            appear()
    except OSError:
        return False
    return True


def _written(
    out: BinaryIO, sections: Iterable[tuple[str, Iterable[bytes]]]
) -> dict[str, KeptSection]:
    """Write sections; gives where they are."""
    places: dict[str, KeptSection] = {}
    for name, pieces in sections:
        offset, digest = out.tell(), hashlib.sha256()
        for piece in pieces:
            digest.update(piece)
            out.write(piece)
        places[name] = KeptSection(offset, out.tell() - offset, digest.digest())
    return places


def _write_head(out: BinaryIO, head: dict[str, Any], key: bytes) -> None:
    """Write a head over the one that is there, all at once, and stay at the end.

    Raises:
        OSError: it is too long, or cannot be written.
    """
    packed: bytes = msgpack.packb(head)
    if len(packed) > _MAX_HEAD:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    out.flush()
    front = _FRONT.pack(MAGIC, len(packed), hmac.digest(key, packed, "sha256"))
    os.pwrite(out.fileno(), front + packed, 0)


def _key(*, make: bool) -> bytes | None:
    """This user's key; None if there is none, or others may know it."""
    folder = platformdirs.user_state_path("gvtui")
    path = folder / "kept.key"
    with suppress(OSError):
        if make and not path.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError), made(path) as file:
                file.write(os.urandom(_KEY_BYTES))
        info = os.lstat(path)
        is_secret = info.st_uid == os.geteuid() and not info.st_mode & 0o077
        if is_secret and stat.S_ISREG(info.st_mode) and nobody_else_writes(folder):
            with open_to_read(path) as file:
                key = file.read(_KEY_BYTES + 1)
            return key if len(key) == _KEY_BYTES else None
    return None
