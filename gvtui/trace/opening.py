"""Opens the files of a trace, and makes an index that cannot be trusted again."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import tempfile
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.points.syscalls import ARCHITECTURES, UNKNOWN_ARCHITECTURE
from gvtui.trace import files, savefile
from gvtui.trace.details import int_in, unpack_details
from gvtui.trace.rebuild import rebuild_index
from gvtui.trace.records import HEAD_SIZE, LOG_FORMAT, LogKind, TraceError, scan
from gvtui.trace.row import ROW_DTYPE, ROW_SIZE
from gvtui.trace.segment import Segment
from gvtui.trace.strings import StringReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gvtui.trace.rebuild import Progress

_CHECK_STEP = 8 << 20
"""Bytes of index checked between two reports of progress."""

_MAX_HEADER = 1 << 20

_CANNOT_WRITE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


@dataclass(frozen=True, slots=True)
class Parts:
    """The open files of a trace, and what their heads say."""

    segments: list[Segment]
    """Oldest first; never empty."""
    strings: StringReader
    architecture: str
    """What is noted of it; `UNKNOWN_ARCHITECTURE` in a save file of gVisor's."""
    scratch: tempfile.TemporaryDirectory[str] | None = None
    """Where an index lies that could not stand beside its log."""
    is_save_file: bool = False
    damaged_bytes: int = 0


def open_parts(path: Path, progress: Progress | None) -> Parts:
    """Open a recording, a save file of gVisor's, or a flight recorder's folder.

    Raises:
        TraceError: it is none of these.
        OSError: a file cannot be read.
    """
    if path.is_dir():
        return _open_folder(path)
    with path.open("rb") as file:
        start = file.read(len(savefile.SIGNATURE))
    if start == savefile.SIGNATURE:
        return _open_save_file(path, progress)
    return _open_recording(path, progress)


def _open_folder(folder: Path) -> Parts:
    numbers = files.segment_numbers(folder)
    if not numbers:
        raise TraceError(f"{folder} holds no trace")
    head = read_header(files.segment_path(folder, numbers[0]))
    strings = StringReader(files.strings_path(folder), head["id"])
    segments = []
    for number in numbers:
        log = files.segment_path(folder, number)
        segments.append(Segment.open(number, log, files.index_path(log)))
    return Parts(segments, strings, _architecture(head))


def _made_beside(path: Path, make: Callable[[], None]) -> bool:
    """Make the index beside its recording; False if there is no room or no right to write."""
    if not os.access(path.parent, os.W_OK):
        return False
    try:
        make()
    except OSError as error:
        if error.errno not in _CANNOT_WRITE:
            raise
        return False
    return True


def _open_save_file(path: Path, progress: Progress | None) -> Parts:
    scratch = tempfile.TemporaryDirectory(prefix="gvtui-index-")
    index, texts = Path(scratch.name, "index"), Path(scratch.name, "strings")
    trace_id = bytes(16)
    architecture = UNKNOWN_ARCHITECTURE
    with _removed_on_failure(scratch):
        try:
            rebuild_index(
                path,
                index,
                texts,
                trace_id=trace_id,
                architecture=architecture,
                is_save_file=True,
                progress=progress,
            )
        except TraceError as error:
            raise TraceError(f"cannot read {path}: {error}") from error
    return Parts(
        [Segment.open(1, path, index)],
        StringReader(texts, trace_id),
        architecture=architecture,
        scratch=scratch,
        is_save_file=True,
        damaged_bytes=_damaged_bytes(index),
    )


