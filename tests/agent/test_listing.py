from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from gvtui.agent import listing, running
from gvtui.agent.drops import DropsQuestion
from gvtui.agent.listing import LOOK_SECONDS, Listed, ProcessAsker, ProcessNotes
from gvtui.agent.procfs import Dump
from gvtui.agent.running import Hint, SandboxProcess
from gvtui.errors import GvtuiError
from gvtui.trace.procfs import ProcfsEntry
from tests.agent.fake import FakeRunsc
from tests.agent.test_earlier import CREATED, RUN, known

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.trace.connections import Connections
    from gvtui.trace.procfs import ProcessesMark

DUMP = Dump((ProcfsEntry(1, 0, 5, "sh", "/bin/sh"),), is_whole=True)
ANSWER = Listed(7, DUMP)


class World(ProcessAsker):
    """Sandboxes that answer alike, commands that run in them, and what was noted."""

    def __init__(self, answer: Listed | GvtuiError | None = ANSWER) -> None:
        super().__init__()
        self.answer = answer
        self.asked: list[list[int]] = []
        self.noted: list[tuple[int, int]] = []
        self.entered: frozenset[str] = frozenset()
        self.looks = 0
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.is_stopped = threading.Event()
        self.notes = ProcessNotes(self.note, self, self)  # type: ignore[arg-type]

    def ask(self, questions: Sequence[DropsQuestion]) -> list[Listed | GvtuiError | None]:
        self.asked.append([question.conn for question in questions])
        assert self.goes_on.wait(60)
        return [self.answer for _ in questions]

    def stop(self) -> None:
        self.is_stopped.set()
        self.goes_on.set()

    def stayed(self) -> frozenset[str]:
        self.looks += 1
        return self.entered

    def note(self, mark: ProcessesMark, conn: int) -> bool:
        self.noted.append((conn, mark.taken_ns))
        return True

    def look(self, connections: Connections, now: float = 1000) -> list[str]:
        """Look, and give what is said once all has been done."""
        told = self.notes.look(connections, now)
        self.settle()
        return told + self.notes.look(connections, now)

    def settle(self) -> None:
        notes = self.notes
        with notes._news:
            assert notes._news.wait_for(
                lambda: not (notes._is_busy or notes._waiting or notes._looks), 60
            )


def test_a_sandbox_whose_session_began_later_is_asked_once(tmp_path: Path) -> None:
    world, connections = World(), known(tmp_path, CREATED, RUN)
    assert world.look(connections) == []
    assert world.look(connections, 2000) == []
    assert (world.asked, world.noted) == ([[1]], [(1, 7)])


def test_an_exec_session_that_lasts_is_asked_about(tmp_path: Path) -> None:
    world, connections = World(), known(tmp_path, CREATED, RUN)
    world.look(connections, 1000)
    world.entered = frozenset(["new"])
    world.look(connections, 1000 + LOOK_SECONDS / 2)
    assert world.asked == [[1]]
    world.look(connections, 1000 + LOOK_SECONDS)
    world.entered = frozenset()
    world.look(connections, 1000 + 2 * LOOK_SECONDS)
    assert world.asked == [[1], [2]]


def test_why_a_sandbox_could_not_be_asked_is_said(tmp_path: Path) -> None:
    world, connections = World(GvtuiError("no such thing")), known(tmp_path, CREATED)
    assert world.look(connections) == [
        "web: what ran in it before its session is not known: no such thing"
    ]
    assert world.look(connections) == []
    assert not world.noted


def test_nothing_is_said_of_a_sandbox_that_has_gone_or_is_not_here(tmp_path: Path) -> None:
    away, connections = World(None), known(tmp_path, CREATED)
    assert away.look(connections) == []
    assert not away.noted
    gone = World(GvtuiError("gone"))
    gone.goes_on.clear()
    gone.notes.look(connections, 1000)
    connections[1].closed_ns = 5
    gone.notes.look(connections, 1000)
    gone.goes_on.set()
    assert gone.look(connections) == []
    assert not gone.noted


def test_no_more_wait_than_there_is_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_WAITING", 2)
    world, connections = World(), known(tmp_path, *[CREATED] * 5)
    for now in range(1000, 1003):
        world.look(connections, now)
    assert [len(each) <= 2 for each in world.asked] == [True] * len(world.asked)
    assert sorted(conn for each in world.asked for conn in each) == [1, 2, 3, 4, 5]


def test_the_end_waits_for_answers_but_not_for_long(tmp_path: Path) -> None:
    world, connections = World(), known(tmp_path, CREATED)
    assert world.notes.finish(connections, 60) == []
    assert world.noted == [(1, 7)]
    stuck = World()
    stuck.goes_on.clear()
    assert stuck.notes.finish(connections, 0) == []
    assert stuck.is_stopped.is_set()
    stuck.settle()


def test_a_runsc_lists_what_runs_in_its_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeRunsc(tmp_path)
    process = {"status": {"pid": 1, "comm": "sh"}}
    (fake.root / "c1.procfs").write_text(f"PROCFS DUMP\n\n{json.dumps(process)}")
    one = SandboxProcess(1, fake.root, "c1", (Hint(fake.path, "here"),))
    other = SandboxProcess(2, fake.root, "c2", (Hint("/nonexistent/runsc", "there"),))
    monkeypatch.setattr(running, "sandbox_processes", lambda: [one, other])
    asker = ProcessAsker((fake.path,))
    names = ("c1", "c2", "c3")
    listed, refused, away = asker.ask([DropsQuestion(1, each, "") for each in names])
    assert isinstance(listed, Listed)
    assert [entry.name for entry in listed.dump.entries] == ["sh"]
    assert isinstance(refused, GvtuiError)
    assert away is None
    asker.stop()
    (stopped,) = asker.ask([DropsQuestion(1, "c1", "")])
    assert isinstance(stopped, GvtuiError)
