"""Tells which index of a recording can be trusted: it fits its log, and nobody has changed it."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.trace import files, sidefiles
from gvtui.trace.bytesource import opened_source, size_of
from gvtui.trace.fit import Fit
from gvtui.trace.header import is_being_written
from gvtui.trace.keptfile import vouches
from gvtui.trace.payloads import PART
from gvtui.trace.records import TraceError
from gvtui.trace.row import ROW_DTYPE, ROW_SIZE
from gvtui.trace.strings import StringReader
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy.typing as npt

    from gvtui.trace.bytesource import ByteSource
    from gvtui.trace.rebuild import Progress

    Checked = Callable[[int, int, int], None]
    """Called with rows that hold good, bytes done and bytes in all."""

_CHECK_STEP = 8 << 20
"""How many bytes of index are checked between two reports of progress."""


_PATIENCE, _PATIENCE_SECONDS = 20, 0.05
"""How often, and at which interval in seconds, the rows of a growing log are awaited."""


def checked_pairs(
    path: Path, head: dict[str, Any], progress: Progress | None, checked: Checked | None = None
) -> Iterator[tuple[sidefiles.IndexFiles, StringReader]]:
    """The indexes of a recording that can be trusted, with their strings."""
    for pair in (sidefiles.beside(path), sidefiles.cached(path)):
        if pair is not None:
            strings = _open_checked(path, pair, head["id"], progress, checked)
            if strings is not None:
                yield pair, strings


def has_sizes(head: files.IndexHead, index: ByteSource, log_size: int, trace_id: bytes) -> bool:
    """Whether an index is sealed, and is as large, and for a log as large, as its head says."""
    size = files.INDEX_HEAD_SIZE + head.rows * ROW_SIZE + head.parts * PART.size
    is_sealed = head.trace_id == trace_id and head.log_size == log_size
    return is_sealed and index.size == size


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
        trusted = (not is_locked and is_vouched(log, pair, trace_id, strings)) or _is_intact(
            log, pair.rows, trace_id, strings, progress, checked, is_locked=is_locked
        )
    except OSError:
        trusted = False
    if not trusted:
        strings.close()
        return None
    return strings


def is_vouched(
    log: Path, pair: sidefiles.IndexFiles, trace_id: bytes, strings: StringReader
) -> bool:
    """Whether an index was found intact before, and it and its log are the same files since.

    Raises:
        OSError: a file cannot be read.
    """
    if not vouches(log, pair):
        return False
    with opened_source(pair.rows) as index:
        head = files.IndexHead.read(index)
        return (
            head is not None
            and has_sizes(head, index, size_of(log), trace_id)
            and strings.checksum == head.strings_checksum
        )


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
    with opened_source(log) as source, opened_source(index) as rows_source:
        # The log first: the rows of its records follow directly.
        window = Window(source, source.size)
        head = files.IndexHead.read(rows_source)
        if head is None or head.trace_id != trace_id:
            return False
        if not head.log_size:
            return is_locked and _covers(rows_source, window, strings)
        if not has_sizes(head, rows_source, window.size, trace_id):
            return False
        size = rows_source.size
        checksum = done = 0
        fit, texts = Fit(window), len(strings.texts)
        step = _CHECK_STEP - _CHECK_STEP % ROW_SIZE
        while data := rows_source.pread(
            min(step, head.rows * ROW_SIZE - done), files.INDEX_HEAD_SIZE + done
        ):
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


def _covers(index: ByteSource, log: Window, strings: StringReader) -> bool:
    """Whether an index that is being written has, or soon has, a row for each record of a log."""
    fit = Fit(log)
    end = log.size
    position, kept = files.INDEX_HEAD_SIZE, b""
    for _ in range(_PATIENCE):
        while data := index.pread(_CHECK_STEP, position):
            position += len(data)
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
