"""Filters that ask for calls which have not returned, over a trace that grows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gvtui.query.calls.pairs import Pairs
from gvtui.query.context import QueryContext
from gvtui.query.filter.compile import compile_filter
from gvtui.query.folded import call_view
from gvtui.query.processes.processes import Processes
from gvtui.query.running import RunningCalls
from gvtui.query.view import RowView
from gvtui.trace.row import ROW_DTYPE, Kind
from tests.query.filter.world import TextTrace

SECOND = 1_000_000_000
READ = 8


class Growing:
    """A trace of one sandbox, with what filters ask, at a time that the test sets."""

    def __init__(self, *, is_live: bool = True) -> None:
        self.trace = TextTrace()
        self.now = 100 * SECOND
        pairs = Pairs(self.trace)
        self.context = QueryContext(pairs, Processes(self.trace, pairs))
        # However long it takes here, calls are found anew each time.
        self.context.running = RunningCalls(pairs, lambda: 0.0)
        if is_live:
            self.context.clock = lambda: self.now

    def enter(self, tid: int, **fields: Any) -> int:
        return self.trace.call(
            "read",
            type=READ,
            sysno=0,
            pid=10,
            tid=tid,
            time_ns=self.now,
            recv_ns=self.now,
            **fields,
        )

    def exit(self, tid: int) -> int:
        return self.trace.call(
            "read", exits=True, type=READ, sysno=0, pid=10, tid=tid, time_ns=self.now,
            recv_ns=self.now,
        )  # fmt: skip

    def view(self, text: str, *, folded: bool = False) -> RowView:
        condition = compile_filter(text, self.context)
        if folded:
            return call_view(self.trace, condition, self.context.pairs)
        return RowView(self.trace, condition)

    def shown(self, view: RowView) -> list[int]:
        while self.context.advance():
            pass
        view.advance(1)
        return list(view)


@pytest.mark.parametrize("folded", [False, True])
def test_a_call_is_shown_as_running_until_it_returns(*, folded: bool) -> None:
    world = Growing()
    view = world.view("evt.running = true", folded=folded)
    world.enter(11), world.exit(11)
    first = world.enter(11)
    second = world.enter(12)
    assert world.shown(view) == [first, second]
    world.exit(11)
    assert world.shown(view) == [second]
    third = world.enter(11)
    world.exit(12)
    assert world.shown(view) == [third]
    world.exit(11)
    assert world.shown(view) == []
    assert view.complete


def test_a_call_is_shown_once_it_is_old_enough_and_until_it_returns() -> None:
    world = Growing()
    view = world.view("evt.age > 5s")
    world.enter(12), world.exit(12)
    old = world.enter(11)
    assert world.shown(view) == []
    world.now += 4 * SECOND
    late = world.enter(12)
    assert world.shown(view) == []
    world.now += 2 * SECOND
    assert world.shown(view) == [old]
    world.now += 10 * SECOND
    assert world.shown(view) == [old, late]
    world.exit(11)
    assert world.shown(view) == [late]


def test_other_rows_have_no_age_and_exits_do_not_run() -> None:
    world = Growing()
    enter, exits = world.enter(11), world.exit(11)
    running = world.enter(11)
    event = world.trace.add(point="sentry/task_exit", conn=1)
    assert world.shown(world.view("evt.age exists")) == [running]
    assert world.shown(world.view("evt.running = false")) == [enter, exits]
    assert world.shown(world.view("not evt.running exists")) == [event]


def test_the_first_call_of_its_kind_may_hang_as_any_other() -> None:
    world = Growing()
    alone = world.enter(11)
    world.now += 6 * SECOND
    assert world.shown(world.view("evt.running = true")) == [alone]
    assert world.shown(world.view("evt.age > 5s")) == [alone]
    world.exit(11)
    assert world.shown(world.view("evt.running = true")) == []


def test_in_a_recording_a_call_ran_until_its_sandbox_ended() -> None:
    world = Growing(is_live=False)
    world.enter(12), world.exit(12)
    hung = world.enter(11)
    world.now += 7 * SECOND
    world.trace.add(kind=Kind.CLOSED, conn=1, recv_ns=world.now)
    world.now += 60 * SECOND
    world.trace.add(kind=Kind.OPENED, conn=2, recv_ns=world.now)
    assert world.shown(world.view("evt.running = true")) == [hung]
    assert world.shown(world.view("evt.age > 6s and evt.age < 8s")) == [hung]


def test_finding_many_calls_takes_a_part_of_the_time_only() -> None:
    world = Growing()
    seconds = [0.0]
    calls = RunningCalls(world.context.pairs, lambda: seconds[0])
    each_running = world.context.pairs.each_running

    def slow(**options: bool) -> Any:
        seconds[0] += 1
        return each_running(**options)

    world.context.pairs.each_running = slow  # type: ignore[method-assign]
    world.enter(12), world.exit(12)
    rows = [world.enter(11)]
    for wait, expected in ((0.0, 1), (9.0, 1), (1.5, 3)):
        seconds[0] += wait
        while world.context.advance():
            pass
        calls.refresh(with_ended=False)
        held = world.trace.rows(0, world.trace.end_row)
        assert np.count_nonzero(calls.numbers("evt.running", 0, held, world.now) == 1) == expected
        rows.append(world.enter(20 + len(rows)))
    assert calls.changes == 3
    assert calls.changed_since(0) == rows[:3]
    assert calls.changed_since(3) == []
    assert held.dtype == ROW_DTYPE
