"""Opens the files of a trace, and rebuilds an index that is missing or cannot be trusted."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import tempfile
import time
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.files import nobody_else_writes, open_to_read
from gvtui.points.syscalls import ARCHITECTURES, UNKNOWN_ARCHITECTURE
from gvtui.scratch import Scratch
from gvtui.trace import files, savefile, sidefiles
from gvtui.trace.batches import FORMAT
from gvtui.trace.details import int_in, list_in, text_in
from gvtui.trace.fit import Fit
from gvtui.trace.mending import FolderFiles, mended
from gvtui.trace.payloads import PART
from gvtui.trace.rebuild import rebuild_index
from gvtui.trace.records import TraceError
from gvtui.trace.row import ROW_DTYPE, ROW_SIZE
from gvtui.trace.scanning import first_head
from gvtui.trace.segment import Segment
from gvtui.trace.strings import StringReader
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    import numpy.typing as npt

    from gvtui.trace.rebuild import Progress
    from gvtui.trace.settling import Settling

    Checked = Callable[[int, int, int], None]
    """Called with rows that hold good, bytes done and bytes in all."""

_CHECK_STEP = 8 << 20
"""How many bytes of index are checked between two reports of progress."""

_MAX_LOOK = 32 << 20
"""Bytes in which a log must have something that can be read."""

_LOOK_STEP = 64 << 10

_NAMING_BYTES = 4096
"""Bytes that a recording is known by whose header is damaged."""

_MAX_PROGRAM = 60

_PATIENCE, _PATIENCE_SECONDS = 20, 0.05
"""How often, and at which interval in seconds, the rows of a growing log are awaited."""

_CANNOT_WRITE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


@dataclass(frozen=True, slots=True)
class TraceFiles:
    """The open files of a trace, with the contents of their heads."""

    segments: list[Segment]
    """The segments, oldest first; never empty."""
    strings: StringReader
    architecture: str
    """The architecture in the header; `UNKNOWN_ARCHITECTURE` for a save file of gVisor's."""
    scratch: Scratch | None = None
    """The temporary folder of an index that could not be written beside its log."""
    is_save_file: bool = False
    damaged_bytes: int = 0
    settling: Settling | None = None
    """Checks the index, or makes it, while the first rows can be looked at already."""


def open_parts(path: Path, progress: Progress | None) -> TraceFiles:
    """Open a recording, a save file of gVisor's, or a flight recorder's folder.

    Raises:
        TraceError: the path is none of these.
        OSError: a file cannot be read.
    """
    if path.is_dir():
        return _open_folder(path, progress)
    with open_to_read(path) as file:
        start = file.read(len(savefile.SIGNATURE))
    if start == savefile.SIGNATURE:
        return _open_save_file(path, progress)
    return _open_recording(path, progress)


def _open_folder(folder: Path, progress: Progress | None) -> TraceFiles:
    numbers = files.segment_numbers(folder)
    if not numbers:
        raise TraceError(f"{folder} holds no trace")
    if not nobody_else_writes(folder):
        raise TraceError(
            f"others than you and root may write into {folder}, so its index cannot be trusted; "
            "open its .gvtrace files one by one"
        )
    logs = {number: files.segment_path(folder, number) for number in numbers}
    here = FolderFiles(
        logs,
        {number: files.index_path(log) for number, log in logs.items()},
        files.strings_path(folder),
    )
    head = read_header(logs[numbers[0]])
    trace_id, architecture = head["id"], _architecture(head)
    scratch = None
    if not is_being_written(logs[numbers[-1]]):
        mend = partial(mended, here, trace_id, architecture, read_header)
        try:
            here = mend(None, progress)
        except OSError as error:
            if error.errno not in _CANNOT_WRITE:
                raise
            scratch = Scratch("gvtui-index-")
            place = Path(scratch.name)
            with removed_on_failure(scratch):
                here = mend(lambda: place, progress)
    strings = StringReader(here.strings, trace_id)
    segments = [Segment.open(number, logs[number], here.indexes[number]) for number in numbers]
    damaged = sum(_damaged_bytes(here.indexes[number]) for number in numbers)
    return TraceFiles(segments, strings, architecture, scratch, damaged_bytes=damaged)


def _open_save_file(path: Path, progress: Progress | None) -> TraceFiles:
    scratch = Scratch("gvtui-index-")
    index, texts = Path(scratch.name, "index"), Path(scratch.name, "strings")
    trace_id = bytes(16)
    architecture = UNKNOWN_ARCHITECTURE
    with removed_on_failure(scratch):
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
    return TraceFiles(
        [Segment.open(1, path, index, is_save_file=True)],
        StringReader(texts, trace_id),
        architecture=architecture,
        scratch=scratch,
        is_save_file=True,
        damaged_bytes=_damaged_bytes(index),
    )


