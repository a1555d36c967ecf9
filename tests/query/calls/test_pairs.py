"""Pairs, against real traces and a plain reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.names import event_type
from gvtui.query.calls.call import Unpaired
from gvtui.query.calls.pairs import UNKNOWN_NS, Pairs
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction, Kind
from gvtui.wire.messages import RAW_SYSCALL, decode
from gvtui.wire.messages import direction as direction_of
from tests.query.memory import MemoryTrace, closed, drop, enter, leave, make_row, task_exit

TRACES = Path(__file__).parents[2] / "data" / "traces"
READ, OPENAT, EXECVE, EXIT_GROUP = 0, 257, 59, 231
EXECS = ("execve", "execveat")


def paired(*rows: dict[str, int], first_row: int = 0) -> Pairs:
    pairs = Pairs(MemoryTrace(list(rows), first_row=first_row))
    pairs.advance()
    assert pairs.is_done
    return pairs


def reference_from_messages(trace: Trace) -> dict[int, int]:
    """Partner by row, from the decoded messages: the newest open enter of the same kind."""
    open_calls: dict[tuple[Any, ...], list[int]] = {}
    partners: dict[int, int] = {}
    for row in range(trace.first_row, trace.end_row):
        if trace.row(row).kind != Kind.MESSAGE:
            continue
        decoded = decode(trace.payload(row))
        assert decoded.kind is not None
        message: Any = decoded.message
        tid = message.context_data.thread_id
        if decoded.kind.name == "TaskExit":
            for key in [key for key in open_calls if key[0] == tid]:
                del open_calls[key]
        side = direction_of(decoded.kind, message)
        if side is None or tid == 0:
            continue
        key = (tid, decoded.kind.name, message.sysno)
        if side == "E":
            open_calls.setdefault(key, []).append(row)
        elif open_calls.get(key):
            other = open_calls[key].pop()
            partners[row], partners[other] = other, row
    return partners


def is_before_loading(trace: Trace, row: int) -> bool:
    """Whether a row is an exec's exit that was sent before the program was loaded."""
    exit_row = trace.row(row)
    if exit_row.errno or event_type(trace.string(exit_row.point), "x86_64") not in EXECS:
        return False
    for later in range(row + 1, trace.end_row):
        if trace.row(later).tid == exit_row.tid:
            point = trace.string(trace.row(later).point)
            if event_type(point, "x86_64") not in EXECS:
                return point == "sentry/execve"
    return False


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.trace")), ids=lambda path: path.stem)
def test_real_traces_pair_as_their_messages_say(path: Path) -> None:
    trace = Trace.open(path)
    pairs = Pairs(trace)
    pairs.advance()
    expected = reference_from_messages(trace)
    found = {row: pairs.partner(row) for row in range(trace.first_row, trace.end_row)}
    assert {row: other for row, other in found.items() if other is not None} == expected
    rows = trace.rows(trace.first_row, trace.end_row)
    durations = pairs.durations(trace.first_row, rows)
    for row in range(trace.first_row, trace.end_row):
        span = UNKNOWN_NS
        times = [trace.row(r).time_ns for r in sorted((row, expected.get(row, row)))]
        if row in expected and all(times) and not is_before_loading(trace, max(row, expected[row])):
            span = times[1] - times[0]
        assert durations[row - trace.first_row] == span
    trace.close()


def test_small_steps_and_one_go_agree_on_a_real_trace() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    whole, stepwise = Pairs(trace), Pairs(trace)
    whole.advance()
    while stepwise.advance(7):
        pass
    count = trace.end_row - trace.first_row
    assert (
        whole.partners(trace.first_row, count) == stepwise.partners(trace.first_row, count)
    ).all()
    trace.close()


def test_raw_and_decoded_points_of_one_call_pair_like_with_like() -> None:
    pairs = paired(
        enter(1, READ, 10, type=RAW_SYSCALL),
        enter(1, READ, 12),
        leave(1, READ, 20, type=RAW_SYSCALL),
        leave(1, READ, 24),
    )
    assert [pairs.partner(row) for row in range(4)] == [2, 3, 0, 1]
    assert [pairs.duration_ns(row) for row in range(4)] == [10, 12, 10, 12]


def test_a_call_inside_a_signal_handler_nests() -> None:
    pairs = paired(enter(1, READ), enter(1, READ), leave(1, READ), leave(1, READ))
    assert [pairs.partner(row) for row in range(4)] == [3, 2, 1, 0]


def test_a_session_that_began_in_the_middle_leaves_an_exit_alone() -> None:
    pairs = paired(leave(1, READ), enter(1, READ), leave(1, READ))
    assert pairs.partner(0) is None
    assert pairs.reason(0) is Unpaired.ENTER_NOT_SEEN
    assert pairs.partner(1) == 2
    assert pairs.reason(1) is None


