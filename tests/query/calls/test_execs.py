"""Outcomes of execs, against a plain reading of the rules and recordings of real sandboxes."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtui.decode.outcome import ExecOutcome
from gvtui.query.calls.exec_rules import ExecCode
from gvtui.query.calls.execs import Execs
from gvtui.trace.reader import Trace
from tests.query.calls.exec_streams import Event, exec_streams
from tests.query.memory import MemoryTrace

DATA = Path(__file__).parents[2] / "data" / "execs"


def outcomes(events: list[Event], *, slices: int = 1 << 16) -> list[ExecOutcome | None]:
    execs = Execs(MemoryTrace([event.row() for event in events]))
    while execs.advance(slices):
        pass
    return [execs.outcome(row) for row in range(len(events))]


def found(text: str, **common: object) -> list[str]:
    """Outcomes of the exits in a text such as `E X I`, on one thread."""
    events = [Event(word, **common) for word in text.split()]  # type: ignore[arg-type]
    return [outcome.value for outcome in outcomes(events) if outcome is not None]


def plain_outcomes(events: list[Event]) -> list[ExecOutcome | None]:
    """The rules in the plainest words: each exit is looked at with the whole trace at hand."""
    threads: dict[tuple[int, int], list[int]] = {}
    for row, event in enumerate(events):
        if event.what != "bad" and event.tid > 0:
            threads.setdefault((event.conn, event.tid), []).append(row)

    def is_whole(first: int, second: int) -> bool:
        lost = any(
            event.what == "bad" and event.conn == events[first].conn
            for event in events[first:second]
        )
        return not lost and events[first].dropped == events[second].dropped

    def before(row: int) -> int | None:
        own = threads[events[row].conn, events[row].tid]
        place = own.index(row)
        return own[place - 1] if place and is_whole(own[place - 1], row) else None

    def after(row: int) -> int | None:
        own = threads[events[row].conn, events[row].tid]
        place = own.index(row) + 1
        return own[place] if place < len(own) and is_whole(row, own[place]) else None

    def is_second(row: int) -> bool:
        """Whether a row is the decoded exit of a call whose raw exit came before it."""
        former = before(row) if events[row].tid > 0 else None
        return (
            former is not None
            and events[former].what == "X"
            and events[former].is_raw
            and not events[row].is_raw
            and events[former].is_at == events[row].is_at
            and not is_second(former)
        )

    exits = [row for row, event in enumerate(events) if event.what == "X" and not is_second(row)]
    lasts = {row: row for row in exits}
    for row, event in enumerate(events):
        if event.what == "X" and is_second(row):
            former = before(row)
            assert former is not None
            lasts[former] = row

    def order_of(conn: int) -> tuple[str, int]:
        point_on = next(
            (r for r, e in enumerate(events) if e.what == "I" and e.tid > 0 and e.conn == conn),
            len(events),
        )
        proofs: list[tuple[int, str]] = []
        for row, event in enumerate(events):
            if event.conn != conn:
                continue
            if event.what == "F" and not event.is_at and event.error == errno.ENOENT:
                proofs.append((row, "old"))
            if row in exits and event.tid > 0:
                former = before(row)
                if former is None:
                    continue
                if events[former].what != "I":
                    if point_on < len(events):
                        proofs.append((max(row, point_on), "new"))
                elif (earlier := before(former)) is not None and events[earlier].what == "E":
                    proofs.append((row, "old"))
        return min(proofs)[::-1] if proofs else ("", len(events))

    def outcome(row: int) -> ExecOutcome:
        event = events[row]
        order, proved = order_of(event.conn)
        if order == "old":
            return ExecOutcome.DONE
        if event.tid <= 0:
            return ExecOutcome.ASKED
        follower = after(lasts[row])
        if follower is not None and events[follower].what == "I":
            return ExecOutcome.DONE
        former = before(row)
        if former is not None and events[former].what == "I" and proved >= row:
            earlier = before(former)
            if earlier is not None and events[earlier].what != "X":
                return ExecOutcome.DONE
        is_on = any(e.what == "I" and e.tid > 0 and e.conn == event.conn for e in events)
        if order == "new" and is_on and follower is not None:
            return ExecOutcome.FAILED
        return ExecOutcome.ASKED

    result: list[ExecOutcome | None] = [
        ExecOutcome.FAILED if event.what == "F" else None for event in events
    ]
    for row in exits:
        result[row] = result[lasts[row]] = outcome(row)
    return result


@settings(max_examples=400)
@given(exec_streams(), st.integers(1, 5))
def test_outcomes_are_those_of_the_plain_rules(events: list[Event], slices: int) -> None:
    expected = plain_outcomes(events)
    assert outcomes(events) == expected
    assert outcomes(events, slices=slices) == expected


@given(exec_streams())
def test_each_change_of_an_answer_is_told(events: list[Event]) -> None:
    execs = Execs(MemoryTrace([event.row() for event in events]))
    known: list[int] = []
    mark = execs.outcomes.changes()
    while execs.advance(1):
        changed = execs.outcomes.changed_since(mark)
        assert changed is not None
        mark = execs.outcomes.changes()
        now = execs.codes(0, execs.position).tolist()
        differ = [row for row, code in enumerate(known) if code != now[row]]
        assert set(differ) <= set(changed)
        assert all(known[row] == ExecCode.ASKED for row in differ)
        known = now


def test_the_newest_sends_the_exit_first() -> None:
    assert found("E X I O") == ["done"]
    assert found("E X I E X O E X I") == ["done", "failed", "done"]
    assert found("X I O X O") == ["done", "failed"]


def test_what_came_before_the_first_proof_is_decided_by_it() -> None:
    assert found("E X O E X I") == ["failed", "done"]
    assert found("E X O F", error=errno.ENOENT) == ["done", "failed"]


def test_the_old_ones_send_the_exit_last() -> None:
    assert found("E I X O") == ["done"]
    assert found("O I X O") == ["done"]
    assert found("E I X E X O") == ["done", "done"]


def test_without_the_point_the_order_cannot_tell() -> None:
    assert found("E X O E X O") == ["asked", "asked"]


def test_errors_of_the_arguments_prove_nothing() -> None:
    assert found("F E X O", error=errno.EFAULT) == ["failed", "asked"]
    assert found("F E X O", error=errno.ENAMETOOLONG) == ["failed", "asked"]
    assert found("F E X O", error=errno.ENOENT, is_at=True) == ["failed", "asked"]


def test_the_end_leaves_an_exec_open() -> None:
    assert found("E X I E X") == ["done", "asked"]


def test_a_drop_in_between_leaves_it_open() -> None:
    events = [*map(Event, "EXIEX"), Event("O", dropped=1), *(Event(w, dropped=1) for w in "EXO")]
    assert [o.value for o in outcomes(events) if o] == ["done", "asked", "failed"]


def test_a_message_that_cannot_be_read_may_have_been_the_one() -> None:
    events = [*map(Event, "EXI"), *map(Event, "EX"), Event("bad"), Event("O")]
    assert [o.value for o in outcomes(events) if o] == ["done", "asked"]


def test_raw_and_decoded_exits_of_one_call_have_one_outcome() -> None:
    events = [
        Event("E", is_raw=True),
        Event("E"),
        Event("X", is_raw=True),
        Event("X"),
        Event("I"),
        Event("E", is_raw=True),
        Event("E"),
        Event("X", is_raw=True),
        Event("X"),
        Event("O"),
    ]
    assert [o.value for o in outcomes(events) if o] == ["done", "done", "failed", "failed"]


def test_a_thread_that_is_still_loading_is_open() -> None:
    execs = Execs(MemoryTrace([Event(word).row() for word in "EXIEX"]))
    execs.advance()
    assert [execs.first_open(row) for row in (0, 4, 5)] == [4, 4, None]


@pytest.mark.parametrize("name", ["failed-exec.gvtrace"])
def test_a_recording_of_the_newest(name: str, tmp_path: Path) -> None:
    path = Path(shutil.copy(DATA / name, tmp_path))
    trace = Trace.open(path)
    execs = Execs(trace)
    execs.advance()
    told = [execs.outcome(row) for row in range(trace.first_row, trace.end_row)]
    assert [o.value for o in told if o] == ["failed"] * 6 + ["done"] * 2
    trace.close()
