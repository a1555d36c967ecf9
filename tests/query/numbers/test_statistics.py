"""Statistics, against numbers worked out from the decoded messages."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.names import event_type, point_name
from gvtui.query.calls.pairs import Pairs
from gvtui.query.context import QueryContext
from gvtui.query.filter.compile import compile_filter
from gvtui.query.numbers.durations import PERCENTILE_ERROR
from gvtui.query.numbers.statistics import Line, Statistics
from gvtui.query.processes.processes import Processes
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.wire.messages import RAW_SYSCALL, decode
from tests.query.memory import MemoryTrace, drop, enter, leave, make_row

TRACES = Path(__file__).parents[2] / "data" / "traces"
READ, WRITE, MMAP = 0, 1, 9


def statistics_of(trace: Any, text: str = "", step: int = 1 << 20) -> Statistics:
    pairs = Pairs(trace)
    processes = Processes(trace, pairs)
    context = QueryContext(pairs, processes)
    condition = compile_filter(text, context) if text else None
    statistics = Statistics(trace, pairs, processes, condition)
    while context.advance(step):
        statistics.advance(step)
    assert statistics.is_done
    return statistics


@dataclass
class Expected:
    calls: int = 0
    errors: int = 0
    durations: list[int] = field(default_factory=list)


def expected_by(trace: Trace, key_of: Any) -> dict[Any, Expected]:
    """Sums by a key, straight from the messages: an exit belongs to its thread's open enter."""
    expected: dict[Any, Expected] = defaultdict(Expected)
    open_calls: dict[Any, Any] = {}
    for row in range(trace.first_row, trace.end_row):
        if trace.row(row).kind != Kind.MESSAGE:
            continue
        decoded = decode(trace.payload(row))
        message: Any = decoded.message
        assert decoded.kind is not None
        if not decoded.kind.is_syscall:
            continue
        is_raw = decoded.kind.message_type == RAW_SYSCALL
        thread = (message.context_data.thread_id, is_raw, message.sysno)
        if not message.HasField("exit"):
            open_calls[thread] = message
            key = key_of(message, message, is_raw)
            if key is not None:
                expected[key].calls += 1
            continue
        enter_message = open_calls.pop(thread)
        key = key_of(enter_message, message, is_raw)
        if key is None:
            continue
        expected[key].errors += message.exit.errorno != 0
        expected[key].durations.append(
            message.context_data.time_ns - enter_message.context_data.time_ns
        )
    return dict(expected)


