from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from gvtui.agent import running
from gvtui.agent.endings import EndingNotes, Found, Wanted, find_sandboxes
from gvtui.agent.running import SandboxProcess, process_start
from gvtui.trace.connections import CLOSED_BY_SANDBOX, MONITOR_STOPPED, Connections
from gvtui.trace.marks import GoneMark

COMMAND = ["runsc", "--root=/r", "create", "web"]


class World:
    """Sandboxes of this machine, and what was noted of them."""

    def __init__(self) -> None:
        self.connections = Connections()
        self.running: dict[str, Found] = {}
        self.starts: dict[int, int] = {}
        self.asked: list[Wanted] = []
        self.noted: list[tuple[int, int]] = []
        self.marks: list[GoneMark] = []
        self.notes = EndingNotes(self.note, self.find, lambda pid: self.starts.get(pid, 0))

    def find(self, wanted: Sequence[Wanted]) -> list[Found | None]:
        self.asked += wanted
        return [self.running.get(each.container) for each in wanted]

    def note(self, mark: GoneMark, conn: int) -> bool:
        self.noted.append((conn, mark.pid))
        self.marks.append(mark)
        return True

    def open(self, conn: int) -> None:
        connection = self.connections.of(conn)
        assert connection is not None
        details = {"peer_pid": conn, "command": COMMAND, "container_id": "web"}
        self.connections.opens(connection, conn, 5, details)

    def close(self, conn: int, why: str = CLOSED_BY_SANDBOX) -> None:
        self.connections.closes(self.connections[conn], 50 + conn, 9, why)

    def look(self, now: float) -> None:
        self.notes.look(self.connections, now)
        with self.notes._news:
            assert self.notes._news.wait_for(
                lambda: not (self.notes._is_busy or self.notes._lost or self.notes._to_find), 20
            )


@pytest.fixture
def world() -> World:
    world = World()
    world.running["web"], world.starts[77] = Found(77, 1000), 1000
    world.open(1)
    world.look(0)
    return world


def test_a_sandbox_that_was_seen_and_has_gone_is_noted_once(world: World) -> None:
    assert world.asked == [Wanted("web", "/r")]
    world.look(1)
    assert len(world.asked) == 1
    world.close(1)
    del world.starts[77]
    for now in (2, 3, 60):
        world.look(now)
    assert world.noted == [(1, 77)]


def test_one_that_is_killed_before_the_trace_is_looked_at_is_noted() -> None:
    world = World()
    world.running["web"], world.starts[77] = Found(77, 1000), 1000
    world.notes.opened({"conn": 1, "command": COMMAND, "container_id": "web"})
    with world.notes._news:
        assert world.notes._news.wait_for(lambda: world.notes._early == {1: Found(77, 1000)}, 20)
    # It has gone by the time that the trace tells of its connection.
    world.running.clear()
    world.starts.clear()
    world.open(1)
    world.close(1)
    world.look(0)
    assert world.noted == [(1, 77)]
    assert world.notes._early == {}


ATTACHED = {"conn": 1, "peer_pid": 5, "peer_start": 50, "is_trusted": True}


def opened_by(world: World, command: str, **more: object) -> None:
    """Connection 1 opens and closes; all that the monitor tells of its peer."""
    event = {**ATTACHED, "command": command.split(), **more}
    world.notes.opened(event)
    connection = world.connections.of(1)
    assert connection is not None
    world.connections.opens(connection, 1, 5, {**event, "conn": None})
    world.close(1)


def test_an_attached_runsc_ends_with_its_sandbox_and_need_not_be_found() -> None:
    world = World()
    world.starts[5] = 50
    opened_by(world, "runsc --root=/r do true")
    world.look(0)
    assert world.noted == []
    # Only now has it ended; no message has told the sandbox's name.
    del world.starts[5]
    world.look(60)
    world.look(90)
    assert world.noted == [(1, 5)]
    assert world.marks == [GoneMark(5, is_runsc=True)]
    assert world.marks[0].text.startswith("runsc, the sandbox's parent, process 5 has gone")


@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("runsc run -detach web", {}),
        ("runsc run -detach=true web", {}),
        ("runsc create web", {}),
        ("runsc do true", {"is_trusted": False}),
        ("runsc do true", {"peer_start": 0}),
    ],
)
def test_a_runsc_that_may_end_before_its_sandbox_tells_nothing(
    command: str, more: dict[str, object]
) -> None:
    world = World()
    opened_by(world, command, **more)
    world.look(0)
    world.look(60)
    assert world.noted == []


def test_a_sandbox_that_is_still_to_be_started_is_looked_for_again() -> None:
    world = World()
    world.notes.opened({"conn": 1, "command": COMMAND, "container_id": "web"})
    with world.notes._news:
        assert world.notes._news.wait_for(lambda: len(world.asked) == 2, 20)
    world.running["web"] = Found(77, 1000)
    with world.notes._news:
        assert world.notes._news.wait_for(lambda: bool(world.notes._early), 20)
        assert world.notes._new == {}


def test_one_that_is_not_found_is_not_looked_for_for_ever() -> None:
    world = World()
    world.notes.opened({"conn": 1, "command": COMMAND, "container_id": "web"})
    world.notes.opened({"conn": 2, "command": ["python"]})
    with world.notes._news:
        assert world.notes._news.wait_for(lambda: world.notes._new == {}, 20)
    assert 2 <= len(world.asked) < 10
    assert world.notes._early == {}


def test_one_that_runs_on_without_a_session_is_looked_at_less_and_less(world: World) -> None:
    world.close(1)
    for now in range(100):
        world.look(now)
    assert world.noted == []
    # Its pid is another process's now.
    world.starts[77] = 2000
    world.look(200)
    assert world.noted == [(1, 77)]


def test_one_whose_first_process_told_its_exit_is_not_judged(world: World) -> None:
    world.connections.lives.exits(1, 0)
    world.close(1)
    del world.starts[77]
    world.look(9)
    assert world.noted == []


def test_nor_is_one_that_was_never_found_or_whose_monitor_stopped(world: World) -> None:
    world.close(1, MONITOR_STOPPED)
    del world.starts[77]
    world.running.clear()
    world.open(2)
    world.look(5)
    world.close(2)
    world.look(9)
    assert world.noted == []


def test_at_the_end_all_are_looked_at(world: World) -> None:
    world.close(1)
    world.look(time.monotonic() + 1000)
    del world.starts[77]
    world.notes.finish(world.connections)
    assert world.noted == [(1, 77)]


def test_the_process_of_a_sandbox_is_that_of_its_id_and_root(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pid = os.getpid()
    known = [SandboxProcess(pid, tmp_path, "web"), SandboxProcess(pid, tmp_path / "b", "web")]
    monkeypatch.setattr(running, "sandbox_processes", lambda: known)
    found = Found(pid, process_start(pid))
    wanted = [Wanted("web", str(tmp_path)), Wanted("web", ""), Wanted("other", str(tmp_path))]
    assert find_sandboxes(wanted) == [found, None, None]


def test_a_process_that_only_waits_for_its_parent_runs_no_more() -> None:
    with subprocess.Popen(["/bin/true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert process_start(child.pid) == 0
    assert process_start(os.getpid()) > 0
    assert process_start(1 << 30) == 0
