"""Viewers that attach, leave, are stopped and killed while sandboxes send: no message is missing."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gvtui.monitor.attached import AttachedMonitor
from gvtui.monitor.places import trace_at
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from tests.e2e.containers import WAIT_SECONDS, RunscBinary, binaries_as_params, need, wait_until
from tests.e2e.recorded import everything, start_do, write_pod_init
from tests.e2e.test_terminal import GVTUI, Terminal
from tests.monitor.sandbox import FakeSandbox
from tests.trace.factory import recorded_datagrams

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

ROUNDS = 30
"""How many viewers come and go besides those on a terminal."""
WORK = "dd if=/dev/zero of=/dev/null bs=1 count=1000"


class Flood:
    """A sandbox that sends as fast as it is read, until `end`."""

    def __init__(self, socket: Path) -> None:
        self.sent = 0
        self.datagrams = recorded_datagrams("shell-2024")
        self._sandbox = FakeSandbox(socket)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self) -> None:
        # Where the monitor is killed nobody reads any more.
        with contextlib.suppress(OSError):
            for datagram in itertools.cycle(self.datagrams):
                if self._ends.is_set():
                    return
                self._sandbox.send(datagram)
                self.sent += 1

    @property
    def goes_on(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        self._ends.set()
        self._thread.join(WAIT_SECONDS)
        self._sandbox.close()


@contextmanager
def monitoring(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`gvtui monitor`, from when it listens; what it says goes to a file."""
    said = folder / "said"
    words = ["monitor", "--listen", str(folder / "s"), "--trace", str(folder / "t")]
    with said.open("wb") as err:
        process = subprocess.Popen([sys.executable, "-m", "gvtui", *words], stderr=err)
    try:
        assert wait_until(lambda: "listening on" in said.read_text()), said.read_text()
        yield process
    finally:
        process.kill()
        process.wait()


def come_and_go(socket: Path) -> None:
    """Attach again and again; some never read what they are told."""
    for number in range(ROUNDS):
        monitor = AttachedMonitor.find(socket)
        assert monitor is not None
        if number % 2:
            monitor.read_events()
        monitor.stop()


def messages_of(trace: Trace, conn: int) -> Iterator[bytes]:
    for row_id in range(trace.end_row):
        row = trace.row(row_id)
        if row.conn == conn and row.kind == Kind.MESSAGE:
            yield trace.payload(row_id)


@pytest.fixture(params=binaries_as_params()[-1:])
def last_binary(request: pytest.FixtureRequest) -> RunscBinary:
    """One runsc: what is tested here does not depend on its release."""
    return need(request.param)


def test_viewers_cost_no_message(last_binary: RunscBinary, tmux: None, tmp_path: Path) -> None:
    socket = tmp_path / "s"
    pod_init = write_pod_init(tmp_path / "init.json", everything(socket))
    home = f"XDG_CACHE_HOME={tmp_path}/cache XDG_STATE_HOME={tmp_path}/state"
    with monitoring(tmp_path) as process:
        flood = Flood(socket)
        work = start_do(last_binary, tmp_path, pod_init, "/bin/sh", "-c", WORK)
        terminals = [
            Terminal(f"{home} {GVTUI} attach {tmp_path / 't'}"),
            Terminal(f"{home} {GVTUI} --listen {socket}", 80, 24),
        ]
        try:
            for each in terminals:
                each.wait_for(r"[\d.,]+[kM]? rows?")
            come_and_go(socket)
            stopped, leaving = terminals
            os.kill(stopped.program, signal.SIGSTOP)
            come_and_go(socket)
            os.kill(stopped.program, signal.SIGKILL)
            leaving.keys("q")
            leaving.wait_for(r"goes on, and writes[\s\S]*ended 0")
            assert work.wait(WAIT_SECONDS) == 0, (tmp_path / "do.out").read_text()
        finally:
            for each in terminals:
                each.close()
        assert flood.goes_on
        assert process.poll() is None
        flood.end()
        process.terminate()
        assert process.wait(WAIT_SECONDS) == 0, (tmp_path / "said").read_text()
    trace = Trace.open(trace_at(tmp_path / "t"))
    try:
        fake = list(messages_of(trace, 1))
        assert len(fake) == flood.sent
        assert all(map(bytes.__eq__, fake, itertools.cycle(flood.datagrams)))
        real = trace.connections[2]
        assert real.messages > 2000
        assert (real.dropped, trace.lost.losses.messages) == (0, 0)
    finally:
        trace.close()


def test_a_killed_monitor_leaves_an_exact_prefix(tmp_path: Path) -> None:
    with monitoring(tmp_path) as process:
        flood = Flood(tmp_path / "s")
        assert wait_until(lambda: flood.sent > 5000)
        monitor = AttachedMonitor.find(tmp_path / "s")
        assert monitor is not None
        receiver = os.pidfd_open(monitor.pid)
        monitor.stop()
        signal.pidfd_send_signal(receiver, signal.SIGKILL)
        os.close(receiver)
        assert process.wait(WAIT_SECONDS) == 1
        flood.end()
    trace = Trace.open(trace_at(tmp_path / "t"))
    try:
        found = list(messages_of(trace, 1))
        assert 0 < len(found) <= flood.sent + 1
        assert all(map(bytes.__eq__, found, itertools.cycle(flood.datagrams)))
    finally:
        trace.close()