def check(lines: list[Line], expected: dict[Any, Expected], label: Any = str) -> None:
    found = {line.label: line for line in lines}
    assert set(found) == {label(key) for key in expected}
    for key, sums in expected.items():
        line = found[label(key)]
        assert (line.calls, line.errors) == (sums.calls, sums.errors)
        assert (line.timed, line.total_ns) == (len(sums.durations), sum(sums.durations))
        assert line.max_ns == max(sums.durations, default=0)
        if line.p50_ns is not None:
            ordered = sorted(sums.durations)
            for found_ns, fraction in ((line.p50_ns, 50), (line.p95_ns, 95), (line.p99_ns, 99)):
                exact = ordered[-(-len(ordered) * fraction // 100) - 1]
                assert found_ns is not None
                assert abs(found_ns - exact) <= exact * PERCENTILE_ERROR


@pytest.mark.parametrize("step", [1 << 20, 33])
def test_a_trace_of_decoded_points_by_every_key(step: int) -> None:
    trace = Trace.open(TRACES / "compile-2024.trace")
    statistics = statistics_of(trace, step=step)

    def name(message: Any) -> str:
        return event_type(point_name(7, message.sysno, "E", "x86_64"), "x86_64")

    check(statistics.by_syscall(), expected_by(trace, lambda e, x, raw: name(e)))
    names = {process.pid: process.name for process in statistics._processes.tree}
    check(
        statistics.by_process(),
        expected_by(trace, lambda e, x, raw: e.context_data.thread_group_id),
        lambda pid: f"{pid} {names[pid]}",
    )
    by_path = expected_by(
        trace,
        lambda e, x, raw: getattr(e, "pathname", "") or getattr(e, "fd_path", "") or None,
    )
    paths = [line for line in statistics.by_path() if line.label in by_path]
    check(paths, by_path)
    errors = expected_by(trace, lambda e, x, raw: x.exit.errorno or None)
    assert {line.label: line.calls for line in statistics.by_errno()} == {
        {2: "ENOENT", 25: "ENOTTY", 29: "ESPIPE", 22: "EINVAL"}[code]: sums.errors
        for code, sums in errors.items()
    }
    everything = expected_by(trace, lambda e, x, raw: "total")
    check([statistics.total()], everything)
    assert sum(band.count for band in statistics.histogram()) == len(everything["total"].durations)
    reads = statistics.histogram("read")
    assert sum(band.count for band in reads) == next(
        line.timed for line in statistics.by_syscall() if line.label == "read"
    )
    assert not statistics.is_lower_bound
    trace.close()


@pytest.mark.parametrize("name", ["shell-2024", "shell-2022", "network-2024"])
@pytest.mark.parametrize("step", [1 << 20, 17])
def test_calls_that_raw_and_decoded_points_report_count_once(name: str, step: int) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    statistics = statistics_of(trace, step=step)
    # All raw points were on, so the raw rows alone have every call once.
    raw = expected_by(trace, lambda e, x, raw: "total" if raw else None)["total"]
    total = statistics.total()
    assert (total.calls, total.errors, total.timed) == (raw.calls, raw.errors, len(raw.durations))
    assert sum(line.calls for line in statistics.by_process()) == raw.calls
    assert sum(line.calls for line in statistics.by_errno()) == raw.errors
    by_name = expected_by(
        trace,
        lambda e, x, raw: event_type(f"syscall/sysno/{e.sysno}/enter", "x86_64") if raw else None,
    )
    check(statistics.by_syscall(), by_name)
    assert sum(line.share for line in statistics.by_syscall()) == pytest.approx(1)
    assert sum(line.share for line in statistics.by_process()) == pytest.approx(1)
    trace.close()


@pytest.mark.parametrize("step", [1 << 20, 17])
def test_shares_add_up_to_one_where_some_of_a_calls_points_are_missing(step: int) -> None:
    trace = Trace.open(TRACES / "network-2024.trace")
    # Without the decoded points of some processes, a part of the calls is told by raw rows alone.
    pids = sorted({process.pid for process in statistics_of(trace)._processes.tree})
    own = ", ".join(map(str, pids[::2]))
    statistics = statistics_of(
        trace, f"point.name startswith syscall/sysno/ or proc.pid in ({own})", step
    )
    everything = statistics_of(trace)
    lines = statistics.by_syscall()
    assert sum(line.calls for line in lines) == everything.total().calls
    assert {line.label: line.calls for line in lines} == {
        line.label: line.calls for line in everything.by_syscall()
    }
    assert sum(line.share for line in lines) == pytest.approx(1)
    trace.close()


def test_every_line_leads_to_its_rows() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    statistics = statistics_of(trace)
    lines = statistics.by_syscall(events=True) + statistics.by_process() + statistics.by_errno()
    for line in [*lines, *statistics.by_path()[:20]]:
        again = statistics_of(trace, line.filter_text)
        assert again.rows > 0, line
        if line.is_call:
            assert again.total().calls == line.calls, line
    trace.close()


def test_a_band_leads_to_its_calls() -> None:
    trace = Trace.open(TRACES / "compile-2024.trace")
    statistics = statistics_of(trace, "evt.type = read")
    for band in statistics.histogram():
        chosen = statistics_of(trace, f"evt.type = read and {band.filter_text}")
        assert chosen.total().calls == band.count
    trace.close()


@pytest.mark.parametrize("text", ["evt.failed = true", "evt.dir = E", "evt.dir = X"])
@pytest.mark.parametrize("step", [1 << 20, 3])
def test_a_filter_on_one_side_counts_the_whole_call(text: str, step: int) -> None:
    trace = Trace.open(TRACES / "compile-2024.trace")
    statistics = statistics_of(trace, text, step)
    everything = expected_by(trace, lambda e, x, raw: "total")["total"]
    total = statistics.total()
    if text == "evt.failed = true":
        assert total.calls == total.errors == everything.errors == total.timed
    else:
        assert (total.calls, total.errors) == (everything.calls, everything.errors)
        assert total.total_ns == sum(everything.durations)
    trace.close()


def test_raw_points_without_decoded_ones_count_with_their_calls() -> None:
    rows = [
        enter(1, READ, 10, type=RAW_SYSCALL),
        enter(1, READ, 11),
        leave(1, READ, 12, type=RAW_SYSCALL),
        leave(1, READ, 13),
        enter(1, MMAP, 14, type=RAW_SYSCALL),
        leave(1, MMAP, 15, type=RAW_SYSCALL),
        enter(1, READ, 16, type=RAW_SYSCALL),
        leave(1, READ, 17, type=RAW_SYSCALL),
    ]
    statistics = statistics_of(MemoryTrace(rows))
    lines = {line.label: line for line in statistics.by_syscall()}
    assert {label: line.calls for label, line in lines.items()} == {
        "read": 2,
        "mmap": 1,
    }
    assert lines["read"].filter_text == "evt.type = read"
    assert statistics.total().calls == 3
    assert [band.count for band in statistics.histogram("read")] == [2]
    assert [band.count for band in statistics.histogram("mmap")] == [1]
    assert statistics.histogram("nothing") == []


sides = st.builds(
    lambda make, tid, sysno, kind, errno: make(tid, sysno, 7 * tid, type=kind, errno=errno),
    st.sampled_from([enter, leave]),
    st.integers(0, 3),
    st.sampled_from([READ, WRITE]),
    st.sampled_from([9, RAW_SYSCALL]),
    st.sampled_from([0, 0, 2]),
)


@given(
    st.lists(st.one_of(sides, sides, st.just(drop()), st.just(make_row(type=5, tid=1)))),
    st.sampled_from(["", "evt.dir = X", "evt.dir = E", "thread.tid = 1", "evt.failed = true"]),
    st.integers(1, 20),
)
def test_small_steps_and_one_go_agree(rows: list[dict[str, int]], text: str, step: int) -> None:
    whole = statistics_of(MemoryTrace(rows), text)
    steps = statistics_of(MemoryTrace(rows), text, step)
    assert whole.total() == steps.total()
    assert whole.by_syscall(events=True) == steps.by_syscall(events=True)
    assert whole.by_errno() == steps.by_errno()
    assert whole.histogram() == steps.histogram()
    assert whole.rows == steps.rows


def test_drops_make_lower_bounds() -> None:
    statistics = statistics_of(MemoryTrace([enter(1, READ), drop(count=5)]))
    assert statistics.dropped == 5
    assert statistics.is_lower_bound


def test_rows_let_go_unseen_make_lower_bounds() -> None:
    trace = MemoryTrace([enter(1, READ) for _ in range(5)])
    pairs = Pairs(trace)
    processes = Processes(trace, pairs)
    statistics = Statistics(trace, pairs, processes)
    trace.first_row = 3
    pairs.advance()
    processes.advance()
    statistics.advance()
    assert (statistics.missed_rows, statistics.is_lower_bound) == (3, True)
    assert statistics.total().calls == 2
    assert statistics.progress == 1.0


def test_without_thread_ids_the_more_of_enters_and_exits_counts() -> None:
    rows = [enter(0, READ, 5), leave(0, READ, 6, errno=11), leave(0, READ, 7), enter(0, WRITE)]
    statistics = statistics_of(MemoryTrace(rows))
    assert {
        line.label: (line.calls, line.errors, line.p50_ns) for line in statistics.by_syscall()
    } == {
        "read": (2, 1, None),
        "write": (1, 0, None),
    }
    assert statistics.total().mean_ns is None


def test_shares_are_of_the_time_or_else_of_the_calls() -> None:
    timed = statistics_of(
        MemoryTrace(
            [enter(1, READ, 10), leave(1, READ, 40), enter(1, WRITE, 50), leave(1, WRITE, 60)]
        )
    )
    assert [(line.label, line.share) for line in timed.by_syscall()] == [
        ("read", 0.75),
        ("write", 0.25),
    ]
    untimed = statistics_of(
        MemoryTrace([enter(1, READ), enter(2, READ), enter(3, WRITE), enter(4, WRITE)])
    )
    assert [line.share for line in untimed.by_syscall()] == [0.5, 0.5]


def test_tables_stay_bounded() -> None:
    rows = [enter(1, sysno) for sysno in range(5000)]
    statistics = statistics_of(MemoryTrace(rows))
    lines = statistics.by_syscall()
    assert len(lines) == 1025
    others = next(line for line in lines if line.label == "(others)")
    assert others.calls == 5000 - 1024
    assert statistics.total().calls == 5000


def test_events_are_no_calls() -> None:
    statistics = statistics_of(MemoryTrace([make_row(type=2, tid=1), make_row(type=900)]))
    assert statistics.by_syscall() == []
    lines = statistics.by_syscall(events=True)
    assert Counter({line.label: line.calls for line in lines}) == {
        "sentry/clone": 1,
        "unknown/900": 1,
    }
    assert not any(line.is_call for line in lines)
