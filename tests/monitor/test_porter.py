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

from gvtui.monitor import porter
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.rights import PORTER_CAPABILITIES, RECEIVER_CAPABILITIES
from tests.monitor.sandbox import FakeSandbox, start_client, wait_until
from tests.processes import child_of


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
    return child_of(monitor.pid)


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

    def are_those(pid: int, kept: frozenset[int], threads: int) -> bool:
        bits = sum(1 << number for number in kept)
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return len(tasks) == threads and all(capabilities_of(each) == had & bits for each in tasks)

    assert are_those(monitor.pid, RECEIVER_CAPABILITIES, 1)
    # Its threads start, and give up their rights, while the receiving process goes on.
    porter_pid = porter_of(monitor)
    assert wait_until(lambda: are_those(porter_pid, PORTER_CAPABILITIES, 1 + porter.MOST_LOOKS))


def test_without_the_porter_it_goes_on(monitor: MonitorProcess, listen: Path) -> None:
    os.kill(porter_of(monitor), signal.SIGKILL)
    said: list[dict[str, Any]] = []

    def is_told() -> bool:
        said.extend(event for event in monitor.read_events() if event["kind"] == "fault")
        return bool(said)

    assert wait_until(is_told)
    assert said[0]["about"] == "porter"
    assert said[0]["text"].startswith("the process that looks at who connects has gone: ")
    sandbox = FakeSandbox(listen)
    told = opened(monitor)
    assert (told["peer_pid"], told["peer_uid"]) == (os.getpid(), os.geteuid())
    assert "command" not in told
    sandbox.close()


def test_a_porter_that_is_stuck_holds_nobody_up_for_long(
    monitor: MonitorProcess, listen: Path
) -> None:
    pid = porter_of(monitor)
    os.kill(pid, signal.SIGSTOP)
    sandbox = FakeSandbox(listen)
    told = opened(monitor)
    assert told["peer_pid"] == os.getpid()
    assert "command" not in told
    os.kill(pid, signal.SIGCONT)
    sandbox.close()
    FakeSandbox(listen).close()
    assert opened(monitor)["command"]


def test_the_socket_goes_even_if_the_monitor_is_killed(
    monitor: MonitorProcess, listen: Path
) -> None:
    pid = porter_of(monitor)
    os.kill(monitor.pid, signal.SIGKILL)
    assert wait_until(lambda: not listen.exists())
    assert wait_until(lambda: not Path(f"/proc/{pid}/fd").exists())


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


MANY = 50
CONNECTING_MANY = """
import socket, sys
clients = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range({many})]
for client in clients:
    client.connect({path!r})
    client.send(b"\\x08\\x01")
print(flush=True)
for client in clients:
    client.recv(100)
print(*(each.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) for each in clients), flush=True)
sys.stdin.read()
"""


def test_many_that_connect_at_once_are_all_looked_at(monitor: MonitorProcess, listen: Path) -> None:
    script = CONNECTING_MANY.format(many=MANY, path=str(listen))
    command = [sys.executable, "-c", script, "run", "web"]
    os.kill(monitor.pid, signal.SIGSTOP)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdout is not None
        client.stdout.readline()
        os.kill(monitor.pid, signal.SIGCONT)
        rooms = list(map(int, client.stdout.readline().split()))
        found: list[dict[str, Any]] = []

        def came() -> bool:
            found.extend(event for event in monitor.read_events() if event["kind"] == "opened")
            return len(found) == MANY

        assert wait_until(came), len(found)
    assert [each.get("container_id") for each in found] == ["web"] * MANY
    if os.geteuid() == 0:
        assert rooms == [4 << 20] * MANY


def test_questions_wait_while_others_are_taken_and_no_longer() -> None:
    now = 100.0
    desk = porter._Desk(4, lambda: now)
    questions = [porter._Question(number, socket.socket(), 0) for number in range(4)]
    try:
        for question in questions:
            desk.put(question)
        assert desk.take() is questions[0]
        now += porter.PATIENCE_SECONDS - 0.01
        assert not desk.give_up()
        assert desk.take() is questions[1]
        now += porter.PATIENCE_SECONDS - 0.01
        assert not desk.give_up()
        now += 0.02
        assert desk.give_up() == questions[2:]
        assert not desk.is_waited_at
        # After a pause, patience begins anew.
        desk.put(questions[0])
        assert not desk.give_up()
    finally:
        for question in questions:
            question.connection.close()


def test_no_more_questions_wait_than_there_is_room_for() -> None:
    desk = porter._Desk(5)
    with socket.socket() as connection:
        for number in range(7):
            desk.put(porter._Question(number, connection, 0))
        assert [each.number for each in desk.give_up()] == [0, 1]