def _open_recording(path: Path, progress: Progress | None) -> Parts:
    head = read_header(path)
    trace_id = head["id"]
    index, texts = files.index_path(path), files.strings_path(path)
    strings = _open_checked(path, index, texts, trace_id, progress)
    scratch = None
    if strings is None:
        make = partial(
            rebuild_index,
            path,
            trace_id=trace_id,
            architecture=_architecture(head),
            progress=progress,
        )
        if not _made_beside(path, partial(make, index, texts)):
            scratch = tempfile.TemporaryDirectory(prefix="gvtui-index-")
            index, texts = Path(scratch.name, "index"), Path(scratch.name, "strings")
            with _removed_on_failure(scratch):
                make(index, texts)
        strings = StringReader(texts, trace_id)
    return Parts(
        [Segment.open(1, path, index)],
        strings,
        architecture=_architecture(head),
        scratch=scratch,
        damaged_bytes=_damaged_bytes(index),
    )


@contextlib.contextmanager
def _removed_on_failure(scratch: tempfile.TemporaryDirectory[str]) -> Iterator[None]:
    """Remove the temporary place if what is done with it fails.

    Raises:
        TraceError: there is no room in it.
    """
    try:
        yield
    except BaseException as error:
        scratch.cleanup()
        if isinstance(error, OSError) and error.errno in _CANNOT_WRITE:
            raise TraceError(
                f"cannot make an index in {tempfile.gettempdir()}: {error.strerror}; "
                "name a place with more room in TMPDIR"
            ) from error
        raise


def read_header(log: Path) -> dict[str, Any]:
    """The header record of a log.

    Raises:
        TraceError: there is none, or it is of a later version.
        OSError: the file cannot be read.
    """
    with log.open("rb") as file:
        start = file.read(HEAD_SIZE + _MAX_HEADER)
    first = next(scan(start), None) if len(start) >= HEAD_SIZE else None
    if first is None or isinstance(first, int) or first.kind != LogKind.HEADER:
        raise TraceError(f"{log} is neither a gvtui recording nor a gVisor save file")
    head = unpack_details(first.payload)
    if int_in(head, "format") > LOG_FORMAT:
        raise TraceError(
            f"{log} was written by a later version ({head.get('program')}); update gvtui to read it"
        )
    if not isinstance(head.get("id"), bytes):
        raise TraceError(f"the head of {log} is damaged")
    return head


def _architecture(head: dict[str, Any]) -> str:
    architecture = head.get("arch")
    return architecture if architecture in ARCHITECTURES else UNKNOWN_ARCHITECTURE


def _damaged_bytes(index: Path) -> int:
    with index.open("rb") as file:
        head = files.IndexHead.unpack(file.read(files.INDEX_HEAD_SIZE))
    return head.damaged_bytes if head else 0


def _is_being_written(log: Path) -> bool:
    with log.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _open_checked(
    log: Path, index: Path, texts: Path, trace_id: bytes, progress: Progress | None
) -> StringReader | None:
    """The strings of a recording whose index can be trusted; None if it has to be made again."""
    try:
        strings = StringReader(texts, trace_id)
    except (OSError, TraceError):
        return None
    try:
        trusted = _is_being_written(log) or _is_intact(log, index, trace_id, strings, progress)
    except OSError:
        trusted = False
    if not trusted:
        strings.close()
        return None
    return strings


def _is_intact(
    log: Path, index: Path, trace_id: bytes, strings: StringReader, progress: Progress | None
) -> bool:
    with index.open("rb") as file:
        head = files.IndexHead.unpack(file.read(files.INDEX_HEAD_SIZE))
        if head is None or head.trace_id != trace_id or not head.log_size:
            return False
        size = os.fstat(file.fileno()).st_size
        if head.log_size != log.stat().st_size:
            return False
        if size != files.INDEX_HEAD_SIZE + head.rows * ROW_SIZE:
            return False
        checksum = done = highest = 0
        step = _CHECK_STEP - _CHECK_STEP % ROW_SIZE
        while data := file.read(step):
            checksum = zlib.crc32(data, checksum)
            rows = np.frombuffer(data, ROW_DTYPE)
            for column in ("process", "container", "path", "point"):
                highest = max(highest, int(rows[column].max()))
            done += len(data)
            if progress and done >= step:
                progress(done, size)
    return (
        checksum == head.checksum
        and highest < len(strings.texts)
        and strings.checksum == head.strings_checksum
    )
