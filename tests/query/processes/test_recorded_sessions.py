"""Recordings with exec sessions of a newest gVisor: what came from outside, and what it started."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gvtui.decode.outcome import ExecOutcome
from gvtui.trace.reader import Trace
from gvtui.wire.ports import right_ports
from tests.query.processes.box import only, processes_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.query.processes.process import Process
    from gvtui.query.processes.tree import ProcessTree

RECORDINGS = Path(__file__).parents[2] / "data" / "processes"


@pytest.fixture
def trace(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trace]:
    trace = Trace.open(Path(shutil.copy(RECORDINGS / f"{request.param}.gvtrace", tmp_path)))
    yield trace
    trace.close()


def of_sessions(tree: ProcessTree) -> dict[int, int]:
    """The first process of the exec session of each process in one."""
    found = {}
    for process in tree:
        session = tree.session_of(process)
        if session is not None:
            found[process.pid] = session.pid
    return found


def programs(process: Process) -> list[tuple[str, list[str], ExecOutcome]]:
    return [(each.path, each.args, each.outcome) for each in process.execs]


@pytest.mark.parametrize("trace", ["exec-session"], indirect=True)
def test_an_exec_session_and_what_it_starts(trace: Trace) -> None:
    tree = processes_of(trace).tree
    assert len(tree) == 24
    assert [each.pid for each in tree if tree.is_from_outside(each)] == [58]
    assert of_sessions(tree) == dict.fromkeys((58, 59, 60, 61, 62, 63), 58)
    assert {each.pid for each in tree if not each.has_ended} == {1, 75}
    assert only(tree, 58).calls == 5
    done = ExecOutcome.DONE
    assert programs(only(tree, 62)) == [("/bin/busybox", ["/bin/echo", "hello"], done)]


@pytest.mark.parametrize("trace", ["investigation"], indirect=True)
def test_two_sessions_with_a_dropped_program_one_in_memory_and_a_shell_on_a_socket(
    trace: Trace,
) -> None:
    tree = processes_of(trace).tree
    assert [each.pid for each in tree if tree.is_from_outside(each)] == [1897, 1914]
    assert set(of_sessions(tree).values()) == {1897, 1914}
    done = ExecOutcome.DONE
    assert programs(only(tree, 1900)) == [("/tmp/evil2", ["/tmp/id"], done)]
    assert programs(only(tree, 1916)) == [("/dev/fd/8", ["memexec", "a b"], done)]
    assert programs(only(tree, 1907)) == [
        ("/bin/busybox", ["nc", "-l", "-p", "4444", "-e", "/bin/sh"], done),
        ("/bin/busybox", ["/bin/sh"], done),
    ]
    assert only(tree, 1902).pipe_from == only(tree, 1901).id
    assert only(tree, 1919).pipe_from == only(tree, 1918).id


@pytest.mark.parametrize("trace", ["investigation"], indirect=True)
def test_the_ports_of_a_shell_on_a_socket_are_those_of_its_calls(trace: Trace) -> None:
    shell = trace.row(242)
    message: Any = right_ports(trace.decoded(242))
    assert (shell.pid, list(message.argv)) == (1907, ["/bin/sh"])
    socket = message.stdin.socket
    assert (socket.local.port, socket.remote.port) == (4444, 33648)
