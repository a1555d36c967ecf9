from __future__ import annotations

from gvtui.decode.errno_names import errno_name
from gvtui.query.calls.pairs import Pairs
from gvtui.query.context import QueryContext
from gvtui.query.filter.compile import compile_filter
from gvtui.query.numbers.counts import ALL_KEY, EVENT_KEY, NOT_SENT_KEY, Counts
from gvtui.query.numbers.tally import Tally
from gvtui.query.processes.processes import Processes
from gvtui.wire.messages import RAW_SYSCALL
from tests.query.calls.exec_streams import Event
from tests.query.memory import MemoryTrace, drop, enter, leave, task_exit

READ, EXECVE = 0, 59


def counts_of(rows: list[dict[str, int]], text: str = "", step: int = 1 << 16) -> Counts:
    trace = MemoryTrace(rows)
    pairs = Pairs(trace)
    processes = Processes(trace, pairs)
    context = QueryContext(pairs, processes)
    condition = compile_filter(text, context) if text else None
    counts = Counts(trace, pairs, processes, condition)
    while context.advance(step):
        counts.advance(step)
    assert counts.is_done
    return counts


def calls(tally: Tally) -> dict[int, tuple[int, int]]:
    """Calls and errors by key."""
    return {key: (sums.calls, sums.errors) for key, sums in tally}


def test_events_have_keys_of_their_own_and_raw_points_those_of_their_calls() -> None:
    rows = [enter(1, READ), leave(1, READ, errno=2), task_exit(1), drop(count=3)]
    rows += [enter(2, READ, type=RAW_SYSCALL), leave(2, READ, type=RAW_SYSCALL)]
    counts = counts_of(rows)
    assert calls(counts.syscalls) == {READ: (2, 1), EVENT_KEY + 5: (1, 0)}
    assert calls(counts.totals) == {ALL_KEY: (2, 1)}
    assert {errno_name(key): each for key, each in calls(counts.by_errno).items()} == {
        "ENOENT": (1, 1)
    }
    assert (counts.rows, counts.dropped, counts.missed_rows) == (len(rows), 3, 0)


def test_an_exec_that_is_known_late_to_have_failed_is_counted_then() -> None:
    rows = [Event(word).row() for word in "EXIEXO"]
    for step in (1, 2, 1 << 16):
        counts = counts_of(rows, step=step)
        assert calls(counts.by_errno) == {NOT_SENT_KEY: (1, 1)}
        assert calls(counts.syscalls)[EXECVE] == (2, 1)
        assert counts_of(rows, "evt.failed = true", step).rows == 1
