"""Opens a large recording so that its first rows are available at once.

Another process checks or makes its index meanwhile: see `settling`. No row is shown before it has
been checked.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gvtui.scratch import Scratch
from gvtui.trace import files, savefile, sidefiles
from gvtui.trace.batches import MAX_BODY
from gvtui.trace.bytesource import opened_source
from gvtui.trace.fit import Fit
from gvtui.trace.header import is_being_written, read_header
from gvtui.trace.opening import made_where_it_may_stand, maker, recording_parts, removed_on_failure
from gvtui.trace.records import TraceError
from gvtui.trace.row import ROW_DTYPE, ROW_SIZE
from gvtui.trace.settling import Settling
from gvtui.trace.strings import StringReader
from gvtui.trace.trusting import checked_pairs, has_sizes, highest_text, is_vouched
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from gvtui.trace.opening import TraceFiles
    from gvtui.trace.rebuild import Progress
    from gvtui.trace.segment import Segment
    from gvtui.trace.trusting import Checked

LARGE = 64 << 20
"""The least size of a log, in bytes, for which the first rows are shown before the index is
checked."""
FIRST_BYTES = 12 << 20
"""How many bytes of a large log are indexed at once."""
_CUT_BYTES = 2 * MAX_BODY
"""Bytes before their end in which a batch may be cut."""
_FIRST_ROWS = 1 << 13
"""How many rows of an index are checked at once: more than any screen has, in few milliseconds."""


def settle(
    path: Path, scratch: Path, *, checked: Checked, making: Progress
) -> sidefiles.IndexFiles | None:
    """Check the index of a recording, or make it where it cannot be trusted.

    Args:
        path: the recording.
        scratch: a folder for the index, where it can stand nowhere else.
        checked: called with the rows that hold good, the bytes done and those in all.
        making: called with bytes done and bytes in all, where it is made.

    Returns:
        The index that was made; None if the one that is there holds good.

    Raises:
        TraceError: it is no recording.
        OSError: a file cannot be read or written.
    """
    head = read_header(path)
    for _, strings in checked_pairs(path, head, None, checked):
        strings.close()
        return None
    making(0, 1)
    make = maker(path, head, making)
    made = made_where_it_may_stand(path, make)
    if made is None:
        made = sidefiles.IndexFiles(scratch / "index", scratch / "strings")
        make(*made)
    return made


def open_at_once(path: Path) -> TraceFiles | None:
    """Open a large recording before its index is checked, or made: the first rows are there at once.

    Returns:
        None for what is opened quickly as a whole, or is no recording.

    Raises:
        TraceError: it cannot be read.
        OSError: it cannot be read.
    """
    if path.is_dir():
        return None
    with opened_source(path) as source:
        start = source.pread(len(savefile.SIGNATURE), 0)
        is_large = source.size > LARGE
    if start == savefile.SIGNATURE or not is_large or is_being_written(path):
        return None
    head = read_header(path)
    for pair in (sidefiles.beside(path), sidefiles.cached(path)):
        if pair is not None and (found := _first_checked(path, pair, head["id"])) is not None:
            strings, rows = found
            parts = recording_parts(head, path, pair, strings)
            if is_vouched(path, pair, head["id"], strings):
                return parts
            return replace(parts, settling=Settling(path, rows))
    scratch = Scratch("gvtui-index-")
    first = sidefiles.IndexFiles(Path(scratch.name, "index"), Path(scratch.name, "strings"))
    with removed_on_failure(scratch):
        maker(path, head, None, FIRST_BYTES)(*first)
    parts = recording_parts(head, path, first, StringReader(first.strings, head["id"]), scratch)
    rows = _rows_before(parts.segments[0], FIRST_BYTES - _CUT_BYTES)
    return replace(parts, damaged_bytes=0, settling=Settling(path, rows))


def open_settled(path: Path, made: sidefiles.IndexFiles) -> TraceFiles:
    """Open a recording with an index that was made for it just now.

    Raises:
        TraceError: it cannot be read.
        OSError: it cannot be read.
    """
    head = read_header(path)
    return recording_parts(head, path, made, StringReader(made.strings, head["id"]))


def _first_checked(
    log: Path, pair: sidefiles.IndexFiles, trace_id: bytes
) -> tuple[StringReader, int] | None:
    """The strings of an index whose heads and first rows fit its log, and how many rows these are."""
    try:
        if not sidefiles.are_believable(pair):
            return None
        strings = StringReader(pair.strings, trace_id)
    except (OSError, TraceError):
        return None
    with opened_source(log) as source, opened_source(pair.rows) as index:
        window = Window(source, source.size)
        head = files.IndexHead.read(index)
        if head is not None and has_sizes(head, index, window.size, trace_id):
            first = min(_FIRST_ROWS, head.rows)
            rows = np.frombuffer(index.pread(first * ROW_SIZE, files.INDEX_HEAD_SIZE), ROW_DTYPE)
            is_same = strings.checksum == head.strings_checksum
            is_known = highest_text(rows) < len(strings.texts)
            if is_same and is_known and Fit(window).take(rows):
                return strings, first
    strings.close()
    return None


def _rows_before(segment: Segment, end: int) -> int:
    """How many rows of an index have records that end before an offset."""
    low, high = 0, segment.rows
    one = np.empty(1, ROW_DTYPE)
    while low < high:
        middle = (low + high) // 2
        segment.read(segment.first_row + middle, one)
        if int(one["offset"][0]) + int(one["length"][0]) <= end:
            low = middle + 1
        else:
            high = middle
    return low
