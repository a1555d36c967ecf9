from __future__ import annotations

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

from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.rights import PORTER_CAPABILITIES, RECEIVER_CAPABILITIES
from tests.monitor.sandbox import FakeSandbox, start_client, wait_until


@pytest.fixture
def listen(tmp_path: Path) -> Path:
    return tmp_path / "s.sock"


@pytest.fixture
def monitor(tmp_path: Path, listen: Path) -> Iterator[MonitorProcess]:
    options = MonitorOptions(
        listen=listen, record=tmp_path / "t.gvtrace", realtime=False, send_buffer_bytes=4 << 20
    )
    process = MonitorProcess.start(options)
    yield process
    process.stop()


def porter_of(monitor: MonitorProcess) -> int:
    text = Path(f"/proc/{monitor.pid}/task/{monitor.pid}/children").read_text()
    (porter,) = map(int, text.split())
    return porter


def capabilities_of(task: Path) -> int:
    (line,) = (each for each in (task / "status").read_text().splitlines() if "CapEff" in each)
    return int(line.split()[1], 16)


def opened(monitor: MonitorProcess) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    def came() -> bool:
        found.extend(event for event in monitor.read_events() if event["kind"] == "opened")
        return bool(found)

    assert wait_until(came)
    return found[0]


def test_the_porter_looks_at_who_connects(monitor: MonitorProcess, listen: Path) -> None:
    with start_client(listen, "run", "web") as client:
        assert client.stdout is not None
        room = int(client.stdout.readline())
        told = opened(monitor)
        assert told["peer_pid"] == client.pid
        assert told["command"][-1] == told["container_id"] == "web"
        assert told["exe"]["ino"]
        assert told["send_buffer"] == room
    if os.geteuid() == 0:
        assert room == 4 << 20


def test_rights_are_parted(monitor: MonitorProcess) -> None:
    had = capabilities_of(Path("/proc/self"))
    for pid, kept in (
        (monitor.pid, RECEIVER_CAPABILITIES),
        (porter_of(monitor), PORTER_CAPABILITIES),
    ):
        bits = sum(1 << number for number in kept)
        for task in Path(f"/proc/{pid}/task").iterdir():
            assert capabilities_of(task) == had & bits
    assert len(list(Path(f"/proc/{monitor.pid}/task").iterdir())) == 1


def test_without_the_porter_it_goes_on(monitor: MonitorProcess, listen: Path) -> None:
    os.kill(porter_of(monitor), signal.SIGKILL)
    said: list[dict[str, Any]] = []

    def is_told() -> bool:
        said.extend(event for event in monitor.read_events() if event["kind"] == "log")
        return bool(said)

    assert wait_until(is_told)
    assert said[0]["text"].startswith("the process that looks at who connects has gone: ")
    sandbox = FakeSandbox(listen)
    told = opened(monitor)
    assert (told["peer_pid"], told["peer_uid"]) == (os.getpid(), os.geteuid())
    assert "command" not in told
    sandbox.close()


def test_a_porter_that_is_stuck_holds_nobody_up_for_long(
    monitor: MonitorProcess, listen: Path
) -> None:
    porter = porter_of(monitor)
    os.kill(porter, signal.SIGSTOP)
    sandbox = FakeSandbox(listen)
    told = opened(monitor)
    assert told["peer_pid"] == os.getpid()
    assert "command" not in told
    os.kill(porter, signal.SIGCONT)
    sandbox.close()
    FakeSandbox(listen).close()
    assert opened(monitor)["command"]


def test_the_socket_goes_even_if_the_monitor_is_killed(
    monitor: MonitorProcess, listen: Path
) -> None:
    porter = porter_of(monitor)
    os.kill(monitor.pid, signal.SIGKILL)
    assert wait_until(lambda: not listen.exists())
    assert wait_until(lambda: not Path(f"/proc/{porter}/fd").exists())


def test_no_key_of_the_terminal_ends_the_porter_alone(
    monitor: MonitorProcess, listen: Path
) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(porter_of(monitor), number)
    FakeSandbox(listen).close()
    assert opened(monitor)["command"]


def test_no_room_for_a_process_is_told(tmp_path: Path, listen: Path) -> None:
    script = (
        "import os, sys\n"
        "def refuse(): raise BlockingIOError(11, 'Resource temporarily unavailable')\n"
        "os.fork = refuse\n"
        "from gvtui.monitor.__main__ import main\n"
        "sys.exit(main())"
    )
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    options = MonitorOptions(listen=listen, record=tmp_path / "t.gvtrace").pack()
    command = [sys.executable, "-c", script, str(theirs.fileno()), json.dumps(options)]
    with ours, theirs:
        done = subprocess.run(
            [*command, str(tmp_path / "t.gvtrace")], pass_fds=[theirs.fileno()], check=False
        )
        told = msgpack.unpackb(ours.recv(1000))
    assert done.returncode == 1
    assert told["text"] == "cannot start another process: Resource temporarily unavailable"
    assert not listen.exists()
    assert not (tmp_path / "t.gvtrace").exists()
