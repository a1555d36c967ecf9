"""Outcomes of execs where marks in the trace tell them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gvtui.decode.outcome import ExecOutcome
from gvtui.points.document import dump_session
from gvtui.points.session import Point, Session
from gvtui.query.calls.execs import Execs
from gvtui.trace.excerpts import ExcerptMark, ExecMark, ExecOrderMark
from gvtui.trace.marks import BinaryMark, Mark, SessionMark
from gvtui.trace.row import Kind
from tests.query.calls.exec_streams import Event
from tests.query.memory import KnownConnections, MemoryTrace, make_row


class _NotedTrace(MemoryTrace):
    """A trace of one thread's events and of marks, the rows with details, on its connection."""

    def __init__(self, *rows: str | Mark | dict[str, Any]) -> None:
        made = []
        self._noted: dict[int, dict[str, Any]] = {}
        for place, row in enumerate(rows):
            if isinstance(row, str):
                made.append(CLOSED if row == "closed" else Event(row).row())
                continue
            kind = Kind.OPENED if isinstance(row, dict) else Kind.MARK
            made.append(make_row(kind=kind, recv_ns=1))
            self._noted[place] = row if isinstance(row, dict) else row.details()
        super().__init__(made)
        self.connections = KnownConnections({1: SimpleNamespace(conn=1, peer_pid=77, first_row=0)})

    def details(self, index: int) -> dict[str, Any]:
        return self._noted[index]


CLOSED = make_row(kind=Kind.CLOSED)
OLD_BINARY, NEW_BINARY = BinaryMark("/runsc", "", True), BinaryMark("/runsc", "", False)


def noted(*rows: str | Mark | dict[str, Any]) -> list[str]:
    execs = Execs(_NotedTrace(*rows))
    while execs.advance(1):
        pass
    told = [execs.outcome(row) for row in range(len(rows))]
    whole = Execs(_NotedTrace(*rows))
    whole.advance()
    assert [whole.outcome(row) for row in range(len(rows))] == told
    return [outcome.value for outcome in told if outcome is not None]


def session_mark(point: str, fields: tuple[str, ...]) -> SessionMark:
    session = Session((Point(point, (), fields),))
    return SessionMark("applied", "applied", "c", "/r", dump_session(session), 77)


def test_the_binary_that_was_noted_tells() -> None:
    assert noted(OLD_BINARY, "E", "X", "O", "X") == ["done", "done"]
    assert noted("E", "X", "O", OLD_BINARY) == ["done"]
    assert noted(NEW_BINARY, "E", "X", "O") == ["asked"]


def test_a_binary_is_noted_after_its_connection_has_closed() -> None:
    assert noted("E", "X", "closed", OLD_BINARY) == ["done"]


def test_what_was_sent_counts_before_what_is_noted_later() -> None:
    assert noted("E", "X", "I", "E", "X", "O", OLD_BINARY) == ["done", "failed"]


def test_a_copy_without_the_beginning_goes_by_what_was_known() -> None:
    assert noted(ExecOrderMark("old", False), "X", "O") == ["done"]
    assert noted(ExecOrderMark("new", True), "X", "O") == ["failed"]
    assert noted(ExecOrderMark("new", False), "X", "O") == ["asked"]
    assert noted(ExecOrderMark("", True), "O", "X", "O") == ["failed"]
    assert noted(ExecOrderMark("strange", False), "X", "O") == ["asked"]


def test_in_an_excerpt_only_what_is_noted_counts() -> None:
    part = ExcerptMark("evt.dir = exit")
    assert noted(part, "O", "X", "I", "O", "X", "O") == ["asked", "asked"]
    assert noted(part, "E", "I", "X", "E", "X", "O") == ["asked", "asked"]
    assert noted("I", part, "X", "O") == ["asked"]
    told = ExecMark(("done later", "failed"))
    assert noted(part, "X", "X", told, "X", ExecMark(("done",))) == ["done", "failed", "done"]
    assert noted(part, "X", "O", "X", "closed", told) == ["done", "failed"]
    assert noted(part, "X", ExecMark(("strange",)), "X") == ["asked", "asked"]
    assert noted(part, "X", told, "X", ExecMark(("done",))) == ["asked", "done"]
    assert noted(part, ExecOrderMark("old", False), "X", "X") == ["done", "done"]


def test_another_reader_adopts_what_rows_told_that_are_gone() -> None:
    before = Execs(_NotedTrace("E", "X", "I", "E", "X", "O"))
    before.advance()
    orders = before.outcomes.order_marks()
    assert orders == {1: ExecOrderMark("new", True)}
    after = Execs(_NotedTrace("X", "O"))
    after.outcomes.adopt(orders)
    after.advance()
    assert after.outcome(0) is ExecOutcome.FAILED
    closed = Execs(_NotedTrace("E", "X", "closed", OLD_BINARY))
    closed.advance()
    assert closed.outcomes.order_marks() == {1: ExecOrderMark("old", False)}
    nothing = Execs(_NotedTrace("E", "X", "O"))
    nothing.advance()
    assert nothing.outcomes.order_marks() == {}


def test_outside_of_an_excerpt_nobody_says_what_became_of_an_exec() -> None:
    assert noted("E", "X", ExecMark(("failed",))) == ["asked"]


def test_an_exec_waits_for_the_note_of_its_binary_and_not_for_ever() -> None:
    opened = {"exe": {"path": "/runsc", "ino": 5}}
    waiting = Execs(_NotedTrace(opened, "X", "O"))
    waiting.advance()
    assert [waiting.first_unnoted(row) for row in (0, 2)] == [1, None]
    for rows in ((opened, "X", "O", NEW_BINARY), ({"exe": {"path": "/runsc"}}, "X", "O")):
        execs = Execs(_NotedTrace(*rows))
        execs.advance()
        assert execs.first_unnoted(0) is None
    late = _NotedTrace(opened, "X", "O")
    late._rows["recv_ns"][2] = 4_000_000_000
    execs = Execs(late)
    execs.advance()
    assert execs.first_unnoted(0) is None


@pytest.mark.parametrize(
    ("point", "fields", "expected"),
    [
        ("sentry/execve", ("thread_id",), ExecOutcome.FAILED),
        ("sentry/execve", ("group_id",), ExecOutcome.ASKED),
        ("syscall/execve/exit", ("thread_id",), ExecOutcome.ASKED),
    ],
)
def test_a_noted_session_says_that_the_point_is_on(
    point: str, fields: tuple[str, ...], expected: ExecOutcome
) -> None:
    assert noted("E", "X", "O", session_mark(point, fields)) == [expected.value]
