"""What is in a recording besides its accounts: where it comes from, points, sessions and gaps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.decode.escape import escape
from gvtui.trace.elapsed import Elapsed
from gvtui.trace.host import host_words
from gvtui.trace.marks import ClockMark, GapMark, SessionMark, read_mark
from gvtui.trace.origin import OriginMark
from gvtui.trace.row import Kind
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.trace.reader import Trace

_CHUNK = 1 << 16
_MOST_MARKS = 1 << 14
"""Marks that are read: a stranger's recording may have millions."""
_MOST_POINTS = 4096
_NAMED = 5
_SECOND_NS = 1_000_000_000


@dataclass(slots=True)
class RecordingContents:
    """What a recording holds."""

    host: dict[str, str] = field(default_factory=dict)
    """The machine it comes from, as `gvtui.trace.host` tells it."""
    origins: list[str] = field(default_factory=list)
    """What it was made from, in words."""
    sandboxes: int = 0
    points: Counter[str] = field(default_factory=Counter)
    """Messages by point."""
    sessions: list[SessionMark] = field(default_factory=list)
    """The changes of trace sessions, in their order."""
    gaps: list[GapMark] = field(default_factory=list)
    """The time spans in which points of a sandbox are missing."""
    steps: list[int] = field(default_factory=list)
    """By how many nanoseconds the clock was set, each time."""
    passed_ns: int = 0
    """How much passed from the first row to the last, where the clock was set."""
    is_least: bool = False
    """Whether there are more marks than were read."""
    _spans: set[tuple[str, int, int]] = field(default_factory=set, repr=False)

    @classmethod
    def of(cls, trace: Trace) -> RecordingContents:
        """Read all rows of a trace."""
        sandboxes = len(trace.connections.sandboxes())
        found = cls(trace.host, sandboxes=sandboxes)
        numbers: Counter[int] = Counter()
        left = _MOST_MARKS
        for start in range(trace.first_row, trace.end_row, _CHUNK):
            rows = trace.rows(start, min(start + _CHUNK, trace.end_row))
            points, counts = np.unique(
                rows["point"][rows["kind"] == Kind.MESSAGE], return_counts=True
            )
            numbers.update(dict(zip(points.tolist(), counts.tolist(), strict=True)))
            for place in np.flatnonzero(rows["kind"] == Kind.MARK).tolist():
                left -= 1
                if left < 0:
                    found.is_least = True
                    break
                found._take(trace.details(start + place))
        for number, count in numbers.most_common(_MOST_POINTS):
            found.points[trace.string(number)] += count
        if found.steps:
            found.passed_ns = _passed_ns(trace)
        return found

    def _take(self, details: dict[str, Any]) -> None:
        mark = read_mark(details)
        if isinstance(mark, OriginMark):
            self.origins.append(mark.text)
        elif isinstance(mark, GapMark):
            self._note_gap(mark)
        elif isinstance(mark, ClockMark):
            self.steps.append(mark.step_ns)
        elif isinstance(mark, SessionMark):
            self.sessions.append(mark)
            if mark.gap is not None:
                self._note_gap(mark.gap)

    def _note_gap(self, gap: GapMark) -> None:
        """Count a gap, once: a change of a session and a mark of its own may both tell it."""
        if gap.span not in self._spans:
            self._spans.add(gap.span)
            self.gaps.append(gap)

    def facts(self) -> Iterator[tuple[str, str]]:
        """Headings and texts, escaped."""
        if words := host_words(self.host):
            yield "host", escape(words)
        for each in self.origins[:_NAMED]:
            yield "made", escape(each)
        yield "sandboxes", f"{self.sandboxes:,}"
        if self.points:
            named = ", ".join(
                f"{escape(name)} {count:,}" for name, count in self.points.most_common(_NAMED)
            )
            more = f", {len(self.points) - _NAMED:,} more" if len(self.points) > _NAMED else ""
            yield "points", f"{len(self.points):,}: {named}{more}"
        least = "at least " * self.is_least
        if self.sessions:
            last = self.sessions[-1]
            changes = counted(len(self.sessions), "change")
            yield "sessions", f"{least}{changes}; the last: {escape(last.text)}"
        if self.gaps:
            seconds = sum(max(0, each.end_ns - each.start_ns) for each in self.gaps) / _SECOND_NS
            yield "gaps", f"{least}{len(self.gaps):,}, {seconds:,.1f} s together"
        if self.steps:
            named = ", ".join(f"{step / _SECOND_NS:+,.1f} s" for step in self.steps[:_NAMED])
            more = ", …" * (len(self.steps) > _NAMED)
            times = counted(len(self.steps), "time")
            passed = f"{self.passed_ns / _SECOND_NS:,.1f} s passed"
            yield (
                "clock",
                f"{least}set {times}: {named}{more}; {passed} from the first row to the last",
            )

    def document(self) -> dict[str, Any]:
        """The same as values for JSON."""
        return {
            "host": self.host or None,
            "origins": self.origins,
            "sandboxes": self.sandboxes,
            "points": dict(self.points.most_common()),
            "sessions": [
                {"container": each.container_id, "state": each.state, "text": each.text}
                for each in self.sessions
            ],
            "gaps": [
                {
                    "container": each.container_id,
                    "start_ns": each.start_ns,
                    "end_ns": each.end_ns,
                    "text": each.text,
                }
                for each in self.gaps
            ],
            "clock_steps_ns": self.steps,
            "passed_ns": self.passed_ns if self.steps else None,
        }


def _passed_ns(trace: Trace) -> int:
    """How much passed from the first row of a trace to the last, whatever the clock said."""
    elapsed, first_ns = Elapsed(trace, trace.first_row), 0
    while len(times := elapsed.read(elapsed.position + _CHUNK)):
        first_ns = first_ns or int(times[times > 0][:1].sum())
    return elapsed.latest_ns - first_ns