def test_a_thread_that_ends_closes_its_call() -> None:
    pairs = paired(enter(4, EXIT_GROUP), task_exit(4), leave(4, EXIT_GROUP))
    assert pairs.reason(0) is Unpaired.THREAD_ENDED
    assert pairs.reason(2) is Unpaired.ENTER_NOT_SEEN
    assert pairs.reason(1) is Unpaired.NOT_A_CALL
    assert not pairs.in_flight()


def test_a_connection_that_ends_closes_its_calls() -> None:
    pairs = paired(enter(4, READ), enter(4, READ, conn=2), closed(1))
    assert pairs.reason(0) is Unpaired.CONNECTION_CLOSED
    assert [call.row for call in pairs.in_flight()] == [1]


def test_calls_in_flight_have_an_age_and_stand_once() -> None:
    pairs = paired(
        enter(1, READ, 100, type=RAW_SYSCALL),
        enter(1, READ, 110),
        enter(2, OPENAT, recv_ns=50),
    )
    first, second = pairs.in_flight()
    assert (first.row, first.tid, first.sysno) == (1, 1, READ)
    assert first.age_ns(210) == 100
    assert (second.row, second.since_ns) == (2, 50)
    assert [pairs.reason(row) for row in range(3)] == [Unpaired.IN_FLIGHT] * 3


def test_an_age_is_counted_by_one_clock() -> None:
    """What was sent on days later was received then; the sandbox's clock is still that of before."""
    pairs = paired(enter(1, READ, 100, recv_ns=10**15))
    (call,) = pairs.in_flight()
    assert call.age_ns(10**15 + 7) == 7


def test_a_thread_that_went_on_is_not_in_its_old_call() -> None:
    pairs = paired(enter(1, READ), enter(1, OPENAT, type=7), leave(1, OPENAT, type=7))
    assert pairs.reason(0) is Unpaired.EXIT_NOT_SEEN
    assert not pairs.in_flight()
    raw_later = paired(enter(1, READ), enter(1, 9, type=RAW_SYSCALL), leave(1, 9, type=RAW_SYSCALL))
    assert not raw_later.in_flight()


def test_points_dropped_in_between_leave_an_old_enter_alone() -> None:
    pairs = paired(
        enter(1, READ),
        enter(1, OPENAT, type=7),
        leave(1, OPENAT, type=7),
        drop(),
        leave(1, READ),
    )
    assert pairs.partner(0) is None
    assert pairs.reason(0) is Unpaired.EXIT_NOT_SEEN
    assert pairs.reason(4) is Unpaired.ENTER_NOT_SEEN


def test_a_call_that_the_drop_did_not_touch_still_pairs() -> None:
    pairs = paired(enter(1, READ), drop(), leave(1, READ))
    assert pairs.partner(0) == 2


def test_a_thread_that_executes_a_program_takes_over_the_process_id() -> None:
    pairs = paired(
        enter(7, EXECVE, type=11, pid=3),
        task_exit(3),
        leave(3, EXECVE, type=11, pid=3),
    )
    assert pairs.partner(0) == 2


def test_without_thread_ids_nothing_is_guessed() -> None:
    pairs = paired(enter(0, READ, 1), leave(0, READ, 2))
    assert pairs.partner(0) is None
    assert pairs.reason(1) is Unpaired.NO_THREAD_ID
    assert pairs.missing_fields == {"thread_id"}


def test_without_time_a_pair_has_no_duration() -> None:
    pairs = paired(enter(1, READ, recv_ns=5), leave(1, READ, recv_ns=9))
    assert pairs.partner(0) == 1
    assert pairs.duration_ns(1) is None
    assert pairs.missing_fields == {"time"}


def test_a_clock_that_steps_back_gives_no_duration() -> None:
    assert paired(enter(1, READ, 20), leave(1, READ, 10)).duration_ns(1) is None


def test_rows_not_looked_at_say_so() -> None:
    pairs = Pairs(MemoryTrace([enter(1, READ), leave(1, READ)]))
    pairs.advance(1)
    assert pairs.reason(0) is Unpaired.IN_FLIGHT
    assert pairs.reason(1) is Unpaired.NOT_READ


def test_a_partner_that_is_not_held_any_more_is_not_offered() -> None:
    trace = MemoryTrace([enter(1, READ, 1), enter(2, READ, 1), leave(1, READ, 3)], first_row=70_000)
    pairs = Pairs(trace)
    pairs.advance()
    assert pairs.partner(70_002) == 70_000
    trace.first_row = 70_001
    assert pairs.partner(70_002) is None
    assert pairs.reason(70_002) is Unpaired.GONE
    assert pairs.durations(70_001, trace.rows(70_001, 70_003)).tolist() == [-1, -1]
    assert [call.row for call in pairs.in_flight()] == [70_001]


def test_rows_let_go_before_they_were_looked_at_are_left_out() -> None:
    trace = MemoryTrace([enter(1, READ), leave(1, READ), enter(1, READ)])
    pairs = Pairs(trace)
    trace.first_row = 2
    assert pairs.advance() == 1
    assert pairs.position == 3


