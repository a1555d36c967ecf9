"""What a flight recorder has let go, as the header of a copy of its rows tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from gvtui.trace.details import list_in
from gvtui.trace.summary import MAX_LISTED, ConnectionCounts, SummaryCounts
from gvtui.trace.thinned import ThinnedMark, copied_marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


class LetGo(NamedTuple):
    """What a flight recorder had let go of which a recording is a copy, as its header tells."""

    since: Sequence[ThinnedMark] = ()
    """Of single sandboxes, since its oldest row; oldest first."""
    before: Sequence[ThinnedMark] = ()
    """All that had come before its oldest row; it is not known since when."""

    @classmethod
    def read(cls, head: dict[str, Any], shift: int = 0) -> LetGo:
        """That of a header; connections get numbers higher by `shift`."""
        told = [map(ThinnedMark.read, list_in(head, name)) for name in ("let_go", "let_go_before")]
        return cls(*[copied_marks(marks, shift=shift) for marks in told])

    def details(self) -> dict[str, Any]:
        """As it lies in a header."""
        return {
            **({"let_go": _packed(self.since)} if self.since else {}),
            **({"let_go_before": _packed(self.before)} if self.before else {}),
        }

    def copied(
        self, shift: int = 0, conns: Collection[int] = (), from_ns: int = 0, to_ns: int = 0
    ) -> LetGo:
        """What it tells of a copy of the rows; see `ThinnedMark.copied`."""
        part = {"shift": shift, "from_ns": from_ns, "to_ns": to_ns}
        return LetGo(*[copied_marks(marks, conns=conns, **part) for marks in self])


def before_in(head: dict[str, Any], first_ns: int) -> list[ThinnedMark]:
    """What had come before the oldest segment that is left of a flight recorder.

    Args:
        head: the segment's header.
        first_ns: when its first row came, Unix nanoseconds.
    """
    counts = ConnectionCounts.read(head.get("before"))
    # Drops alone are told of files that were made anew.
    if not counts.total().messages:
        return []
    return [ThinnedMark(counts, 0, first_ns - 1).known_as(head.get("id"))]


def together(told: Iterable[tuple[LetGo, int]]) -> LetGo:
    """What several recordings tell, each message that was let go counted once as far as is known.

    Where parts of one flight recorder tell the same, of connections that have several numbers then,
    the first counts it; the others only say whose it was. Where they tell something else, what they
    count may be in part the same, and is the most that it can be.

    Args:
        told: what each tells, and what is added to the numbers of its connections.
    """
    merging = _Merging()
    for place, (each, shift) in enumerate(told):
        for since in each.since:
            merging.take(place, since, shift)
        for before in each.before:
            merging.take(place, before, shift, is_before=True)
    return merging.finish()


class _Merging:
    """Puts together what several recordings tell."""

    def __init__(self) -> None:
        self._marks: tuple[list[ThinnedMark], list[ThinnedMark]] = ([], [])
        self._known: set[tuple[object, ...]] = set()
        self._counted: dict[str, list[tuple[int, int, int]]] = {}
        """For each flight recorder from when to when messages were let go that are counted, and by
        which recording."""

    def take(self, place: int, mark: ThinnedMark, shift: int, *, is_before: bool = False) -> None:
        moved = mark.copied(shift)
        if moved is None:
            return
        if mark.of is not None and mark.of.trace_id:
            counts = mark.counts.packed()
            key = (mark.of, is_before, str(counts))
            if key in self._known:
                nothing = {conn: SummaryCounts() for conn in moved.counts.by_conn}
                moved = replace(moved, counts=ConnectionCounts(nothing))
            else:
                span = (mark.of.from_ns, mark.of.to_ns, place)
                self._counted.setdefault(mark.of.trace_id, []).append(span)
            self._known.add(key)
        self._marks[is_before].append(moved)

    def finish(self) -> LetGo:
        several = {trace_id for trace_id, spans in self._counted.items() if _overlap(spans)}
        since, before = (
            [
                replace(mark, is_at_most=True)
                if mark.of is not None and mark.of.trace_id in several
                else mark
                for mark in marks
            ]
            for marks in self._marks
        )
        return LetGo(since, before)


def _packed(told: Sequence[ThinnedMark]) -> list[dict[str, Any]]:
    """Marks as they lie in a header: of very many connections, added up."""
    if sum(len(mark.counts.by_conn) for mark in told) > MAX_LISTED:
        told = [ThinnedMark().and_also(*told)]
    return [mark.details() for mark in told]


def _overlap(spans: Iterable[tuple[int, int, int]]) -> bool:
    """Whether two of several times overlap that different recordings tell of."""
    until: dict[int, int] = {}
    for from_ns, to_ns, place in sorted(spans):
        if any(ended >= from_ns for other, ended in until.items() if other != place):
            return True
        until[place] = max(until.get(place, 0), to_ns)
    return False