def _open_recording(path: Path, progress: Progress | None) -> TraceFiles:
    head = read_header(path)
    for pair, strings in checked_pairs(path, head, progress):
        return recording_parts(head, path, pair, strings)
    make = maker(path, head, progress)
    scratch = None
    made = made_where_it_may_stand(path, make)
    if made is None:
        scratch = Scratch("gvtui-index-")
        made = sidefiles.IndexFiles(Path(scratch.name, "index"), Path(scratch.name, "strings"))
        with removed_on_failure(scratch):
            make(*made)
    return recording_parts(head, path, made, StringReader(made.strings, head["id"]), scratch)


def maker(
    path: Path, head: dict[str, Any], progress: Progress | None, stop: int | None = None
) -> Callable[[Path, Path], None]:
    """Makes the index of a recording, or of its part before an offset."""
    return partial(
        rebuild_index,
        path,
        trace_id=head["id"],
        architecture=_architecture(head),
        progress=progress,
        stop=stop,
    )


def checked_pairs(
    path: Path, head: dict[str, Any], progress: Progress | None, checked: Checked | None = None
) -> Iterator[tuple[sidefiles.IndexFiles, StringReader]]:
    """The indexes of a recording that can be trusted, with their strings."""
    for pair in (sidefiles.beside(path), sidefiles.cached(path)):
        if pair is not None:
            strings = _open_checked(path, pair, head["id"], progress, checked)
            if strings is not None:
                yield pair, strings


def has_sizes(head: files.IndexHead, index: BinaryIO, log_size: int, trace_id: bytes) -> bool:
    """Whether an index is sealed, and is as large, and for a log as large, as its head says."""
    size = files.INDEX_HEAD_SIZE + head.rows * ROW_SIZE + head.parts * PART.size
    is_sealed = head.trace_id == trace_id and head.log_size == log_size
    return is_sealed and os.fstat(index.fileno()).st_size == size


def recording_parts(
    head: dict[str, Any],
    path: Path,
    pair: sidefiles.IndexFiles,
    strings: StringReader,
    scratch: Scratch | None = None,
) -> TraceFiles:
    """The open files of a recording with this index."""
    return TraceFiles(
        [Segment.open(1, path, pair.rows)],
        strings,
        architecture=_architecture(head),
        scratch=scratch,
        damaged_bytes=_damaged_bytes(pair.rows),
    )


def made_where_it_may_stand(
    path: Path, make: Callable[[Path, Path], None]
) -> sidefiles.IndexFiles | None:
    """Make the index of a recording where it may be; None without space or permission."""
    places = []
    own = sidefiles.beside(path)
    is_free = sidefiles.may_stand_beside(path) and all(map(sidefiles.is_made_by_us, own))
    if is_free and not is_being_written(path):
        places.append(own)
    kept = sidefiles.cached(path)
    for pair in [*places, *([kept] if kept is not None else [])]:
        try:
            make(*pair)
        except OSError as error:
            if error.errno not in _CANNOT_WRITE:
                raise
            continue
        if pair == kept:
            sidefiles.forget_old(pair)
        return pair
    return None


