from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gvtui.agent.naming.notes import (
    FIRST_SECONDS,
    MOST_SECONDS,
    NameNotes,
    NameQuestion,
    question_of,
    specs_for,
)
from gvtui.agent.naming.spec import Spec
from gvtui.trace.connections import Connections
from gvtui.trace.names import Names, NamesMark
from tests.agent.naming.test_spec import CONFIG, write_state


def peer(*command: str, trusted: bool = True, uid: int = 0) -> dict[str, Any]:
    return {"command": list(command), "is_trusted": trusted, "peer_uid": uid}


def test_only_trusted_commands_that_name_a_sandbox_are_asked_about() -> None:
    create = ("runsc", "--root=/r", "create", "--bundle=/b", "web")
    assert question_of(3, peer(*create)) == NameQuestion(3, "web", (Path("/r"),), "/b")
    assert question_of(3, peer(*create, trusted=False)) is None
    assert question_of(3, {"command": list(create)}) is None
    assert question_of(3, peer("runsc", "do", "true")) is None
    assert question_of(3, peer("runsc", "run", "../x")) is None
    run = question_of(3, peer("runsc", "run", "web", uid=7))
    assert run is not None
    assert run.roots == (Path("/run/user/7/runsc"),)


def test_containers_come_from_the_state_and_before_it_from_the_bundle(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    question = NameQuestion(1, "pod", (tmp_path / "none", tmp_path), str(tmp_path))
    assert [each.id for each in specs_for(question)] == ["pod"]
    assert specs_for(question)[0].annotations == {"a": "b"}
    for container in ("pod", "web"):
        write_state(tmp_path, container, "pod")
    write_state(tmp_path, "other", "other")
    assert [each.id for each in specs_for(question)] == ["pod", "web"]


class World:
    """Names of one sandbox's containers, and what was noted of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.names: dict[str, Names] = {}
        self.asked = 0
        self.noted: list[tuple[int, str, str]] = []
        self.notes = NameNotes(self.note, self.name)
        self.connections = Connections()

    def name(self, specs: Sequence[Spec]) -> list[Names]:
        self.asked += 1
        return [self.names.get(each.id, Names()) for each in specs]

    def note(self, mark: NamesMark, conn: int) -> bool:
        self.noted.append((conn, mark.container_id, mark.names.name))
        return True

    def open(self, conn: int, sandbox: str) -> dict[str, Any]:
        details = peer("runsc", f"--root={self.root}", "run", sandbox)
        details["container_id"] = sandbox
        connection = self.connections.of(conn)
        assert connection is not None
        self.connections.opens(connection, 0, 5, details)
        return {"kind": "opened", "conn": conn, **details}

    def look(self, now: float) -> None:
        self.notes.look(self.connections, now)
        self.notes.finish(20)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_name_is_noted_once_and_again_when_it_changes(world: World) -> None:
    write_state(world.root, "web", "web")
    world.names["web"] = Names("docker", "web-frontend")
    world.notes.opened(world.open(3, "web"))
    world.notes.finish(20)
    assert world.noted == [(3, "web", "web-frontend")]
    world.look(0.0)
    world.look(100.0)
    assert world.noted == [(3, "web", "web-frontend")]
    world.names["web"] = Names("docker", "renamed")
    world.look(300.0)
    assert world.noted[1:] == [(3, "web", "renamed")]


def test_a_connection_is_looked_at_less_and_less(world: World) -> None:
    world.open(3, "web")
    now = 0
    for _ in range(20):
        now += int(MOST_SECONDS)
        world.look(now)
    assert world.asked == 20
    world.look(now + 1)
    assert world.asked == 20
    # It speaks for one more container: a pod's has started.
    write_state(world.root, "sidecar", "web")
    world.names["sidecar"] = Names("containerd", "sidecar")
    world.connections.speak(3, "sidecar", 9, "message", 0)
    world.look(now + 2)
    world.look(now + 2 + FIRST_SECONDS)
    assert world.noted == [(3, "sidecar", "sidecar")]


def test_a_container_of_another_sandbox_gets_no_name(world: World) -> None:
    write_state(world.root, "web", "web")
    write_state(world.root, "other", "other")
    world.names["other"] = Names("docker", "not-yours")
    world.open(3, "web")
    world.connections.speak(3, "other", 9, "message", 0)
    for now in range(20):
        world.look(float(now))
    assert world.noted == []
