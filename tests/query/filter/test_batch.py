from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gvtui.query.calls.exec_rules import ExecCode
from gvtui.query.filter import batch as batch_module
from gvtui.query.filter.batch import (
    DROPPED,
    ERRNO,
    FAILED,
    LATENCY,
    NUMBER,
    PARENT,
    RESULT,
    TIME,
    UNKNOWN,
    NoContext,
    NumberColumn,
    RowBatch,
)
from gvtui.trace.row import Direction, Kind
from tests.query.filter.world import TextTrace, open_message

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.filter.batch import Numbers, Rows

ENTER, EXIT = Direction.ENTER, Direction.EXIT


class Codes(NoContext):
    """Knows what became of execs, by their places."""

    def __init__(self, *codes: ExecCode) -> None:
        self.codes = codes
        self.asked = 0

    def exec_codes(self, start: int, rows: Rows) -> npt.NDArray[np.int32]:
        self.asked += 1
        return np.array(self.codes, np.int32)


def batch_of(trace: TextTrace, context: NoContext | None = None) -> RowBatch:
    rows = trace.rows(trace.first_row, trace.end_row)
    return RowBatch(trace, rows, trace.first_row, context or NoContext())


def values(batch: RowBatch, column: NumberColumn) -> list[int]:
    found: list[int] = batch.numbers(column).tolist()
    return found


def test_results_are_known_on_exits_alone_and_below_zero_where_the_call_failed() -> None:
    trace = TextTrace()
    trace.add(direction=ENTER, result=7)
    trace.add(direction=EXIT, result=7)
    trace.add(direction=EXIT, result=-1, errno=errno.ENOENT)
    trace.add(direction=Direction.NONE, result=7)
    batch = batch_of(trace)
    assert values(batch, RESULT) == [UNKNOWN, 7, -errno.ENOENT, UNKNOWN]
    assert values(batch, ERRNO) == [UNKNOWN, 0, errno.ENOENT, UNKNOWN]
    assert values(batch, FAILED) == [UNKNOWN, 0, 1, UNKNOWN]


def test_of_execs_no_more_is_said_than_is_known() -> None:
    trace = TextTrace()
    for _ in range(4):
        trace.add(direction=EXIT)
    context = Codes(ExecCode.ASKED, ExecCode.DONE, ExecCode.DONE_LATER, ExecCode.FAILED)
    batch = batch_of(trace, context)
    assert values(batch, RESULT) == [UNKNOWN, 0, 0, UNKNOWN]
    assert values(batch, ERRNO) == [UNKNOWN, 0, 0, UNKNOWN]
    assert values(batch, FAILED) == [UNKNOWN, 0, 0, 1]
    # Three columns, and the context was asked once.
    assert context.asked == 1
    assert all(column.follows_execs for column in (RESULT, ERRNO, FAILED, LATENCY))


def test_rows_have_their_numbers_and_times_and_drops_their_count() -> None:
    trace = TextTrace(first_row=100)
    trace.add(time_ns=5, recv_ns=9)
    trace.add(recv_ns=9, kind=Kind.DROP, result=3)
    trace.add(result=3)
    batch = batch_of(trace)
    assert values(batch, NUMBER) == [100, 101, 102]
    # A row that says no time of its own has the one at which it was received; else none.
    assert values(batch, TIME) == [5, 9, TIME.unknown]
    assert values(batch, DROPPED) == [UNKNOWN, 3, UNKNOWN]


def test_without_a_context_nothing_is_known() -> None:
    trace = TextTrace()
    trace.add(direction=EXIT)
    batch = batch_of(trace)
    assert values(batch, LATENCY) == [LATENCY.unknown]
    assert values(batch, PARENT) == [PARENT.unknown]
    nothing = NoContext()
    assert nothing.advance(10) == nothing.position == nothing.exec_changes() == 0
    assert nothing.execs_changed_since(0) == []
    assert (nothing.numbers("proc.duration", 0, batch.rows) == UNKNOWN).all()
    places, texts = nothing.texts("proc.cmdline", 0, batch.rows)
    assert (places.tolist(), list(texts)) == ([-1], [])


def test_a_column_is_worked_out_once() -> None:
    trace = TextTrace()
    trace.add(pid=7)
    made = []

    def derive(batch: RowBatch) -> Numbers:
        made.append(len(batch))
        return np.full(len(batch), 3)

    column = NumberColumn("three", None, derive)
    batch = batch_of(trace)
    assert values(batch, column) == values(batch, column) == [3]
    assert made == [1]
    assert values(batch, NumberColumn("pid", 0)) == [7]


def test_a_message_is_decoded_once_and_what_is_none_is_none() -> None:
    trace = TextTrace()
    trace.add(message=open_message("/a"))
    trace.add(type=7)
    trace.add(kind=Kind.DROP)
    batch = batch_of(trace)
    for _ in range(2):
        decoded = batch.decoded(0)
        assert decoded is not None
        assert decoded.message.pathname == "/a"  # type: ignore[union-attr]
        assert batch.decoded(1) is None
        assert batch.decoded(2) is None
    assert trace.decodings == 2


def test_few_decoded_messages_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = TextTrace()
    for _ in range(2):
        trace.add(message=open_message("/a"))
    batch = batch_of(trace)
    monkeypatch.setattr(batch_module, "_MAX_KEPT", 1)
    for place in (0, 1, 0, 1):
        assert batch.decoded(place) is not None
    assert trace.decodings == 3
