"""The monitor's process as a program: what it says on its channel, and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest

from gvtui.monitor import __main__ as program
from gvtui.monitor.options import MonitorOptions
from gvtui.trace import files
from gvtui.trace.bytesource import opened_source
from gvtui.trace.reader import Trace
from tests.monitor.sandbox import FakeSandbox, wait_until
from tests.processes import children_of
from tests.trace.factory import read_message

WAIT_SECONDS = 120
NOBODY = 65534


class Started:
    """A monitor's process with our end of its channel."""

    def __init__(self, options: MonitorOptions, trace: Path) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.channel.settimeout(WAIT_SECONDS)
        with theirs:
            command = [sys.executable, "-m", "gvtui.monitor", str(theirs.fileno())]
            self.process = subprocess.Popen(
                [*command, json.dumps(options.pack()), str(trace)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )

    def event(self, kind: str) -> dict[str, Any]:
        """The next event of a kind; events of the end do not come before it."""
        while True:
            data = self.channel.recv(1 << 20)
            assert data, f"it ended without {kind}"
            event: dict[str, Any] = msgpack.unpackb(data)
            if event["kind"] == kind:
                return event
            assert event["kind"] not in ("failed", "stopped")

    def say(self, kind: str) -> None:
        self.channel.send(msgpack.packb({"kind": kind}))

    def end(self) -> tuple[int, str]:
        """Its exit code, and what it said on standard error."""
        _, said = self.process.communicate(timeout=WAIT_SECONDS)
        return self.process.returncode, said


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    started: list[Started] = []

    def make(trace: Path, **options: Any) -> Started:
        given: dict[str, Any] = {"listen": tmp_path / "s.sock", "realtime": False}
        started.append(Started(MonitorOptions(**(given | options)), trace))
        return started[-1]

    yield make
    for each in started:
        each.channel.close()
        each.process.kill()
        each.process.communicate()


def test_it_records_until_it_is_told_to_stop(start: Any, tmp_path: Path) -> None:
    out = tmp_path / "x.gvtrace"
    monitor = start(out, record=out)
    assert not monitor.event("listening")["realtime"]
    sandbox = FakeSandbox(tmp_path / "s.sock")
    sandbox.send(read_message(fd=7))
    monitor.event("opened")
    monitor.say("stop")
    assert monitor.event("stopped")["lost"] == 0
    assert monitor.end() == (0, "")
    sandbox.close()
    assert not (tmp_path / "s.sock").exists()
    trace = Trace.open(out)
    assert trace.row(1).fd == 7
    trace.close()


def test_a_flight_recorder_stays_and_what_goes_elsewhere_ends_with_its_reader(
    start: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "flight"
    folder.mkdir()
    monitor = start(folder)
    monitor.event("listening")
    monitor.say("stop")
    monitor.event("stopped")
    assert monitor.end() == (0, "")
    assert list(folder.iterdir())
    # A viewer that was killed: what it has seen stays.
    monitor = start(tmp_path / "other")
    monitor.event("listening")
    monitor.channel.close()
    assert monitor.end() == (0, "")
    assert list((tmp_path / "other").iterdir())
    monitor = start(tmp_path / "spool", is_spool=True)
    monitor.event("listening")
    monitor.channel.close()
    assert monitor.end() == (0, "")
    assert not (tmp_path / "spool").exists()


def test_where_the_socket_is_refused_no_file_is_made(start: Any, tmp_path: Path) -> None:
    out = tmp_path / "x.gvtrace"
    monitor = start(out, record=out, listen=tmp_path / "no" / "s.sock")
    assert str(tmp_path / "no") in monitor.event("failed")["text"]
    assert monitor.end() == (1, "")
    assert not out.exists()


def test_where_the_recording_is_refused_no_socket_stays(start: Any, tmp_path: Path) -> None:
    out = tmp_path / "x.gvtrace"
    out.write_text("precious")
    monitor = start(out, record=out)
    assert "exists already" in monitor.event("failed")["text"]
    assert monitor.end() == (1, "")
    assert out.read_text() == "precious"
    assert not (tmp_path / "s.sock").exists()


def test_a_fault_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], own_home: Path
) -> None:
    def fail() -> int:
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr(program, "main", fail)
    assert program.run() == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "ZeroDivisionError: nobody foresaw this" in said
    monkeypatch.setattr(program, "main", lambda: 7)
    assert program.run() == 7
    assert capsys.readouterr().err == ""


def killed(monitor: Started, pid: int, about: str) -> int:
    """Kill a helper; gives the one that takes its place."""
    before = children_of(monitor.process.pid)
    os.kill(pid, signal.SIGKILL)
    fault, over = monitor.event("fault"), monitor.event("fault")
    assert f"(process {pid}) was killed by SIGKILL: " in fault["text"]
    assert (fault["about"], over["about"], over["text"]) == (about, about, "")
    (found,) = set(children_of(monitor.process.pid)) - set(before)
    assert len(before) == len(children_of(monitor.process.pid)) == 3
    return found


@pytest.mark.parametrize(
    "user",
    [
        None,
        pytest.param(NOBODY, marks=pytest.mark.skipif(os.geteuid() != 0, reason="this needs root")),
    ],
)
def test_a_helper_that_is_killed_is_told_and_started_again(
    start: Any, tmp_path: Path, user: int | None
) -> None:
    folder = tmp_path / "t" / "live"
    folder.mkdir(parents=True)
    # The receiving process has given up its rights when it starts others.
    monitor = start(folder, keep_bytes=4 << 20, compresses=True, user=user)
    monitor.event("listening")
    _, compressor, thinner = children_of(monitor.process.pid)
    compressor = killed(monitor, compressor, "compressor")
    thinner = killed(monitor, thinner, "thinner")
    for pid in (compressor, thinner):
        told = Path(f"/proc/{pid}/status").read_text()
        assert "NoNewPrivs:\t1" in told
        assert user is None or f"Uid:\t{user}\t{user}\t" in told
    assert os.sched_getscheduler(compressor) == os.SCHED_IDLE
    sandbox = FakeSandbox(tmp_path / "s.sock")
    for number in range(8_000):
        sandbox.send(read_message(fd=number))
    sandbox.close()

    def is_compressed() -> bool:
        with contextlib.suppress(OSError), opened_source(files.segment_path(folder, 1)) as log:
            return log.is_compressed
        return False

    assert wait_until(is_compressed)
    monitor.say("stop")
    monitor.event("stopped")
    assert monitor.end() == (0, "")
    assert wait_until(lambda: not Path(f"/proc/{compressor}/fd").exists())
