from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.monitor.attached import AttachedMonitor
from gvtui.monitor.places import traces_in
from gvtui.trace.reader import Trace
from gvtui.wire.handshake import build_handshake, parse_handshake
from tests.commands.helpers import TIMEOUT, Running
from tests.monitor.sandbox import FakeSandbox, comes, wait_until
from tests.trace.factory import recorded_datagrams


def received(monitor: AttachedMonitor) -> int | None:
    """How much has come, as far as the monitor has said."""
    monitor.read_events()
    return monitor.account.received


def test_viewers_come_and_go_and_cost_no_message(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One monitor, looked at, asked, told to end by a viewer, and started again."""
    place = tmp_path / "t"
    datagrams = recorded_datagrams("shell-2024")[:200]
    with Running(tmp_path, "monitor", "--trace", str(place), "--no-realtime") as command:
        sandbox = FakeSandbox(command.socket)
        sandbox.send(*datagrams[:100])
        first = AttachedMonitor.find(command.socket)
        second = AttachedMonitor.find(command.socket)
        assert first is not None
        assert second is not None
        trace = Trace.open(second.trace_path)
        first.stop()
        sandbox.send(*datagrams[100:])
        assert comes(trace, lambda: trace.connections.messages == len(datagrams))
        assert wait_until(lambda: received(second) == 200)
        assert run(["status", str(place), "--json"]) == 0
        told = json.loads(capfd.readouterr().out)
        assert (told["messages"]["received"], told["viewers"]) == (200, 1)
        assert told["trace"]["path"] == str(second.trace_path)
        code = run(["status", str(command.socket)])
        said = capfd.readouterr()
        assert code == 0, said
        assert "200 received" in said.out
        # A second monitor keeps off.
        assert run(["monitor", "--trace", str(place), "--listen", str(tmp_path / "s2")]) == 1
        assert "another monitor writes to" in capfd.readouterr().err
        second.end()
        second.stop()
        assert command.process.wait(TIMEOUT) == 0
        sandbox.close()
        trace.close()
    assert "is complete: 200 messages of 1 connection" in command.err
    assert run(["status", str(place)]) == 1
    with Running(tmp_path, "monitor", "--trace", str(place), "--no-realtime") as command:
        # An empty trace goes at the end, and the other stays.
        assert len(traces_in(place)) == 2
        assert command.end(signal.SIGTERM) == 0
    [whole] = traces_in(place)
    trace = Trace.open(whole)
    assert [trace.payload(row) for row in range(1, trace.end_row - 1)] == datagrams
    trace.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["stderr", "stdout", "t"]


def test_a_recording_survives_its_monitor(tmp_path: Path) -> None:
    """Killed, monitor and keeper: the recording opens, and has what had come."""
    record = tmp_path / "x.gvtrace"
    datagrams = recorded_datagrams("shell-2024")[:100]
    with Running(tmp_path, "monitor", "--trace", str(record), "--no-realtime") as command:
        monitor = AttachedMonitor.find(command.socket)
        assert monitor is not None
        assert monitor.hello.recording
        sandbox = FakeSandbox(command.socket)
        sandbox.send(*datagrams)
        trace = Trace.open(record)
        assert comes(trace, lambda: trace.connections.messages == len(datagrams))
        os.kill(monitor.pid, signal.SIGKILL)
        assert command.process.wait(TIMEOUT) == 1
        assert "the monitor has ended: it was killed by SIGKILL" in command.err
        assert wait_until(lambda: any(each["kind"] == "died" for each in monitor.read_events()))
        for each in (monitor.stop, sandbox.close, trace.close):
            each()
    trace = Trace.open(record)
    assert [trace.payload(row) for row in range(1, trace.end_row)] == datagrams
    trace.close()


HANDED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.executable, [sys.executable, "-m", "gvtui", *sys.argv[2:]])
"""
"""Starts gvtui as systemd does, with a socket that listens already."""


def test_a_socket_of_systemd_outlives_its_monitors(tmp_path: Path) -> None:
    """Who connects while the monitor starts anew waits for the next one."""
    path = tmp_path / "s"
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.settimeout(TIMEOUT)
    manager.bind(str(tmp_path / "n"))
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(str(path))
    listening.listen()
    words = ["monitor", "--trace", str(tmp_path / "t"), "--no-realtime"]
    start = [sys.executable, "-c", HANDED, str(listening.fileno()), *words]
    with manager, listening:
        for _ in range(2):
            sandbox = FakeSandbox(path, greet=False)
            sandbox.send(build_handshake())
            command = subprocess.Popen(
                start,
                pass_fds=[listening.fileno()],
                env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "n")},
                stderr=subprocess.DEVNULL,
            )
            assert manager.recv(1000).startswith(b"READY=1\n")
            assert parse_handshake(sandbox.socket.recv(1024)) == 1
            sandbox.send(recorded_datagrams("shell-2024")[0])
            command.terminate()
            while (said := manager.recv(1000)) != b"STOPPING=1":
                # The listening socket is systemd's own, and is not kept.
                assert b"gvtui-connection" in said
            assert command.wait(TIMEOUT) == 0
            sandbox.close()
            assert path.exists()
    for each in traces_in(tmp_path / "t"):
        trace = Trace.open(each)
        assert trace.connections.messages == 1
        trace.close()
    assert len(traces_in(tmp_path / "t")) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x.gvtrace", "--keep", "20MiB"], "--keep goes with a folder"),
        (["x.gvtrace", "--compress", "zstd"], "--compress goes with a folder"),
        (["f"], "give a folder"),
        (["t", "--metrics", "nowhere"], "is no HOST:PORT"),
    ],
)
def test_wrong_usage(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f").write_text("")
    assert run(["monitor", "--listen", "s", "--trace", *words]) == 2
    assert said in capfd.readouterr().err