@contextlib.contextmanager
def removed_on_failure(scratch: Scratch) -> Iterator[None]:
    """Remove the temporary folder if the block fails.

    Raises:
        TraceError: the folder's disk is full.
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
    """What the first header of a log says; where it is damaged, no more than an `id`.

    Raises:
        TraceError: it is no log, or it is of a later version.
        OSError: the file cannot be read.
    """
    with open_to_read(log) as file:
        size = min(os.fstat(file.fileno()).st_size, _MAX_LOOK)
        head = first_head(Window(file.fileno(), size, step=_LOOK_STEP))
        if head is None:
            raise TraceError(f"{log} is neither a gvtui recording nor a gVisor save file")
        _refuse_later(log, head)
        if not isinstance(head.get("id"), bytes):
            # A name that is the same the next time, so that an index can be made for it.
            start = os.pread(file.fileno(), _NAMING_BYTES, 0)
            head = {**head, "id": hashlib.sha256(start).digest()[:16]}
    return head


def _refuse_later(log: Path, head: dict[str, Any]) -> None:
    """Raise TraceError if a log can only be read by a later version."""
    program = text_in(head, "program", _MAX_PROGRAM)
    if int_in(head, "format") > FORMAT:
        raise TraceError(
            f"{log} was written by a later version ({program}); update gvtui to read it"
        )
    needs = [need for need in list_in(head, "needs") if isinstance(need, str)]
    if needs:
        raise TraceError(
            f"{log} was written by {program or 'another version'} with {needs[0][:_MAX_PROGRAM]}, "
            "which this version does not know; update gvtui to read it"
        )


def _architecture(head: dict[str, Any]) -> str:
    architecture = text_in(head, "arch")
    return architecture if architecture in ARCHITECTURES else UNKNOWN_ARCHITECTURE


def _damaged_bytes(index: Path) -> int:
    with open_to_read(index) as file:
        head = files.IndexHead.unpack(file.read(files.INDEX_HEAD_SIZE))
    return head.damaged_bytes if head else 0


def is_being_written(log: Path) -> bool:
    """Whether a program has locked the log, as its writer does."""
    with open_to_read(log) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _open_checked(
    log: Path,
    pair: sidefiles.IndexFiles,
    trace_id: bytes,
    progress: Progress | None,
    checked: Checked | None = None,
) -> StringReader | None:
    """The strings of a recording with a trustworthy index; None if the index must be rebuilt."""
    try:
        is_locked = is_being_written(log)
        if not sidefiles.are_believable(pair, is_growing=is_locked):
            return None
        strings = StringReader(pair.strings, trace_id)
    except (OSError, TraceError):
        return None
    try:
        trusted = _is_intact(
            log, pair.rows, trace_id, strings, progress, checked, is_locked=is_locked
        )
    except OSError:
        trusted = False
    if not trusted:
        strings.close()
        return None
    return strings


def _is_intact(
    log: Path,
    index: Path,
    trace_id: bytes,
    strings: StringReader,
    progress: Progress | None,
    checked: Checked | None,
    *,
    is_locked: bool,
) -> bool:
    """Whether an index has a row for each record of its log, and is unchanged since its sealing.

    The holder of the lock on a log may be its writer, or anybody: then the index need not be
    sealed, but must have the rows of all present records.
    """
    with open_to_read(log) as source, open_to_read(index) as file:
        # The log first: the rows of its records follow directly.
        window = Window(source.fileno(), os.fstat(source.fileno()).st_size)
        head = files.IndexHead.unpack(file.read(files.INDEX_HEAD_SIZE))
        if head is None or head.trace_id != trace_id:
            return False
        if not head.log_size:
            return is_locked and _covers(file, window, strings)
        if not has_sizes(head, file, window.size, trace_id):
            return False
        size = os.fstat(file.fileno()).st_size
        checksum = done = 0
        fit, texts = Fit(window), len(strings.texts)
        step = _CHECK_STEP - _CHECK_STEP % ROW_SIZE
        while data := file.read(min(step, head.rows * ROW_SIZE - done)):
            checksum = zlib.crc32(data, checksum)
            rows = np.frombuffer(data, ROW_DTYPE)
            if highest_text(rows) >= texts or not fit.take(rows):
                return False
            done += len(data)
            if progress and done >= step:
                progress(done, size)
            if checked:
                checked(done // ROW_SIZE, done, size)
        return (
            checksum == head.checksum
            and strings.checksum == head.strings_checksum
            and fit.is_whole()
            # More damage than was told when the index was made has come since.
            and fit.damaged_bytes <= head.damaged_bytes
        )


def _covers(index: BinaryIO, log: Window, strings: StringReader) -> bool:
    """Whether an index that is being written has, or soon has, a row for each record of a log."""
    fit = Fit(log)
    end = log.size
    kept = b""
    for _ in range(_PATIENCE):
        while data := index.read(_CHECK_STEP):
            kept += data
            rows = np.frombuffer(kept[: len(kept) - len(kept) % ROW_SIZE], ROW_DTYPE)
            kept = kept[len(rows) * ROW_SIZE :]
            # Records and strings are written before their rows.
            log.grow()
            strings.refresh()
            if highest_text(rows) >= len(strings.texts) or not fit.take(rows):
                return False
        if not fit.has_records(fit.end, end):
            return True
        time.sleep(_PATIENCE_SECONDS)
    return False


def highest_text(rows: npt.NDArray[np.void]) -> int:
    """The highest number of a string that rows refer to."""
    columns = ("process", "container", "path", "point")
    return max((int(rows[column].max()) for column in columns), default=0) if len(rows) else 0
