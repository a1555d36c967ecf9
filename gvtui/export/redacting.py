"""Writes a recording without its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.export.copying import RowCopying
from gvtui.export.cutting import origin_of
from gvtui.export.newrecording import new_recording, write_beside
from gvtui.export.recording import writer_for
from gvtui.export.recordingsink import RecordingSink
from gvtui.trace.bookmarks import Bookmarks
from gvtui.trace.elapsed import times_of
from gvtui.trace.origin import OriginMark
from gvtui.trace.records import DamagedError
from gvtui.trace.row import Flag, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from gvtui.export.selection import Selection
    from gvtui.redact.redactor import Redactor
    from gvtui.trace.bookmarks import Bookmark
    from gvtui.trace.reader import Trace
    from gvtui.trace.rebuild import Progress

_STEP = 4096


def write_redacted(
    selection: Selection,
    out: Path,
    redactor: Redactor,
    rules: Sequence[str],
    *,
    progress: Progress | None = None,
) -> int:
    """Write the chosen rows to a new recording, without what a redactor takes for secrets.

    All rows are read twice: a secret that one of them shows as such, as an environment does, is
    then taken out of all. Fields that are not known are left out; messages that cannot be read are
    cut to their headers.

    Args:
        selection: which rows of which trace.
        out: the new recording; it appears when it is whole.
        redactor: finds the secrets.
        rules: the names of its rules, which the recording tells.
        progress: called with rows done and rows in all.

    Returns:
        How many messages were written.

    Raises:
        UsageError: the name of the new file says that it has another format.
        ConvertError: the file exists, or cannot be written.
    """
    trace = selection.trace
    bookmarks = list(Bookmarks(trace))
    total = 2 * (trace.end_row - trace.first_row)
    _learn(trace, redactor, bookmarks, selection.filter_text, progress)
    with new_recording(out) as unfinished:
        sink = RecordingSink(writer_for(trace, unfinished))
        by_row = {each.row: each for each in bookmarks}
        copying = RowCopying(selection, sink, bookmarks=by_row, redactor=redactor)
        begin = times_of(trace.rows(trace.first_row, trace.first_row + 1))
        when = int(begin[0]) if len(begin) else 0
        more = f"by the rules {', '.join(rules)}"
        origin = OriginMark("redacted", (origin_of(trace),), selection.filter_text, more)
        copying.mark(when, origin.details(), 0)
        if trace.first_row:
            copying.retell(trace.first_row, when)
        for start in range(trace.first_row, trace.end_row, _STEP):
            copying.copy(start, min(start + _STEP, trace.end_row))
            if progress:
                progress(total // 2 + start - trace.first_row, total)
        copying.finish()
        sink.close()
    write_beside(out, copying.bookmarked)
    if progress:
        progress(1, 1)
    return sink.messages


def _learn(
    trace: Trace,
    redactor: Redactor,
    bookmarks: Iterable[Bookmark],
    filter_text: str,
    progress: Progress | None,
) -> None:
    """Find what the secrets are, wherever they stand."""
    redactor.learn(begins=True)
    redactor.text(filter_text)
    redactor.details(trace.oldest_head())
    for each in bookmarks:
        redactor.text(each.note)
    for row_id in range(trace.first_row, trace.end_row):
        row = trace.row(row_id)
        if progress and row_id % _STEP == 0:
            progress(row_id - trace.first_row, 2 * (trace.end_row - trace.first_row))
        if row.kind == Kind.DROP or row.flags & Flag.TRUNCATED:
            continue
        try:
            payload = trace.payload(row_id)
        except DamagedError:
            continue
        if row.kind == Kind.MESSAGE:
            redactor.message(payload)
        else:
            redactor.details(trace.details(row_id))
    redactor.learn(begins=False)