def test_one_row_for_each_call() -> None:
    rows = [
        leave(9, READ),
        enter(1, READ),
        make_row(type=2),
        enter(2, READ),
        leave(1, READ),
    ]
    pairs = paired(*rows)
    trace = MemoryTrace(rows)
    shown = pairs.fold_mask(0, trace.rows(0, 5))
    assert shown.tolist() == [True, True, True, True, False]
    failed = np.array([False, False, False, False, True])
    assert pairs.fold_mask(0, trace.rows(0, 5), failed).tolist() == failed.tolist()
    both = np.array([False, True, False, False, True])
    assert pairs.fold_mask(0, trace.rows(0, 5), both).tolist() == [False, True] + [False] * 3
    last = trace.rows(4, 5)
    assert pairs.fold_mask(4, last).tolist() == [False]
    every = np.array([True])
    assert pairs.fold_mask(4, last, every, lambda ids: ids == 1).tolist() == [False]
    assert pairs.fold_mask(4, last, every, lambda ids: ids != 1).tolist() == [True]


def test_a_call_from_either_side() -> None:
    pairs = paired(enter(1, READ, 5), leave(1, READ, 9), enter(1, READ, 10), make_row(type=2))
    assert pairs.call(0) == pairs.call(1) == (0, 1, 4)
    assert pairs.call(2) == (2, None, None)
    assert pairs.call(3) is None
    assert pairs.call(99) is None


def test_open_calls_stay_bounded() -> None:
    deep = paired(*(enter(1, READ) for _ in range(50)))
    assert deep.reason(0) is Unpaired.EXIT_NOT_SEEN
    assert deep.reason(49) is Unpaired.IN_FLIGHT
    wide = paired(*(enter(tid, READ) for tid in range(1, 70_000)))
    assert len(wide.in_flight()) <= 1 << 16
    assert wide.reason(0) is Unpaired.EXIT_NOT_SEEN


def plain_reference(rows: list[dict[str, int]]) -> dict[int, int]:
    """The rules of the module, one row at a time."""
    sequences: dict[tuple[int, int, bool], list[tuple[int, int, int]]] = {}
    newest: dict[tuple[int, int, bool], int] = {}
    last_drop: dict[int, int] = {}
    partners: dict[int, int] = {}
    for number, row in enumerate(rows):
        conn, tid = row["conn"], row["tid"]
        if row["kind"] == Kind.DROP:
            last_drop[conn] = number
        elif row["kind"] == Kind.CLOSED:
            sequences = {key: stack for key, stack in sequences.items() if key[0] != conn}
        elif row["type"] == 5:
            for raw in (False, True):
                sequences.pop((conn, tid, raw), None)
                newest[conn, tid, raw] = number
        elif tid:
            key = (conn, tid, row["type"] == RAW_SYSCALL)
            stack = sequences.setdefault(key, [])
            call = (row["type"], row["sysno"])
            if row["direction"] == Direction.ENTER:
                stack.append((number, *call))
                del stack[:-8]
            else:
                open_calls = [entry[1:] for entry in stack]
                if call in open_calls:
                    place = len(stack) - 1 - open_calls[::-1].index(call)
                    other = stack[place][0]
                    del stack[place:]
                    if other == newest[key] or last_drop.get(conn, -1) < other:
                        partners[number], partners[other] = other, number
            newest[key] = number
    return partners


calls = st.builds(
    lambda make, tid, sysno, kind, conn: make(tid, sysno, type=kind, conn=conn, pid=99),
    st.sampled_from([enter, leave]),
    st.integers(0, 3),
    st.sampled_from([READ, OPENAT]),
    st.sampled_from([9, RAW_SYSCALL]),
    st.integers(1, 2),
)
others = st.one_of(
    st.builds(task_exit, st.integers(1, 3)),
    st.builds(drop, st.integers(1, 2)),
    st.just(make_row(type=2, tid=1)),
)


@given(
    st.lists(st.one_of(calls, calls, calls, others), max_size=60),
    st.integers(1, 60),
)
def test_any_interleaving_pairs_as_the_plain_reference(
    rows: list[dict[str, int]], step: int
) -> None:
    pairs = Pairs(MemoryTrace(rows))
    while pairs.advance(step):
        pass
    found = {row: pairs.partner(row) for row in range(len(rows))}
    assert {row: other for row, other in found.items() if other is not None} == plain_reference(
        rows
    )
    for call in pairs.in_flight():
        assert pairs.partner(call.row) is None
        for row in rows[call.row + 1 :]:
            if (row["conn"], row["tid"]) == (call.conn, call.tid) and row["direction"]:
                assert row["direction"] == Direction.ENTER
                assert row["sysno"] == call.sysno
                assert (row["type"] == RAW_SYSCALL) != (call.message_type == RAW_SYSCALL)
    assert len(pairs.fold_mask(0, MemoryTrace(rows).rows(0, len(rows)))) == len(rows)
