from __future__ import annotations

from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.filter.compile import Filter, compile_filter
from gvtui.query.filter.error import FilterError
from gvtui.query.filter.processes import row_process
from gvtui.query.filter.write import literal, process_id
from gvtui.trace.reader import Trace
from gvtui.wire.pb import syscall_pb2
from tests.query.filter.world import OPEN, TextTrace

if TYPE_CHECKING:
    from google.protobuf.message import Message

TRACES = Path(__file__).parents[2] / "data" / "traces"
FIRST, SECOND = 1_795_455_407_000_000_001, 1_795_455_408_000_000_000


def message(start_ns: int) -> tuple[int, Message]:
    sent = syscall_pb2.Open(sysno=257)
    sent.context_data.thread_group_start_time_ns = start_ns
    return OPEN, sent


def add(trace: TextTrace, pid: int, start_ns: int = 0, **fields: Any) -> int:
    given: dict[str, Any] = {"point": "syscall/openat/enter", "container": "web"} | fields
    return trace.add(pid=pid, message=message(start_ns), **given)


def passing(trace: TextTrace, text: str, step: int = 1 << 20) -> list[int]:
    condition = compile_filter(text)
    return [row for row, passes in enumerate(asked(trace, condition, step)) if passes]


def asked(trace: TextTrace, condition: Filter, step: int) -> list[bool]:
    answers: list[bool] = []
    for start in range(0, trace.end_row, step):
        rows = trace.rows(start, min(start + step, trace.end_row))
        answers += condition.mask(trace, rows, start).tolist()
    return answers


@pytest.fixture
def two_sandboxes() -> TextTrace:
    """Rows of pid 1 in two containers; in the first, a process of pid 7, then another."""
    trace = TextTrace()
    for container in ("web", "db"):
        add(trace, 1, FIRST, container=container)
        add(trace, 7, FIRST, container=container)
    add(trace, 7, FIRST)
    add(trace, 7, SECOND)
    trace.add(kind=1)
    return trace


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("proc.id = 7", [1, 3, 4, 5]),
        ("proc.id = web/7", [1, 4, 5]),
        (f"proc.id = {process_id('web', 7, FIRST)}", [1, 4]),
        (f"proc.id = {process_id('web', 7, SECOND)}", [5]),
        (f"proc.id = {process_id('db', 7, SECOND)}", []),
        ("proc.id = web/7@2026-11-23", [1, 4, 5]),
        ("proc.id = web/7@2026-11-23T17:36:47Z", [1, 4]),
        (f"proc.id = 7@{SECOND}", [5]),
        (f"not proc.id = {process_id('web', 7, FIRST)}", [0, 2, 3, 5, 6]),
        (f"proc.id != {process_id('web', 7, FIRST)}", [0, 2, 3, 5]),
        (f"proc.id in (db/1, {process_id('web', 7, SECOND)})", [2, 5]),
        ("proc.id exists", [0, 1, 2, 3, 4, 5]),
    ],
)
@pytest.mark.parametrize("step", [1, 2, 100])
def test_container_process_id_and_start_are_compared(
    two_sandboxes: TextTrace, text: str, rows: list[int], step: int
) -> None:
    assert passing(two_sandboxes, text, step) == rows


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("web", "is not a process"),
        ("web/", "is not a process"),
        ("/7", "is not a process"),
        ("web/7@", "is not a process"),
        ("web/-7", "is not a process"),
        ("web/7@noon", "is not a time"),
        ("web/7@14:05", "needs a date"),
        ("web/7@2026-13-01", "is not a date"),
    ],
)
def test_what_is_no_process(value: str, why: str) -> None:
    with pytest.raises(FilterError, match=why) as caught:
        compile_filter(f"proc.id = {value}")
    assert caught.value.column == 10
    assert "a process such as 110" in str(caught.value.expected)


def test_a_process_cannot_be_ordered() -> None:
    with pytest.raises(FilterError, match="cannot be compared with <"):
        compile_filter("proc.id < 7")


