from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gvtui.agent import drops, running
from gvtui.agent.drops import (
    MOST_QUIET_SECONDS,
    QUIET_SECONDS,
    DropNotes,
    DropsQuestion,
    answer_of,
    question_of,
)
from gvtui.trace.connection import Connection
from gvtui.trace.marks import DropsMark


def connection(conn: int = 1, messages: int = 5, **more: Any) -> Connection:
    given = {"command": ["runsc", "--root=/r", "run", "web"], "container_source": "command"}
    return Connection(conn, **{"container_id": "web", "messages": messages, **given, **more})


class Sandboxes:
    """Answers of sandboxes, and what was noted of them."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.asked: list[list[int]] = []
        self.noted: list[tuple[int, int]] = []
        self.notes = DropNotes(self.note, self.ask)
        self.meanwhile: Callable[[], None] = lambda: None

    def ask(self, questions: Sequence[DropsQuestion]) -> list[DropsMark | None]:
        self.asked.append([question.conn for question in questions])
        self.meanwhile()
        answers = [self.answers.pop(0) for _ in questions]
        return [None if each is None else DropsMark(each) for each in answers]

    def note(self, mark: DropsMark, conn: int) -> bool:
        self.noted.append((conn, mark.dropped))
        return True

    def look(self, now: float, *connections: Connection) -> None:
        self.notes.look(connections, now)
        self.settle()

    def settle(self) -> None:
        with self.notes._news:
            assert self.notes._news.wait_for(lambda: not self.notes._busy, 20)


def test_a_quiet_sandbox_is_asked_once() -> None:
    world = Sandboxes(7, 9)
    one = connection()
    for now in (0.0, QUIET_SECONDS - 0.1, QUIET_SECONDS, QUIET_SECONDS + 50):
        world.look(now, one)
    assert (world.asked, world.noted) == ([[1]], [(1, 7)])
    one.messages, one.dropped = 6, 7
    world.look(60, one)
    world.look(60 + QUIET_SECONDS, one)
    assert world.noted == [(1, 7), (1, 9)]


def test_one_that_has_nothing_to_tell_is_asked_less_and_less() -> None:
    world = Sandboxes(*[0] * 50)
    one, now, waits = connection(), 0.0, []
    for _ in range(8):
        one.messages += 1
        world.look(now, one)
        asked, began = len(world.asked), now
        while len(world.asked) == asked:
            now += 0.5
            world.look(now, one)
        waits.append(now - began)
    assert waits == [2, 4, 8, 16, 32, MOST_QUIET_SECONDS, MOST_QUIET_SECONDS, MOST_QUIET_SECONDS]
    one.messages, one.dropped = one.messages + 1, 3
    world.look(now, one)
    world.look(now + QUIET_SECONDS, one)
    assert len(world.asked) == 9


def test_where_nobody_tells_nothing_is_noted() -> None:
    world = Sandboxes(None, 4)
    world.look(0, connection(1), connection(2))
    world.look(QUIET_SECONDS, connection(1), connection(2))
    assert (world.asked, world.noted) == ([[1, 2]], [(2, 4)])


def test_the_answer_for_a_connection_that_has_ended_is_another_s() -> None:
    world = Sandboxes(4)
    world.look(0, connection())
    world.meanwhile = lambda: world.notes.look([connection(closed_ns=5)], 9)
    world.look(QUIET_SECONDS, connection())
    assert (world.asked, world.noted) == ([[1]], [])


def test_at_the_end_all_that_are_connected_are_asked() -> None:
    world = Sandboxes(1, 2)
    known = connection(4, asked_row=9, last_message=8)
    gone = connection(5, closed_ns=3)
    silent = connection(6, messages=0)
    world.notes.finish([connection(1), connection(2, last_message=3), known, gone, silent])
    assert sorted(world.noted) == [(1, 1), (2, 2)]
    world.notes.finish([])


def test_the_end_waits_for_no_runsc_that_hangs() -> None:
    hangs = threading.Event()

    def ask(_: Sequence[DropsQuestion]) -> list[DropsMark | None]:
        hangs.wait(20)
        return [None]

    notes = DropNotes(lambda mark, conn: True, ask)
    notes.finish([connection()], seconds=0.05)
    assert notes._busy
    hangs.set()


@pytest.mark.parametrize(
    ("one", "asked"),
    [
        (connection(), DropsQuestion(1, "web", "/r")),
        (connection(container_source="message", command=["x"]), DropsQuestion(1, "web", "")),
        (connection(dropped=8), DropsQuestion(1, "web", "/r", 8)),
        (connection(container_id=""), None),
        (connection(container_id="¬1:web"), None),
        (connection(closed_ns=4), None),
    ],
)
def test_who_is_asked(one: Connection, asked: DropsQuestion | None) -> None:
    assert question_of(one) == asked


def test_a_sandbox_that_does_not_run_here_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "sandbox_processes", list)
    assert drops.Asker(("/bin/true",)).ask([DropsQuestion(1, "web", "")]) == [None]
    assert drops.Asker(("/nonexistent/runsc",)).ask([DropsQuestion(1, "web", "")]) == [None]


@pytest.mark.parametrize(
    ("told", "sinks", "mark"),
    [
        (3, [3], DropsMark(3)),
        (0, [0], DropsMark(0)),
        (0, [], None),
        # Two that agree, two of which one is another monitor's, and two that may both be ours.
        (3, [7, 7], DropsMark(7)),
        (3, [0, 9], DropsMark(9)),
        (3, [5, 9], DropsMark(5, is_least=True)),
        (3, [9, 3], None),
        (0, [0, 9], None),
        (7, [5, 6], None),
    ],
)
def test_of_several_sinks_one_is_ours(told: int, sinks: list[int], mark: DropsMark | None) -> None:
    assert answer_of(DropsQuestion(1, "web", "", told), sinks) == mark
