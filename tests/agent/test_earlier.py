from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gvtui.agent.earlier import Unasked, in_containers, note_processes, processes_in
from gvtui.agent.procfs import Dump
from gvtui.errors import GvtuiError
from gvtui.trace.connection import Connection
from gvtui.trace.connections import Connections
from gvtui.trace.procfs import ProcfsEntry
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.agent.fake import FakeRunsc

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.trace.procfs import ProcessesMark


def known(folder: Path, *opened: dict[str, Any]) -> Connections:
    """The connections of a trace."""
    writer = TraceWriter(folder / "a.gvtrace")
    for number, details in enumerate(opened, 1):
        writer.opened(number, 10**18, details)
    writer.flush()
    trace = Trace.open(writer.path)
    writer.close()
    trace.close()
    return trace.connections


CREATED: dict[str, Any] = {
    "command": ["runsc", "trace", "create", "--config=f", "web"],
    "container_id": "web",
    "container_source": "command",
}
RUN: dict[str, Any] = {
    "command": ["runsc", "--pod-init-config=f", "run", "new"],
    "container_id": "new",
    "container_source": "command",
}


def test_a_session_in_a_running_container_is_given_once(tmp_path: Path) -> None:
    connections, unasked = known(tmp_path, CREATED, RUN), Unasked()
    finds: list[int] = []

    def find(connection: Connection) -> str | None:
        finds.append(connection.conn)
        return "here" if len(finds) > 1 else None

    assert list(unasked.due(connections, find)) == []
    assert list(unasked.due(connections, find)) == [(1, "here")]
    assert list(unasked.due(connections, find)) == []
    # Of the container that its session began with nobody was asked for.
    assert finds == [1, 1]


def test_what_is_settled_is_not_given(tmp_path: Path) -> None:
    connections, unasked = known(tmp_path, CREATED), Unasked()
    unasked.settle(1)
    assert list(unasked.due(connections, lambda _: 1)) == []


def test_connections_that_are_forgotten_are_not_kept(tmp_path: Path) -> None:
    connections, unasked = known(tmp_path, CREATED), Unasked()
    for conn in range(1, 100):
        unasked.settle(conn)
    list(unasked.due(connections, lambda _: 1))
    assert unasked._settled == {1}


def test_the_connections_of_containers(tmp_path: Path) -> None:
    connections = known(tmp_path, CREATED, RUN)
    connections[2].starts("inner", ["sh"])
    assert in_containers(connections, frozenset()) == []
    assert in_containers(connections, frozenset(["other"])) == []
    assert in_containers(connections, frozenset(["web"])) == [connections[1]]
    assert in_containers(connections, frozenset(["inner"])) == [connections[2]]
    connections[1].closed_ns = 5
    assert in_containers(connections, frozenset(["web"])) == []


def test_processes_come_with_their_container(tmp_path: Path) -> None:
    fake = FakeRunsc(tmp_path)
    process = {"status": {"pid": 1, "comm": "sh"}}
    (fake.root / "c1.procfs").write_text(f"PROCFS DUMP\n\n{json.dumps(process)}")
    (fake.root / "c1_sandbox:c1.state").touch()
    (entry,) = processes_in(fake.runsc, fake.root, "c1").entries
    assert (entry.name, entry.container_id) == ("sh", "c1")


def test_a_dump_is_noted_and_told() -> None:
    noted: list[tuple[ProcessesMark, int]] = []

    def note(mark: ProcessesMark, conn: int) -> bool:
        noted.append((mark, conn))
        return True

    dump = Dump((ProcfsEntry(1, 0, 5, "sh", "/bin/sh"),), is_whole=True)
    said = note_processes(note, dump, "web", 3, 77)
    assert said == "1 process runs in web: told by runsc trace procfs"
    ((mark, conn),) = noted
    assert (mark.taken_ns, mark.container_id, mark.processes, conn) == (77, "web", dump.entries, 3)


def test_a_monitor_that_cannot_write_is_told() -> None:
    dump = Dump((ProcfsEntry(1, 0, 5, "sh", "/bin/sh"),), is_whole=True)
    with pytest.raises(GvtuiError, match="did not write them"):
        note_processes(lambda *_: False, dump, "web", 3, 77, seconds=0)
