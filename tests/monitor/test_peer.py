from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.monitor import peer
from gvtui.monitor.peer import file_identity, may_have_room, peer_details
from gvtui.trace.details import MAX_ARGS, args_in


def test_the_peer_is_told_by_the_kernel() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        details = peer_details(ours)
    assert (details["peer_pid"], details["peer_uid"]) == (os.getpid(), os.getuid())
    assert details["command"]
    assert details["is_trusted"]
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    assert details["peer_start"] == ticks > 0
    last = Path("/proc/self/cgroup").read_text().splitlines()[-1]
    assert last.endswith(f":{details['cgroup']}")
    assert "container_id" not in details
    exe = Path("/proc/self/exe")
    assert details["exe"] == {"path": str(exe.readlink()), **file_identity(exe.stat())}


def test_a_stranger_s_file_is_not_looked_at() -> None:
    link = Path("/proc/self/exe").readlink()
    assert peer._exe(os.getpid(), is_trusted=False) == {"path": str(link)}
    assert peer._exe(0, is_trusted=True) == {}


def test_the_command_line_names_the_container(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    script = (
        "import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET);"
        f"s.connect({str(path)!r}); s.recv(1)"
    )
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(str(path))
        listening.listen()
        command = [sys.executable, "-c", script]
        # The first word is the interpreter: what follows `-c SCRIPT` reads as runsc's words do.
        with subprocess.Popen([*command, "run", "--bundle", "b", "web"]) as process:
            connection, _ = listening.accept()
            details = peer_details(connection)
            connection.close()
    assert details["peer_pid"] == process.pid
    assert details["command"][-1] == "web"


def test_of_a_long_command_line_as_much_is_kept_as_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = ["runsc", "create", *["x"] * 5000, "web"]
    monkeypatch.setattr(peer, "_command_line", lambda _: command)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        details = peer_details(ours)
    assert len(details["command"]) <= MAX_ARGS + 1
    assert args_in(details, "command") == args_in({"command": command}, "command")


def test_a_process_that_has_taken_the_id_of_the_peer_says_nothing() -> None:
    assert peer._start(os.getpid(), os.getuid()) > 0
    assert peer._start(1 << 22, 0) == 0


def test_a_process_that_has_gone_has_no_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peer, "Path", lambda *_: Path("/nonexistent"))
    assert peer._command_line(1) == []


@pytest.mark.parametrize(
    ("uid", "command", "may"),
    [
        (0, ["runsc", "--root", "/r", "run", "web"], True),
        (os.geteuid(), ["/opt/runsc-new", "trace", "create", "--config", "c", "web"], True),
        (0, ["runsc", "do", "true"], True),
        (os.geteuid() + 1000, ["runsc", "run", "web"], False),
        (0, ["runsc", "trace", "list", "web"], False),
        (0, ["socat"], False),
        (0, None, False),
    ],
)
def test_room_is_for_a_runsc_of_root_or_our_own(
    uid: int, command: list[str] | None, *, may: bool
) -> None:
    details = {"peer_pid": 1, "peer_uid": uid} | ({"command": command} if command else {})
    assert may_have_room(details) is may
