"""Statistics as text, in the manner of `strace -c`, and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gvtui.decode.escape import escape
from gvtui.query.numbers.durations import PERCENTILE_ERROR, shown_percentile
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gvtui.query.numbers.statistics import Line, Statistics
    from gvtui.trace.reader import Trace
    from gvtui.trace.survey import Survey


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What the numbers lack beside the points that sandboxes have told of."""

    may_lack_drops: bool = False
    """Whether points may have been dropped that nothing tells of."""
    refused: int = 0
    """Messages that limits kept out."""
    lost: int = 0
    """Messages that could not be written."""
    damaged: int = 0
    """Messages that cannot be read."""
    unreadable_bytes: int = 0
    """Bytes of the log that cannot be read."""
    let_go: int = 0
    """Messages of deleted segments."""
    missing: int = 0
    """Messages of segments that are gone from between others."""

    @property
    def messages(self) -> int:
        """All messages that came and are not counted."""
        return self.refused + self.lost + self.damaged + self.let_go + self.missing

    @classmethod
    def of(cls, trace: Trace, survey: Survey) -> Shortfall:
        """What the statistics of a recording lack that was read to its end."""
        accounting = survey.accounting
        return cls(
            survey.may_lack_drops or survey.accounting.dropped_let_go > 0,
            sum(accounting.refused.values()),
            accounting.lost,
            len(trace.damage),
            trace.damaged_bytes,
            accounting.let_go,
            accounting.missing,
        )


NOTHING = Shortfall()
"""Of statistics that lack nothing."""

_TOP = 20
"""How many lines the tables by process and by path have in the text."""


def stats_text(statistics: Statistics, lacks: Shortfall = NOTHING) -> Iterator[str]:
    """Lines of text: a table by system call, then the busiest processes and paths, what moved most
    bytes, and errors.

    Times are seconds in all, and microseconds for each call.
    """
    yield from _syscall_table(statistics)
    yield from _short_table("process", statistics.by_process())
    yield from _short_table("path", [line for line in statistics.by_path() if line.is_call])
    if statistics.counts_descriptors:
        count = len(statistics.descriptor_columns()["key"])
        yield from _bytes_table("descriptor", statistics.by_descriptor(_TOP), count)
        count = len(statistics.remote_columns()["key"])
        yield from _bytes_table("host", statistics.by_remote(_TOP), count)
    yield from _short_table("error", statistics.by_errno())
    events = [line for line in statistics.by_syscall(events=True) if not line.is_call]
    if events:
        yield ""
        yield f"{'count':>9}  event"
        for line in sorted(events, key=lambda line: (-line.calls, line.label)):
            yield f"{line.calls:>9}  {line.label}"
    yield from _notes(statistics, lacks)


def stats_json(statistics: Statistics, more: Mapping[str, Any], lacks: Shortfall = NOTHING) -> str:
    """One JSON object, indented; times in nanoseconds, null where they are not known.

    Args:
        statistics: the numbers.
        more: what stands beside them.
        lacks: what they lack.
    """
    total = statistics.total()
    content = {
        "rows": statistics.rows,
        "dropped": statistics.dropped,
        "dropped_at_least": lacks.may_lack_drops,
        "lower_bound": statistics.is_lower_bound or lacks != NOTHING,
        "missing": {**asdict(lacks), "messages": lacks.messages},
        "missing_fields": statistics.missing_fields,
        "percentile_error": PERCENTILE_ERROR,
        "total": _fields(total),
        "syscalls": [_fields(line) for line in statistics.by_syscall()],
        "processes": [_fields(line) for line in statistics.by_process()],
        "paths": [_fields(line) for line in statistics.by_path()],
        "descriptors": [_with_bytes(line) for line in statistics.by_descriptor()],
        "hosts": [_with_bytes(line) for line in statistics.by_remote()],
        "errors": [_fields(line) for line in statistics.by_errno()],
        "events": [
            {"name": line.label, "count": line.calls, "filter": line.filter_text}
            for line in statistics.by_syscall(events=True)
            if not line.is_call
        ],
        "histogram": [
            {"from_ns": band.low_ns, "below_ns": band.high_ns, "calls": band.count}
            for band in statistics.histogram()
        ],
    }
    return json.dumps({**content, **more}, indent=2)


