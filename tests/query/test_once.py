from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.query import view as view_module
from gvtui.query.calls.doubles import Twins
from gvtui.query.calls.pairs import Pairs
from gvtui.query.context import QueryContext
from gvtui.query.filter.compile import Filter, compile_filter
from gvtui.query.folded import call_view
from gvtui.query.once import OnceFilter, leave_out_doubles
from gvtui.query.processes.processes import Processes
from gvtui.query.view import RowView
from gvtui.query.wrapping import WrappingFilter
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction
from gvtui.wire.messages import RAW_SYSCALL
from tests.query.memory import MemoryTrace, enter, leave, make_row
from tests.trace.recorder import TRACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.query.filter.batch import Mask, Rows
    from gvtui.query.filter.compile import ChangeMark
    from gvtui.query.source import RowSource

READ, WRITE = 0, 1

sides = st.builds(
    lambda side, tid, sysno, error, raw: side(
        tid, sysno, errno=error * (side is leave), **({"type": RAW_SYSCALL} if raw else {})
    ),
    st.sampled_from((enter, leave)),
    st.sampled_from((0, 1, 1, 2)),
    st.sampled_from((READ, READ, READ, WRITE)),
    st.sampled_from((0, 0, errno.EIO)),
    st.booleans(),
)
others = st.builds(lambda tid: make_row(tid=tid, pid=tid, type=5), st.integers(1, 2))


def plain_twin(rows: Sequence[dict[str, int]], row: int, end: int) -> int | None:
    """The decoded row that repeats a raw one, by looking at one row after the other."""
    held = rows[row]
    if held["type"] != RAW_SYSCALL or not held["direction"] or not held["tid"]:
        return None
    for index in range(row + 1, end):
        other = rows[index]
        if other["direction"] and other["tid"] == held["tid"]:
            is_same = all(other[name] == held[name] for name in ("direction", "sysno", "errno"))
            return index if is_same and other["type"] != RAW_SYSCALL else None
    return None


def plain_enters(rows: Sequence[dict[str, int]], pairs: Pairs, row: int) -> set[int | None]:
    """The enters that may show an exit's call: its own, and that of the other kind of point."""
    partner = pairs.partner(row)
    if rows[row]["type"] == RAW_SYSCALL:
        return {partner, None if partner is None else plain_twin(rows, partner, len(rows))}
    if partner is None:
        raw = [raw for raw in range(row) if plain_twin(rows, raw, len(rows)) == row]
        return {pairs.partner(each) for each in raw}
    return {partner}


def once_view(
    trace: MemoryTrace | Trace, condition: Filter | None, pairs: Pairs | None = None
) -> tuple[OnceFilter, RowView]:
    once = OnceFilter(trace, condition, Twins(trace))
    return once, RowView(trace, once) if pairs is None else call_view(trace, once, pairs)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(sides | sides | others, max_size=40),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=4),
    st.sampled_from(("", "proc.pid = 1", "evt.dir = X", "evt.failed = true", "evt.type = read")),
    st.booleans(),
)
def test_a_call_is_shown_by_its_decoded_rows_where_it_has_them(
    monkeypatch: pytest.MonkeyPatch,
    rows: list[dict[str, int]],
    steps: list[tuple[int, int]],
    text: str,
    is_folded: bool,
) -> None:
    monkeypatch.setattr(view_module, "_FIRST_SLICE", 3)
    monkeypatch.setattr(view_module, "SLICE", 3)
    trace = MemoryTrace(rows)
    trace.end_row = 0
    pairs = Pairs(trace)
    context = QueryContext(pairs, Processes(trace, pairs))
    condition = compile_filter(text, context) if text else None
    once, view = once_view(trace, condition, pairs if is_folded else None)
    for more, gone in [*steps, (len(rows), 0)]:
        trace.end_row = min(trace.end_row + more, len(rows))
        if not is_folded:
            # What is known of pairs does not go with a row, but a row's other side does.
            trace.first_row = min(trace.first_row + gone, trace.end_row)
        while view.advance(0) or not view.complete:
            pass
        ids = range(trace.first_row, trace.end_row)
        passed = {row for row in ids if condition is None or condition.matches(trace, row)}
        doubled = {row for row in passed if plain_twin(rows, row, trace.end_row) in passed}
        shown = passed - doubled
        if is_folded:
            is_exit = {row for row in shown if rows[row]["direction"] == Direction.EXIT}
            shown -= {row for row in is_exit if shown & plain_enters(rows, pairs, row)}
        assert list(view) == sorted(shown)
        assert [row for row in range(len(rows) + 1) if row in view] == sorted(shown)
        assert once.left_out == len(doubled)


@given(
    st.lists(sides | sides | others, max_size=40),
    st.sets(st.integers(0, 40)),
    st.integers(1, 12),
)
def test_parts_of_a_trace_leave_out_what_the_whole_does(
    rows: list[dict[str, int]], passing: set[int], size: int
) -> None:
    trace = MemoryTrace(rows)
    twins = Twins(trace)
    found: list[int] = []
    for start in range(0, len(rows), size):
        part = trace.rows(start, start + size)
        passed = np.array([start + place in passing for place in range(len(part))])
        leave_out_doubles(start, part, passed, twins, passing.__contains__)
        found += (np.flatnonzero(passed) + start).tolist()
    passed_ids = passing & set(range(len(rows)))
    assert found == sorted(
        row for row in passed_ids if plain_twin(rows, row, len(rows)) not in passed_ids
    )


@pytest.mark.parametrize("name", ["shell-2022", "network-2024", "newest-2026"])
def test_what_is_left_out_of_a_recording_is_what_has_a_twin(name: str) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    once, view = once_view(trace, None)
    view.advance(60)
    twins = Twins(trace)
    doubled = [
        row
        for row in range(trace.first_row, trace.end_row)
        if trace.row(row).type == RAW_SYSCALL and twins.decoded(row) is not None
    ]
    assert doubled
    assert once.left_out == len(doubled) == view.total - view.count
    assert not any(row in view for row in doubled)
    trace.close()


def test_a_row_whose_answer_changes_takes_its_raw_row_along() -> None:
    trace = MemoryTrace([leave(1, READ, type=RAW_SYSCALL), leave(1, READ), enter(1, READ)])
    inner = _Changing()
    once, view = once_view(trace, inner)
    view.advance(1)
    assert (list(view), once.left_out) == ([1, 2], 1)
    inner.refused, inner.changed = {1}, [1]
    view.advance(1)
    assert (list(view), once.left_out) == ([0, 2], 0)
    inner.refused = set()
    view.advance(1)
    assert (list(view), once.left_out) == ([1, 2], 1)


class _Changing(WrappingFilter):
    """Lets all rows pass but some."""

    def __init__(self) -> None:
        super().__init__("changing", None)
        self.refused: set[int] = set()
        self.changed: list[int] = []

    def mask(self, trace: RowSource, rows: Rows, start: int, may_pass: Mask | None = None) -> Mask:
        return np.array([start + place not in self.refused for place in range(len(rows))])

    def changed_since(self, mark: ChangeMark) -> list[int]:
        return self.changed
