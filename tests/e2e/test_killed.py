"""Sandboxes and runsc killed, also while one session replaces another, and what is then said."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from gvtui.agent.agent import Agent
from gvtui.agent.containers import Container as Listed
from gvtui.agent.outcome import ChangeOutcome, State
from gvtui.agent.running import sandbox_processes
from gvtui.agent.scratch import scratch_folder
from gvtui.points.edit import switch_on
from gvtui.points.session import Session
from gvtui.points.tuning import remote_sink
from gvtui.trace.lives import LifeEnding
from gvtui.trace.reader import Trace
from tests.e2e.containers import (
    WAIT_SECONDS,
    Container,
    Listener,
    RunscBinary,
    start_container,
    wait_until,
)
from tests.e2e.recorded import Recording, everything, recording, start_do, write_pod_init

pytestmark = pytest.mark.e2e

MOST_TRIES = 10
OPENAT, CLOSE = "syscall/openat/enter", "syscall/close/enter"


@dataclass
class Traced:
    """A container of its own that has a session of gvtui's, and a session to put in its place."""

    container: Container
    listed: Listed
    agent: Agent
    former: Session
    wanted: Session

    def change(self, on_start: Callable[[int], None]) -> ChangeOutcome:
        """Apply the other session; `on_start` is called for the first runsc alone."""
        waiting = [on_start]

        def started(pid: int) -> None:
            if waiting:
                waiting.pop()(pid)

        return self.agent.apply(self.listed, self.wanted, on_start=started)


@contextmanager
def traced(binary: RunscBinary, listener: Listener) -> Iterator[Traced]:
    with scratch_folder("gv") as place:
        container = start_container(binary, Path(place))
        try:
            agent = Agent([binary.path], [container.root])
            [listed] = agent.inventory().containers
            catalogue = agent.catalogue(listed)
            former = Session(sinks=(remote_sink(str(listener.path)),))
            former = switch_on(former, [OPENAT], catalogue)
            assert agent.apply(listed, former).applied
            wanted = switch_on(former, catalogue.points, catalogue)
            yield Traced(container, listed, agent, former, wanted)
        finally:
            container.stop()


def descends(pid: int, ancestor: int) -> bool:
    """Whether a process is another's descendant."""
    while pid > 1 and pid != ancestor:
        with suppress(OSError, ValueError):
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            continue
        return False
    return pid == ancestor


def sandbox_of(runsc: int) -> int:
    """The pid of the sandbox that a `runsc do` has started, as soon as there is one."""
    found: list[int] = []

    def has_started() -> bool:
        found[:] = [each.pid for each in sandbox_processes() if descends(each.pid, runsc)]
        return bool(found)

    assert wait_until(has_started)
    return found[0]


@pytest.mark.parametrize("who", ["sandbox", "runsc"])
@pytest.mark.parametrize("when", ["connected", "spoke"])
def test_a_sandbox_of_runsc_do_that_is_killed_at_once_is_told_as_cut_off(
    binary: RunscBinary, tmp_path: Path, who: str, when: str
) -> None:
    with recording(tmp_path) as one:
        pod_init = write_pod_init(tmp_path / "init.json", everything(one.socket))
        process = start_do(binary, tmp_path, pod_init, "/bin/sleep", "1000")
        try:
            sandbox = sandbox_of(process.pid)
            if when == "spoke":
                assert wait_until(lambda: told_of(one)[0] > 0), one.said
            os.kill(sandbox if who == "sandbox" else process.pid, signal.SIGKILL)
            process.wait(WAIT_SECONDS)
        finally:
            process.kill()
            process.wait(WAIT_SECONDS)
        assert wait_until(lambda: told_of(one)[1] is LifeEnding.CUT_OFF), one.said
        one.end().close()


def told_of(one: Recording) -> tuple[int, LifeEnding | None]:
    """How many messages the only connection has sent, and how its sandbox has ended."""
    trace = Trace.open(one.path)
    try:
        life = trace.connections.lives.of(1)
        return trace.connections.messages, life.ending if life is not None else None
    finally:
        trace.close()


def when_deleted(listener: Listener, pid: int) -> None:
    """Kill a process in the moment in which the sandbox deletes the former session."""

    def kill() -> None:
        listener.connections[0].ended.wait(WAIT_SECONDS)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()


def test_a_sandbox_killed_before_its_session_is_replaced(
    binary: RunscBinary, listener: Listener
) -> None:
    with traced(binary, listener) as one:

        def kill(_: int) -> None:
            one.container.runsc("kill", one.container.id, "KILL", check=False)
            wait_until(lambda: listener.connections[0].closed)
            listener.answering.set()

        listener.answering.clear()
        outcome = one.change(kill)
    assert outcome.state is State.LOST
    assert outcome.kept == "nothing is traced: the sandbox has ended"
    assert outcome.error


def test_a_sandbox_killed_between_delete_and_create(
    binary: RunscBinary, listener: Listener
) -> None:
    for _ in range(MOST_TRIES):
        listener.connections.clear()
        with traced(binary, listener) as one:
            outcome = one.change(lambda _: when_deleted(listener, one.listed.pid))
            assert wait_until(lambda: all(each.closed for each in listener.connections))
            # The new session had its connection before the former one was deleted.
            assert len(listener.connections) == 2
        if outcome.state is not State.APPLIED:
            break
        # It was too quick to be killed in between.
    assert outcome.state is State.LOST, outcome.sentence
    assert outcome.kept == "nothing is traced: the sandbox has ended"
    assert outcome.error
    assert one.agent.registry.all() == []


def test_runsc_killed_between_delete_and_create(binary: RunscBinary, listener: Listener) -> None:
    with traced(binary, listener) as one:
        outcome = one.change(lambda pid: when_deleted(listener, pid))
        # It may have been too quick to be killed; what is said must be what runs, either way.
        assert outcome.state in (State.RESTORED, State.APPLIED), outcome.sentence
        assert outcome.session == (one.former if outcome.error else one.wanted)
        running = listener.connections[-1]
        assert running.pid == outcome.runsc_pid
        assert wait_until(lambda: sum(running.points().values()) > 50)
        assert not running.closed
        assert (CLOSE in running.points()) == (outcome.state is State.APPLIED)
