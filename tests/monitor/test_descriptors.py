from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.wire.handshake import build_handshake
from tests.monitor.sandbox import WAIT_SECONDS

FEW = """
import resource, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
options = MonitorOptions(listen=Path(sys.argv[1]), record=Path(sys.argv[2]), realtime=False)
monitor = MonitorProcess.start(options)
print("listening", flush=True)
sys.stdin.read()
monitor.stop()
print(monitor.refused, monitor.lost, flush=True)
"""


def test_the_limit_is_raised_as_far_as_it_goes() -> None:
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (40, 300));"
        "from gvtui.monitor.descriptors import *; print(room_for_connections() < 40);"
        "raise_limit(); raise_limit(); print(resource.getrlimit(resource.RLIMIT_NOFILE));"
        "print(200 < room_for_connections() < 300)"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines() == ["True", "(300, 300)", "True"]


@pytest.mark.parametrize("limit", [40, 3])
def test_there_is_room_for_one_at_least(limit: int) -> None:
    script = (
        "from gvtui.monitor.descriptors import *; import resource;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}));"
        "print(room_for_connections())"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert 1 <= int(out.stdout) < 40


def test_of_too_many_clients_nobody_waits_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "s"
    command = [sys.executable, "-c", FEW, str(path), str(tmp_path / "t.gvtrace")]
    clients = []
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "listening\n"
        for _ in range(150):
            client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            # A connect with a timeout does not wait for room in the queue.
            client.connect(str(path))
            clients.append(client)
        answers = []
        for client in clients:
            client.settimeout(WAIT_SECONDS)
            try:
                client.send(build_handshake())
                answers.append(client.recv(100))
            except (BrokenPipeError, ConnectionResetError):
                answers.append(b"")
        for client in clients:
            client.close()
        process.stdin.close()
        refused, lost = map(int, process.stdout.readline().split())
    greeted = answers.count(build_handshake())
    assert greeted + answers.count(b"") == 150
    assert 10 < greeted < 60
    assert (refused, lost) == (150 - greeted, 0)
