from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.query import view as view_module
from gvtui.query.calls.pairs import Pairs
from gvtui.query.context import QueryContext
from gvtui.query.filter.compile import compile_filter
from gvtui.query.folded import call_view
from gvtui.query.processes.processes import Processes
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction
from tests.query.memory import MemoryTrace
from tests.query.test_once import others, plain_enters, sides
from tests.trace.recorder import TRACES, Recorder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text", ["", "evt.failed = true", "evt.type = openat", "evt.dir = X", "evt.latency > 100us"]
)
@pytest.mark.parametrize("name", ["compile-2024", "shell-2022", "network-2024"])
def test_each_call_has_one_row(name: str, text: str) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    pairs = Pairs(trace)
    context = QueryContext(pairs, Processes(trace, pairs))
    condition = compile_filter(text, context) if text else None
    view = call_view(trace, condition, pairs)
    while not view.complete:
        view.advance(0.01)
    matched = {
        row_id
        for row_id in range(trace.first_row, trace.end_row)
        if condition is None or condition.matches(trace, row_id)
    }
    expected = [
        row_id
        for row_id in sorted(matched)
        if trace.row(row_id).direction != Direction.EXIT or pairs.partner(row_id) not in matched
    ]
    assert list(view) == expected
    trace.close()


def test_a_call_chosen_by_its_latency_is_shown_by_its_exit(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1)
    trace = Trace.open(recorder.path)
    pairs = Pairs(trace)
    condition = compile_filter("evt.latency > 1us", QueryContext(pairs, Processes(trace, pairs)))
    view = call_view(trace, condition, pairs)
    view.advance(0.01)
    assert view.count == 0
    recorder.add(1, result=3)
    trace.refresh()
    view.advance(0.01)
    assert list(view) == [2]
    trace.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(sides | sides | others, max_size=40),
    st.lists(st.integers(0, 12), max_size=4),
    st.sampled_from(("", "proc.pid = 1", "evt.dir = X", "evt.failed = true", "evt.type = read")),
)
def test_an_exit_stands_back_for_the_enter_of_the_other_kind_of_point(
    monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, int]], steps: list[int], text: str
) -> None:
    monkeypatch.setattr(view_module, "_FIRST_SLICE", 3)
    monkeypatch.setattr(view_module, "SLICE", 3)
    trace = MemoryTrace(rows)
    trace.end_row = 0
    pairs = Pairs(trace)
    condition = compile_filter(text, QueryContext(pairs, Processes(trace, pairs))) if text else None
    view = call_view(trace, condition, pairs)
    for more in [*steps, len(rows)]:
        trace.end_row = min(trace.end_row + more, len(rows))
        while view.advance(0) or not view.complete:
            pass
        ids = range(trace.end_row)
        passed = {row for row in ids if condition is None or condition.matches(trace, row)}
        exits = {row for row in passed if rows[row]["direction"] == Direction.EXIT}
        doubled = {row for row in exits if passed & plain_enters(rows, pairs, row)}
        assert list(view) == sorted(passed - doubled)
