"""The report of `gvtui info` on a recording, as text and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gvtui.decode.escape import escape
from gvtui.decode.times import second_text
from gvtui.export.contents import RecordingContents
from gvtui.trace.reach import whole_from
from gvtui.trace.thinned import messages_in
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gvtui.trace.connection import Connection
    from gvtui.trace.reader import Trace
    from gvtui.trace.segments import CompressedPart
    from gvtui.trace.summary import SummaryCounts
    from gvtui.trace.survey import Survey
    from gvtui.trace.thinned import ThinnedMark

_SECOND_NS = 1_000_000_000
_MAX_LINES = 1000
"""How many connections the text lists one by one."""
_WIDTH = 12
_BEFORE = "before the oldest segment that is left"


def is_sound(trace: Trace, survey: Survey) -> bool:
    """Whether nothing is damaged, lost or unaccounted for."""
    is_whole = not trace.damage and not trace.damaged_bytes
    return (
        is_whole and not survey.problems and not survey.accounting.lost and not trace.lost.words()
    )


def info_text(trace: Trace, survey: Survey) -> Iterator[str]:
    """Lines of text: format, time, damage, accounting, connections. Times are local."""
    yield f"{escape(str(trace.path))}: {_what(trace, survey)}"
    for heading, text in _facts(trace, survey):
        yield f"{heading:<{_WIDTH}}{text}"
    for problem in survey.problems:
        yield f"{'ALARM':<{_WIDTH}}{problem}"
    if survey.tally.by_conn:
        yield ""
        if survey.accounting.let_go or survey.accounting.missing:
            yield "In the segments that are left:"
        yield f"{'conn':>6} {'messages':>12} {'bytes':>15} {'dropped':>10}  container"
        for conn, counts in list(survey.tally.by_conn.items())[:_MAX_LINES]:
            connection = trace.connections.get(conn)
            label = trace.connections.names(conn, _container(connection)).full
            line = _connection_line(connection, conn, counts) + f"  {escape(label)}" * bool(label)
            since = whole_from(trace.thinned, [conn])
            yield line + f", whole after {_time(since)}" * bool(since)
        if len(survey.tally.by_conn) > _MAX_LINES:
            yield f"and {counted(len(survey.tally.by_conn) - _MAX_LINES, 'more connection')}"


def account_text(survey: Survey) -> Iterator[str]:
    """Lines of text: the accounting alone, and what does not add up."""
    for heading, text in _accounts(survey):
        yield f"{heading:<{_WIDTH}}{text}"
    for problem in survey.problems:
        yield f"{'ALARM':<{_WIDTH}}{problem}"


def account_document(survey: Survey) -> dict[str, Any]:
    """The same as values for JSON."""
    accounting = survey.accounting
    return {
        **_counts(survey),
        "difference": accounting.difference,
        "problems": survey.problems,
    }


def info_document(trace: Trace, survey: Survey) -> dict[str, Any]:
    """The same as a JSON object; times are Unix nanoseconds, null if unknown."""
    accounting = survey.accounting
    return {
        "file": str(trace.path),
        "sound": is_sound(trace, survey),
        "kind": _kind(trace),
        "formats": sorted(survey.formats),
        "checksums": survey.has_checksums,
        "architecture": trace.architecture,
        "programs": survey.programs,
        "recordings": survey.recordings,
        "segments": survey.segments,
        "closed_segments": survey.closed_segments,
        "log_bytes": survey.log_bytes,
        "bytes": trace.size_bytes,
        "compressed": trace.compressed._asdict(),
        "rows": trace.end_row - trace.first_row,
        "first_ns": survey.first_ns or None,
        "last_ns": survey.last_ns or None,
        "damage": {
            "messages": len(trace.damage),
            "offsets": trace.damage.offsets,
            "unreadable_bytes": trace.damaged_bytes,
        },
        "accounting": {**_counts(survey), "difference": accounting.difference},
        "let_go_before_copied": _before_copied(trace),
        "losses": survey.losses.pack(),
        "problems": survey.problems,
        **RecordingContents.of(trace).document(),
        "connections": [
            {
                "conn": conn,
                "container": (container := _container(trace.connections.get(conn))),
                "names": trace.connections.names(conn, container).details(),
                "whole_after_ns": whole_from(trace.thinned, [conn]) or None,
                **asdict(counts),
            }
            for conn, counts in survey.tally.by_conn.items()
        ],
    }


def _before_copied(trace: Trace) -> dict[str, Any] | None:
    """What a copy tells of the time before the oldest row of its flight recorder."""
    if not (told := trace.told_before):
        return None
    messages, is_at_most = messages_in(told)
    return {"messages": messages, "at_most": is_at_most}


def _kind(trace: Trace) -> str:
    if trace.is_save_file:
        return "save file"
    return "flight recorder" if trace.path.is_dir() else "recording"


def _what(trace: Trace, survey: Survey) -> str:
    if trace.is_save_file:
        return "gVisor save file, no checksums"
    formats = " and ".join(map(str, sorted(survey.formats))) or "unknown"
    checks = "with checksums" if survey.has_checksums else "no checksums"
    joined = f", {survey.recordings} recordings joined" if survey.recordings > 1 else ""
    return f"gvtui {_kind(trace)}, format {formats}, {checks}{joined}"


def _facts(trace: Trace, survey: Survey) -> Iterator[tuple[str, str]]:
    if survey.programs:
        yield "written by", ", ".join(map(escape, survey.programs))
    if survey.first_ns:
        seconds = (survey.last_ns - survey.first_ns) / _SECOND_NS
        yield (
            "time",
            f"{_time(survey.first_ns)} to {_time(survey.last_ns)}, {seconds:,.1f} s",
        )
    log, all_ = f"{survey.log_bytes:,}", f"{trace.size_bytes:,}"
    part = trace.compressed
    if part.segments:
        yield "size", f"{log} bytes, compressed and with its index {all_}; {trace.architecture}"
        yield "compressed", _compressed(part)
    else:
        yield "size", f"{log} bytes, with its index {all_}; {trace.architecture}"
    if survey.segments:
        closed = f"{survey.closed_segments:,} of {counted(survey.segments, 'segment')}"
        hint = "" if survey.closed_segments == survey.segments else _not_closed(survey)
        yield "closed", f"{closed}{hint}"
    yield "damage", _damage(trace, survey)
    yield from _accounts(survey)
    if thinned := trace.thinned:
        heading, where = "let go", "by the flight recorder that this is a copy of"
        if trace.is_folder:
            heading, where = "", "of those let go came since then"
        yield heading, f"{_messages(thinned)} {where}: their sandboxes held too much"
    if told := trace.told_before:
        where = "before the oldest row of the flight recorder that this is a copy of"
        yield "let go" if not thinned else "", f"{_messages(told)} {where}"
    if words := trace.lost.words():
        yield "", words
    yield from RecordingContents.of(trace).facts()


def _messages(marks: Sequence[ThinnedMark]) -> str:
    """How many messages marks tell of, and whether that is only the most that it can be."""
    messages, is_at_most = messages_in(marks)
    return f"{'at most ' * is_at_most}{messages:,}"


def _compressed(part: CompressedPart) -> str:
    times = part.plain_bytes / max(part.disk_bytes, 1)
    words = f"{counted(part.segments, 'segment')}, {times:,.1f} times smaller with the index"
    return f"{words}: {part.disk_bytes / max(part.rows, 1):,.1f} bytes a row"


def _not_closed(survey: Survey) -> str:
    if survey.formats == {1}:
        return "; format 1 does not tell"
    return "; the others are still written, or whoever wrote them was ended before"


def _damage(trace: Trace, survey: Survey) -> str:
    told = []
    if trace.damage:
        told.append(trace.damage.words)
    if trace.damaged_bytes:
        told.append(f"{counted(trace.damaged_bytes, 'byte')} could not be read")
    if not survey.has_checksums:
        told.append("no checksums, so a changed byte may not show")
    return "; ".join(told) or "none"


def _counts(survey: Survey) -> dict[str, Any]:
    """The accounts as values, and which of them are bounds."""
    return {
        **asdict(survey.accounting),
        "let_go_at_most": survey.may_be_less_let_go,
        "dropped_at_least": survey.may_lack_drops,
    }


def _accounts(survey: Survey) -> Iterator[tuple[str, str]]:
    accounting = survey.accounting
    told = "not told" if accounting.received is None else f"{accounting.received:,}"
    yield "received", told
    yield "logged", f"{accounting.logged:,}"
    yield "indexed", f"{accounting.indexed:,}"
    if accounting.let_go:
        most = "at most " * survey.may_be_less_let_go
        yield "let go", f"{most}{accounting.let_go:,} {_BEFORE}"
    if accounting.missing:
        yield "missing", f"{accounting.missing:,} of segments between others"
    limits = ", ".join(f"{escape(limit)} {count:,}" for limit, count in accounting.refused.items())
    refused = sum(accounting.refused.values())
    yield "refused", f"{refused:,} by limits" + (f": {limits}" if limits else "")
    yield "lost", f"{accounting.lost:,}"
    least = "at least " if survey.may_lack_drops else ""
    gone = f", {accounting.dropped_let_go:,} of them {_BEFORE}" if accounting.dropped_let_go else ""
    yield "dropped", f"{least}{accounting.dropped:,} by the sandboxes{gone}"


def _connection_line(connection: Connection | None, conn: int, counts: SummaryCounts) -> str:
    return (
        f"{conn:>6} {counts.messages:>12,} {counts.bytes:>15,} {counts.dropped:>10,}  "
        f"{escape(_container(connection)) or '?'}"
    )


def _container(connection: Connection | None) -> str:
    return connection.container_id if connection is not None else ""


def _time(time_ns: int) -> str:
    return second_text(time_ns) or "a time that makes no sense"