def test_the_container_of_the_connection_counts_where_the_message_has_none() -> None:
    trace = TextTrace()
    trace.connections[1] = SimpleNamespace(container_id="web")
    trace.connections[2] = SimpleNamespace(container_id="db")
    for conn in (1, 2):
        add(trace, 7, container="", conn=conn)
    assert passing(trace, "proc.id = db/7") == [1]


@pytest.mark.parametrize("step", [1, 3, 100])
def test_rows_that_do_not_say_a_start_count_to_the_process_before_them(step: int) -> None:
    trace = TextTrace()
    quiet: dict[str, Any] = {"point": "syscall/close/enter"}
    for start_ns in (FIRST, SECOND):
        add(trace, 7, start_ns)
        add(trace, 7, **quiet)
        add(trace, 8, **quiet)
    assert passing(trace, f"proc.id = {process_id('web', 7, FIRST)}", step) == [0, 1]
    assert passing(trace, f"proc.id = {process_id('web', 7, SECOND)}", step) == [3, 4]
    assert passing(trace, f"proc.id = {process_id('web', 8, FIRST)}", step) == []


def test_a_row_that_does_not_say_a_start_is_asked_about_alone_or_with_other_processes() -> None:
    trace = TextTrace()
    for start_ns in (FIRST, SECOND):
        add(trace, 7, start_ns)
        for _ in range(3):
            add(trace, 7, point="syscall/close/enter")
    first, second = (process_id("web", 7, start) for start in (FIRST, SECOND))
    condition = compile_filter(f"proc.id = {first}")
    expected = [True] * 4 + [False] * 4
    assert asked(trace, condition, 2) == expected
    assert [condition.matches(trace, row) for row in reversed(range(8))] == expected[::-1]
    assert passing(trace, f"proc.id in ({second}, {first})", 2) == list(range(8))


def test_few_messages_are_looked_into() -> None:
    trace = TextTrace()
    starts = [FIRST] * 700 + [SECOND] * 300
    for start_ns in starts:
        add(trace, 7, start_ns)
        add(trace, 8, start_ns)
    condition = compile_filter(f"proc.id = {process_id('web', 7, SECOND)}")
    assert sum(asked(trace, condition, 100)) == 300
    assert trace.decodings < 40
    before = trace.decodings
    assert not any(asked(trace, compile_filter("proc.id = web/9@2026-08-21"), 100))
    assert sum(asked(trace, compile_filter("proc.id = web/7"), 100)) == 1000
    assert trace.decodings == before


@given(
    st.lists(st.tuples(st.integers(1, 2), st.integers(1, 3), st.booleans()), max_size=40),
    st.integers(1, 40),
)
def test_however_rows_are_cut_each_counts_to_its_process(
    sent: list[tuple[int, int, bool]], step: int
) -> None:
    trace = TextTrace()
    starts = dict.fromkeys(range(4), FIRST)
    expected = []
    for conn, pid, is_new in sent:
        starts[conn] += is_new
        add(trace, pid, starts[conn], conn=conn, container=f"c{conn}")
        expected.append((f"c{conn}", pid, starts[conn]))
    for process in set(expected):
        condition = compile_filter(f"proc.id = {process_id(*process)}")
        assert asked(trace, condition, step) == [other == process for other in expected]


@pytest.mark.parametrize("name", sorted(path.stem for path in TRACES.glob("*.trace")))
def test_every_process_of_a_recording_is_found(name: str) -> None:
    with closing(Trace.open(TRACES / f"{name}.trace")) as trace:
        rows = trace.rows(trace.first_row, trace.end_row)
        keys = [row_process(trace, row) for row in range(trace.first_row, trace.end_row)]
        for key in {key for key in keys if key[1]}:
            condition = compile_filter(f"proc.id = {literal(process_id(*key))}")
            mask = condition.mask(trace, rows, trace.first_row)
            assert np.flatnonzero(mask).tolist() == [
                place for place, other in enumerate(keys) if other == key
            ]
