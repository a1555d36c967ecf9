from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.outcome import ExecOutcome
from gvtui.query.processes import process as process_module
from gvtui.query.processes.process import (
    MAX_EXECS,
    MAX_THREADS,
    SECOND_NS,
    Evidence,
    Exec,
    Process,
    ProcessId,
)


def process(number: int = 1, **fields: Any) -> Process:
    return Process(number, "box", 7, 70, Evidence.EVENT, 3, 3, **fields)


def program(row: int, *args: str, outcome: ExecOutcome = ExecOutcome.DONE, tid: int = 7) -> Exec:
    return Exec(row, 0, f"/bin/{args[0]}", list(args), outcome, tid)


def test_what_tells_it_from_others() -> None:
    assert process().id == ProcessId("box", 7, 70)


@pytest.mark.parametrize(
    ("args", "name", "line"),
    [
        (["sh", "-c", "a b"], "sh", "sh -c 'a b'"),
        ([], "sh", "[sh]"),
        ([], "", ""),
        (["", "x"], "sh", "'' x"),
    ],
)
def test_its_command_line(args: list[str], name: str, line: str) -> None:
    assert process(args=args, name=name).command_line == line


def test_calls_of_unknown_threads_are_a_lower_bound() -> None:
    one = process()
    one.count(calls=3, loose_enters=5, loose_exits=4, errors=1)
    one.count(calls=1, loose_enters=0, loose_exits=3, errors=2)
    assert (one.calls, one.errors) == (4 + 7, 3)


def test_depth_and_subtree_follow_the_links() -> None:
    parts = [process(number) for number in range(5)]
    for child, parent in ((1, 0), (2, 1), (3, 1), (4, 0)):
        parts[child].parent = parts[parent]
        parts[parent].children[child] = parts[child]
    assert [part.depth for part in parts] == [0, 1, 2, 2, 1]
    assert [part.number for part in parts[0].subtree()] == [0, 1, 2, 3, 4]
    assert [part.number for part in parts[1].subtree()] == [1, 2, 3]


def test_the_rate_is_that_of_the_last_two_whole_seconds() -> None:
    one = process()
    for second, count in ((10, 4), (11, 6), (10, 2), (12, 100)):
        one.count_second(second, count)
    assert one.rate(12 * SECOND_NS + 999) == (4 + 2 + 6) / 2
    assert one.rate(13 * SECOND_NS) == (6 + 100) / 2
    assert one.rate(20 * SECOND_NS) == 0


def test_seconds_long_past_are_left_out() -> None:
    one = process()
    for second in range(process_module._RECENT_SECONDS + 5):
        one.count_second(second, 1)
    one.count_second(0, 50)
    assert [one.rate(now * SECOND_NS) for now in (1, 2, 20)] == [0, 0, 1]


def test_a_thread_whose_id_is_used_again_is_another_one() -> None:
    one = process()
    first = one.thread(8)
    assert first is not None
    assert one.thread(8, 80) is first
    assert (first.start_ns, one.thread(8)) == (80, first)
    second = one.thread(8, 81)
    assert second is not None
    assert second is not first
    assert one.threads == {8: second}


def test_threads_beyond_the_limit_are_counted() -> None:
    one = process()
    for tid in range(MAX_THREADS + 3):
        one.thread(tid, 5)
    assert len(one.threads) == MAX_THREADS
    assert one.threads_forgotten == 3
    # One that is known may be used again at any time.
    assert one.thread(0, 6) is not None


def test_it_comes_back_to_life() -> None:
    one = process(has_ended=True, end_ns=9, end_row=9, exit_status=0)
    one.revive()
    assert (one.has_ended, one.end_ns, one.end_row, one.exit_status) == (False, 0, -1, None)


def test_its_arguments_are_those_of_the_program_that_began_last() -> None:
    one = process()
    one.begin_with(["sh"])
    one.add_exec(program(20, "late"))
    one.add_exec(program(10, "early"))
    one.add_exec(program(30, "failed", outcome=ExecOutcome.FAILED))
    one.add_exec(program(40, "asked", outcome=ExecOutcome.ASKED))
    assert one.args == ["late"]
    assert [entry.args[0] for entry in one.programs] == ["early", "late"]
    given_ = {row: one.args_at(row)[0] for row in (0, 9, 10, 19, 20, 99)}
    assert given_ == {0: "sh", 9: "sh", 10: "early", 19: "early", 20: "late", 99: "late"}


def test_what_a_thread_asked_for_last() -> None:
    one = process()
    assert one.last_exec(7) is None
    for row, tid in ((1, 7), (2, 8), (3, 7)):
        one.add_exec(program(row, "x", tid=tid))
    assert [entry.row if (entry := one.last_exec(tid)) else None for tid in (7, 8, 9)] == [
        3,
        2,
        None,
    ]


@given(st.integers(1, MAX_EXECS + 20))
def test_of_many_programs_the_first_and_the_latest_are_kept(count: int) -> None:
    one = process()
    for row in range(count):
        one.add_exec(program(row, "x"))
    rows = [entry.row for entry in one.execs]
    assert len(rows) == min(count, MAX_EXECS)
    assert rows[0] == 0
    assert rows[1:] == list(range(count - len(rows) + 1, count))


def test_a_program_names_its_process_until_later_messages_do() -> None:
    process = Process(1, "box", 7, 0, Evidence.EVENT, 0, 5, name="sh")
    process.runs(Exec(9, 0, "/bin/bash", ["-bash"], ExecOutcome.DONE, 7), 9)
    assert (process.name, process.named_row) == ("bash", 9)
    process.runs(Exec(10, 0, "/usr/lib/a-name-of-many-letters", [], ExecOutcome.DONE, 7), 10)
    assert process.name == "a-name-of-many-"
    process.last_row = 20
    process.runs(program(15, "late"), 15)
    assert process.name == "a-name-of-many-"


def test_a_process_started_when_an_event_told_so() -> None:
    process = Process(1, "box", 7, 0, Evidence.EVENT, 0, 5)
    process.began_ns = 30
    assert process.started_ns == 30
    process.start_ns = 20
    assert process.started_ns == 20


@pytest.mark.parametrize(
    ("row", "exit_row", "raw_exit_row", "expected"),
    [(9, -1, -1, 9), (9, 8, -1, 8), (9, 8, 7, 7), (5, 8, 7, 5)],
)
def test_a_process_is_a_program_from_the_first_row_that_tells_of_it(
    row: int, exit_row: int, raw_exit_row: int, expected: int
) -> None:
    entry = Exec(row, 0, "", [], ExecOutcome.DONE, 1)
    entry.exit_row, entry.raw_exit_row = exit_row, raw_exit_row
    assert entry.begins == expected
