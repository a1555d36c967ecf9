from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from gvtui.monitor.listener import MonitorError
from gvtui.monitor.systemd import Notifier, listening_fd


def test_it_tells_the_service_manager(tmp_path: Path) -> None:
    clock = [0.0]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "n"))
        environment = {
            "NOTIFY_SOCKET": str(tmp_path / "n"),
            "WATCHDOG_USEC": "4000000",
            "WATCHDOG_PID": str(os.getpid()),
        }
        notifier = Notifier(environment, lambda: clock[0])
        # No child process speaks in its place.
        assert environment == {}
        notifier.say("READY=1", "STATUS=up")
        assert manager.recv(100) == b"READY=1\nSTATUS=up"
        notifier.beat("well")
        clock[0] = 2.0
        notifier.beat("well")
        notifier.beat("well")
        notifier.say("STOPPING=1")
        assert [manager.recv(100) for _ in range(2)] == [b"WATCHDOG=1\nSTATUS=well", b"STOPPING=1"]


def test_nobody_listens(tmp_path: Path) -> None:
    Notifier({}).say("READY=1")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "n")}).say("READY=1")
    Notifier({"NOTIFY_SOCKET": "@gvtui-nobody"}).say("READY=1")


def test_only_what_is_meant_for_this_process_is_taken() -> None:
    assert listening_fd({}) is None
    assert listening_fd({"LISTEN_PID": "1", "LISTEN_FDS": "1"}) is None
    assert listening_fd({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "0"}) is None
    with pytest.raises(MonitorError, match="hands over 2 sockets"):
        listening_fd({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2"})
