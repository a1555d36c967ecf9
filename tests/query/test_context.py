from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gvtui.query.context import QueryContext
from gvtui.query.filter import FilterContext, compile_filter
from gvtui.query.pairs import Pairs
from gvtui.query.processes import Processes
from gvtui.trace.reader import Trace

TRACES = Path(__file__).parent.parent / "data" / "traces"


@pytest.fixture
def trace() -> Any:
    trace = Trace.open(TRACES / "compile-2024.trace")
    yield trace
    trace.close()


def context_of(trace: Trace) -> QueryContext:
    pairs = Pairs(trace)
    context = QueryContext(pairs, Processes(trace, pairs))
    while context.advance():
        pass
    assert context.position == trace.end_row
    return context


def found(trace: Trace, text: str) -> set[int]:
    context: FilterContext = context_of(trace)
    mask = compile_filter(text, context).mask(trace, trace.rows(0, trace.end_row), 0)
    return {place for place, passes in enumerate(mask.tolist()) if passes}


def test_filters_on_the_parent(trace: Trace) -> None:
    pids = {trace.row(row).pid for row in found(trace, "proc.ppid = 2")}
    assert pids == {3, 4, 5}
    assert {
        trace.row(row).pid for row in found(trace, "proc.pid > 0 and not proc.ppid exists")
    } == {1}


def test_filters_on_the_command_line_as_of_each_row(trace: Trace) -> None:
    rows = found(trace, 'proc.cmdline startswith "gcc -O2"')
    assert rows
    # The fork came with its parent's command line; so did gcc's own children until they ran theirs.
    assert min(rows) == 22
    assert {trace.row(row).pid for row in rows} == {2, 3, 4, 5}
    assert min(row for row in rows if trace.row(row).pid == 3) > 50


def test_filters_on_latency(trace: Trace) -> None:
    rows = found(trace, "evt.latency > 10ms")
    context = context_of(trace)
    assert rows
    for row in range(trace.end_row):
        duration = context.pairs.duration_ns(row)
        assert (row in rows) == (duration is not None and duration > 10_000_000)
