from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gvtui.monitor import systemd
from gvtui.monitor.listener import MonitorError
from gvtui.monitor.systemd import LISTENER_NAME, HandedOver, Notifier, handed_over


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


def test_descriptors_are_kept_until_they_are_forgotten(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, ours, theirs:
        manager.bind(str(tmp_path / "n"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "n")})
        assert notifier.keep(ours.fileno(), "x")
        data, [kept], _, _ = socket.recv_fds(manager, 100, 2)
        assert data == b"FDSTORE=1\nFDNAME=x\nFDPOLL=0"
        assert os.path.sameopenfile(kept, ours.fileno())
        os.close(kept)
        assert notifier.forget("x")
        assert manager.recv(100) == b"FDSTOREREMOVE=1\nFDNAME=x"
        # A manager that does not read is told again later.
        while notifier.forget("x"):
            pass
        assert not notifier.keep(ours.fileno(), "x")
    assert notifier.forget("x")


def test_only_what_is_meant_for_this_process_is_taken() -> None:
    nothing = HandedOver()
    assert handed_over({}) == nothing
    assert handed_over({"LISTEN_PID": "1", "LISTEN_FDS": "1"}) == nothing
    assert handed_over({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "0"}) == nothing


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[socket.socket]]:
    """Two that listen, a connection, and one of another kind, at places that follow each other."""
    made = []
    for name in ("a", "b"):
        made.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        made[-1].bind(str(tmp_path / name))
        made[-1].listen()
    made.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    made[-1].connect(str(tmp_path / "a"))
    made.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    monkeypatch.setattr(systemd, "_FIRST_FD", 900)
    for place, each in enumerate(made):
        os.dup2(each.fileno(), 900 + place)
    yield made
    for place, each in enumerate(made):
        os.close(900 + place)
        each.close()


def handed(*names: str) -> dict[str, str]:
    """The environment of a service that gets so many descriptors."""
    count = str(len(names))
    return {
        "LISTEN_PID": str(os.getpid()),
        "LISTEN_FDS": count,
        "LISTEN_FDNAMES": ":".join(names),
    }


@pytest.mark.usefixtures("sockets")
def test_listeners_and_connections_are_told_apart() -> None:
    environment = handed("gvtui.socket", LISTENER_NAME, "gvtui-connection-1")
    assert handed_over(environment) == HandedOver(900, 901, [(902, "gvtui-connection-1")])
    assert environment == {}


@pytest.mark.usefixtures("sockets")
@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["x", "y"], "hands over 2 sockets"),
        ([LISTENER_NAME, "x", "somebody's"], "not one of sandboxes"),
        (["x", LISTENER_NAME, "gvtui-connection-1", "gvtui-connection-2"], "not one of sandboxes"),
    ],
)
def test_what_is_no_monitors_is_refused(names: list[str], said: str) -> None:
    with pytest.raises(MonitorError, match=said):
        handed_over(handed(*names))


@pytest.mark.usefixtures("sockets")
def test_a_descriptor_that_is_not_there_is_told() -> None:
    environment = handed("gvtui.socket", LISTENER_NAME, "gvtui-connection-1")
    environment |= {"LISTEN_FDS": "1" + "0" * 9, "LISTEN_FDNAMES": "gvtui.socket"}
    os.dup2(902, 903)
    environment["LISTEN_FDNAMES"] += f":{LISTENER_NAME}:gvtui-connection-1:gvtui-connection-2"
    with pytest.raises(MonitorError, match=r"hands over 1000000000 descriptors, and .* 904 is not"):
        handed_over(environment)


@pytest.mark.parametrize("count", ["9" * 5000, "-1", "x", "\u00b2"])
def test_a_number_that_is_none_is_left_alone(count: str) -> None:
    environment = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": count, "WATCHDOG_USEC": count}
    assert Notifier(environment, lambda: 0.0).is_heard is False
    assert handed_over(environment) == HandedOver()