def _fields(line: Line) -> dict[str, Any]:
    is_timed = line.timed > 0
    return {
        "name": line.label,
        "filter": line.filter_text,
        "calls": line.calls,
        "errors": line.errors,
        "restarted": line.restarted,
        "timed": line.timed,
        "total_ns": line.total_ns if is_timed else None,
        "max_ns": line.max_ns if is_timed else None,
        "p50_ns": line.p50_ns,
        "p95_ns": line.p95_ns,
        "p99_ns": line.p99_ns,
        "share": round(line.share, 6),
    }


def _with_bytes(line: Line) -> dict[str, Any]:
    return {**_fields(line), "bytes_in": line.bytes_in, "bytes_out": line.bytes_out}


def _syscall_table(statistics: Statistics) -> Iterator[str]:
    lines = statistics.by_syscall()
    head = ("% time", "seconds", "usecs/call", "p50", "p95", "p99", "max", "calls", "errors")
    rule = "".join(f"{'-' * width} " for width in _WIDTHS)
    yield _columns(*head) + " syscall"
    yield rule + "-" * 16
    for line in lines:
        yield f"{_measures(line)} {escape(line.label)}"
    yield rule + "-" * 16
    yield f"{_measures(statistics.total())} total"


def _measures(line: Line) -> str:
    return _columns(
        f"{line.share * 100:.2f}",
        f"{line.total_ns / 1e9:.6f}" if line.timed else "",
        _micros(line.mean_ns),
        *(
            _micros(None if value is None else shown_percentile(value, line.max_ns))
            for value in (line.p50_ns, line.p95_ns, line.p99_ns)
        ),
        _micros(line.max_ns if line.timed else None),
        str(line.calls),
        str(line.errors or ""),
    )


_WIDTHS = (6, 11, 11, 9, 9, 9, 9, 9, 9)


def _columns(*cells: str) -> str:
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))


def _micros(duration_ns: int | None) -> str:
    return "" if duration_ns is None else str(duration_ns // 1000)


def _short_table(name: str, lines: Sequence[Line]) -> Iterator[str]:
    if not lines:
        return
    yield ""
    yield f"{'seconds':>11} {'calls':>9} {'errors':>9} {name}"
    for line in lines[:_TOP]:
        seconds = f"{line.total_ns / 1e9:.6f}" if line.timed else ""
        yield f"{seconds:>11} {line.calls:>9} {line.errors or '':>9} {escape(line.label)}"
    if len(lines) > _TOP:
        yield f"{'':>31} ({len(lines) - _TOP} more)"


def _bytes_table(name: str, lines: Sequence[Line], count: int) -> Iterator[str]:
    """Some of `count` lines, with the bytes that calls read and wrote."""
    if not lines:
        return
    yield ""
    yield f"{'read':>15} {'written':>15} {'calls':>9} {'errors':>9} {name}"
    for line in lines:
        moved = f"{line.bytes_in:>15} {line.bytes_out:>15}"
        yield f"{moved} {line.calls:>9} {line.errors or '':>9} {escape(line.label)}"
    if count > len(lines):
        yield f"{'':>51} ({count - len(lines)} more)"


def _notes(statistics: Statistics, lacks: Shortfall) -> Iterator[str]:
    if restarted := statistics.total().restarted:
        yield ""
        words = counted(restarted, "call was", "calls were")
        yield f"{words} interrupted by a signal, to be begun anew, and did not fail."
    shortfall = statistics.shortfall()
    if statistics.is_lower_bound or lacks != NOTHING or shortfall:
        yield ""
    if statistics.dropped:
        least = "at least " if lacks.may_lack_drops else ""
        words = f"{least}{counted(statistics.dropped, 'point was', 'points were')}"
        yield f"{words[0].upper()}{words[1:]} dropped: all numbers are lower bounds."
    elif lacks.may_lack_drops:
        yield "Points may have been dropped that nothing tells of: all numbers are lower bounds."
    missing = (
        (lacks.refused, "refused by limits"),
        (lacks.lost, "lost"),
        (lacks.damaged, "damaged"),
        (lacks.let_go, "let go with the oldest segments"),
        (lacks.missing, "of segments that are missing between others"),
    )
    if words := ", ".join(f"{count:,} {what}" for count, what in missing if count):
        were = counted(lacks.messages, "message is", "messages are")
        yield f"{were} not counted ({words}): all numbers are lower bounds."
    if lacks.unreadable_bytes:
        words = counted(lacks.unreadable_bytes, "byte")
        yield f"{words} could not be read: all numbers are lower bounds."
    if statistics.missed_rows:
        words = counted(statistics.missed_rows, "row was", "rows were")
        yield f"{words} removed from the trace before being counted."
    if shortfall:
        yield shortfall
