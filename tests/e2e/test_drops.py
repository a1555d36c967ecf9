"""Points that a real sandbox drops and that no message of its tells of."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from gvtui.agent.runsc import Runsc
from gvtui.points.document import pod_init_document, save_document
from gvtui.points.session import REMOTE, Point, Session, Sink
from gvtui.trace.reader import Trace
from tests.e2e.containers import (
    Container,
    RunscBinary,
    running_container,
    wait_until,
)
from tests.e2e.recorded import recording
from tests.e2e.test_terminal import Terminal
from tests.processes import monitor_of

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

BURST = ("dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=400")


def lossy(*endpoints: Path) -> Session:
    """Reads and writes, sent without a second try."""
    sides = [f"syscall/{name}/{side}" for name in ("read", "write") for side in ("enter", "exit")]
    return Session(
        tuple(Point(name, (), ("time", "thread_id", "group_id", "container_id")) for name in sides),
        tuple(Sink(REMOTE, {"endpoint": str(each), "retries": 0}) for each in endpoints),
    )


def dropped_by(binary: RunscBinary, root: Path, sandbox: str) -> int:
    (session,) = Runsc(binary.path).list_sessions(root, sandbox)
    return sum(sink.dropped for sink in session.sinks)


def burst_while_stopped(binary: RunscBinary, container: Container, receiving: int) -> int:
    """Have a burst dropped; gives how many points `runsc trace list` says were. Sandboxes of 2022
    wait for a monitor that is stopped, so they drop nothing, and it is not stopped."""
    waits = binary.date < 20230101
    if not waits:
        os.kill(receiving, signal.SIGSTOP)
    try:
        container.runsc("exec", container.id, *BURST)
    finally:
        os.kill(receiving, signal.SIGCONT)
    dropped = dropped_by(binary, container.root, container.id)
    assert dropped == 0 if waits else dropped > 100
    return dropped


def told(path: Path) -> tuple[int, bool]:
    """The drops that a recording tells of, and whether it knows that these are all."""
    trace = Trace.open(path)
    try:
        connections = trace.connections.values()
        known = [each.asked_row > each.last_message for each in connections]
        return trace.connections.dropped, known == [True]
    finally:
        trace.close()


def test_drops_that_no_message_tells_of_are_asked_for(binary: RunscBinary, tmp_path: Path) -> None:
    if binary.date < 20230101:
        pytest.skip("sandboxes of this release wait for a monitor that is stopped")
    with recording(tmp_path, "--no-enlarge") as one:
        config = tmp_path / "session.json"
        save_document(config, pod_init_document(lossy(one.socket)))
        with running_container(binary, tmp_path, ["/bin/sleep", "1000"]) as container:
            container.runsc("trace", "create", f"--config={config}", container.id)
            receiving = monitor_of(one.process.pid)
            os.kill(receiving, signal.SIGSTOP)
            try:
                container.runsc("exec", container.id, *BURST)
            finally:
                os.kill(receiving, signal.SIGCONT)
            dropped = dropped_by(binary, container.root, container.id)
            assert dropped > 100
            assert wait_until(lambda: told(one.path) == (dropped, True)), (
                told(one.path),
                dropped,
                one.said,
            )
            # What comes behind counts on from there, and at the end it is asked for again.
            container.runsc("exec", container.id, "dd", "if=/dev/zero", "of=/dev/null", "count=3")
            trace = one.end()
    (sandbox,) = trace.connections.sandboxes()
    assert sandbox.dropped == dropped
    assert not trace.connections.may_lack_drops(0)
    assert f"{dropped:,} dropped" in one.said
    assert "at least" not in one.said
    trace.close()


def test_the_viewer_asks_a_connection_that_is_quiet(
    binary: RunscBinary, tmux: None, tmp_path: Path
) -> None:
    socket, out, config = tmp_path / "s", tmp_path / "a.gvtrace", tmp_path / "session.json"
    options = f"--listen {socket} --record {out} --no-enlarge"
    terminal = Terminal(f"{sys.executable} -m gvtui {options}")
    try:
        assert wait_until(lambda: socket.exists() and out.exists())
        save_document(config, pod_init_document(lossy(socket)))
        with running_container(binary, tmp_path, ["/bin/sleep", "1000"]) as container:
            container.runsc("trace", "create", f"--config={config}", container.id)
            receiving = monitor_of(terminal.program)
            dropped = burst_while_stopped(binary, container, receiving)
            assert wait_until(lambda: told(out) == (dropped, True)), (told(out), dropped)
            assert dropped_by(binary, container.root, container.id) == dropped
    finally:
        terminal.close()


def test_with_two_sinks_drops_are_exact_or_at_least(binary: RunscBinary, tmp_path: Path) -> None:
    if binary.date < 20230101:
        pytest.skip("sandboxes of this release wait for a monitor that is stopped")
    config, other = tmp_path / "session.json", tmp_path / "other"
    other.mkdir()
    with recording(tmp_path, "--no-enlarge") as one, recording(other) as beside:
        save_document(config, pod_init_document(lossy(one.socket, beside.socket)))
        with running_container(binary, tmp_path, ["/bin/sleep", "1000"]) as container:
            container.runsc("trace", "create", f"--config={config}", container.id)
            burst_while_stopped(binary, container, monitor_of(one.process.pid))
            (session,) = Runsc(binary.path).list_sessions(container.root, container.id)
            ours, theirs = (sink.dropped for sink in session.sinks)
            assert ours > 100
            # Nothing tells whose sink that is, so no number is said to be all.
            trace = one.end()
            known = trace.connections
            assert known.dropped in (0, min(ours, theirs))
            assert known.may_lack_drops(0) == (ours != theirs)
            assert ("at least" in one.said) == (ours != theirs)
            trace.close()


def test_with_two_sinks_a_message_settles_whose_drops_they_are(
    binary: RunscBinary, tmp_path: Path
) -> None:
    if binary.date < 20230101:
        pytest.skip("sandboxes of this release wait for a monitor that is stopped")
    config = tmp_path / "session.json"
    with recording(tmp_path, "--no-enlarge") as one:
        save_document(config, pod_init_document(lossy(one.socket, one.socket)))
        with running_container(binary, tmp_path, ["/bin/sleep", "1000"]) as container:
            container.runsc("trace", "create", f"--config={config}", container.id)
            burst_while_stopped(binary, container, monitor_of(one.process.pid))
            container.runsc("exec", container.id, "dd", "if=/dev/zero", "of=/dev/null", "count=3")
            (session,) = Runsc(binary.path).list_sessions(container.root, container.id)
            trace = one.end()
    dropped = sorted(sink.dropped for sink in session.sinks)
    connections = trace.connections.values()
    assert sorted(each.dropped for each in connections) == dropped
    assert trace.connections.dropped == sum(dropped)
    trace.close()
