"""Sandboxes and runsc killed while one session takes the place of another, and what is then said."""

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
from gvtui.agent.scratch import scratch_folder
from gvtui.points.edit import switch_on
from gvtui.points.session import Session
from gvtui.points.tuning import remote_sink
from tests.e2e.containers import (
    WAIT_SECONDS,
    Container,
    Listener,
    RunscBinary,
    start_container,
    wait_until,
)

pytestmark = pytest.mark.e2e

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
    with traced(binary, listener) as one:
        outcome = one.change(lambda _: when_deleted(listener, one.listed.pid))
        assert wait_until(lambda: all(each.closed for each in listener.connections))
        # The new session had its connection before the former one was deleted.
        assert len(listener.connections) == 2
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
