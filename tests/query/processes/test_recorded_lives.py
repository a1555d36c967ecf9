"""Recordings of sandboxes that were killed, started again, or got another session."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.query.processes.rows import process_label, row_filter
from gvtui.trace.lives import LifeEnding
from gvtui.trace.reader import Trace
from tests.query.processes.box import processes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.query.processes.process import Process

RECORDINGS = Path(__file__).parents[2] / "data" / "processes"


@pytest.fixture
def trace(request: pytest.FixtureRequest) -> Iterator[Trace]:
    trace = Trace.open(RECORDINGS / f"{request.param}.gvtrace")
    yield trace
    trace.close()


def told(process: Process) -> tuple[object, ...]:
    parent = process.parent.number if process.parent is not None else 0
    end = "cut off" if process.is_cut_off else process.exit_status if process.has_ended else "runs"
    return (process.number, process.pid, process.name, parent, process.calls, end)


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize("trace", ["killed-and-restarted"], indirect=True)
def test_both_runs_of_a_container_have_their_own_processes(trace: Trace, step: int) -> None:
    assert [told(each) for each in processes_of(trace, step).tree] == [
        (1, 1, "sh", 0, 2, "cut off"),
        (2, 2, "sleep", 1, 1, "cut off"),
        (3, 3, "sleep", 1, 1, "cut off"),
        (4, 1, "sh", 0, 2, 9),
        (5, 2, "sleep", 4, 1, 9),
        (6, 3, "sleep", 4, 1, 9),
    ]
    lives = trace.connections.lives
    assert [lives.number(conn) for conn in (1, 2, 3, 4, 5)] == [1, 2, 3, 4, 5]
    first, second = lives.of(4), lives.of(5)
    assert first is not None
    assert second is not None
    assert (first.ending, first.exit_status) == (LifeEnding.RESTARTED, None)
    assert (second.ending, second.exit_status) == (LifeEnding.EXITED, 9)


@pytest.mark.parametrize("trace", ["killed-and-restarted"], indirect=True)
def test_what_reads_alike_is_told_apart(trace: Trace) -> None:
    processes = processes_of(trace)
    labels = [process_label(processes.tree, each) for each in processes.tree]
    assert len(set(labels)) == 6
    assert labels[0] == "1 sh in 7beb5146ae27 from row 5"
    assert labels[4].startswith("2 sleep in 7beb5146ae27 since ")


@pytest.mark.parametrize("trace", ["killed-and-restarted"], indirect=True)
def test_the_filter_for_a_first_process_is_for_its_own_run(trace: Trace) -> None:
    analysis = Analysis(trace)
    analysis.pairs.advance()
    analysis.processes.advance()
    for first, last in ((5, 13), (20, 33)):
        compiled = compile_filter(row_filter(trace, analysis.processes, first), analysis.context)
        mask = compiled.mask(trace, trace.rows(0, trace.end_row), 0)
        found = np.flatnonzero(mask)
        assert (found[0], found[-1]) == (first, last)


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize("trace", ["pod-session-replaced-small"], indirect=True)
def test_a_session_replaced_in_a_pod_doubles_no_process(trace: Trace, step: int) -> None:
    tree = processes_of(trace, step).tree
    assert [told(each) for each in tree] == [
        (1, 1, "sleep", 0, 0, 9),
        (2, 2, "sh", 0, 7, 9),
        *((number, number, "sleep", 2, 1, 0) for number in range(3, 9)),
        (9, 9, "sleep", 2, 1, 9),
    ]
    pause, inner = (short[:8] for short in tree.containers())
    assert [each.container[:8] for each in tree] == [pause, *[inner] * 8]
    assert process_label(tree, next(iter(tree))) == "1 sleep"
    life = trace.connections.lives.of(2)
    assert life is not None
    assert life is trace.connections.lives.of(1)
    assert (life.ending, life.exit_status, len(life.containers)) == (LifeEnding.EXITED, 9, 2)
