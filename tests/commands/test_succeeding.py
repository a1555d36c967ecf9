"""What a monitor takes over of the one before; `tests/e2e/test_succeeding.py` runs both."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gvtui.commands import succeeding as succeeding_module
from gvtui.commands.succeeding import close_passed, succeeding
from gvtui.monitor.goingon import STORED_AS, WentBefore, stored_name
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.systemd import HandedOver, Notifier
from gvtui.trace.connections import MONITOR_STOPPED
from gvtui.trace.marks import BinaryMark
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import read_message


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Notifier]:
    """What speaks with a service manager that hears it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "n"))
        yield Notifier({"NOTIFY_SOCKET": str(tmp_path / "n")})


def kept(monkeypatch: pytest.MonkeyPatch, handed: HandedOver) -> None:
    monkeypatch.setattr(succeeding_module, "handed_over", lambda: handed)


def listening(path: Path) -> int:
    """A socket's descriptor, as of another process."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as made:
        made.bind(str(path))
        made.listen()
        return made.detach()


def test_a_recording_goes_on_in_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manager: Notifier
) -> None:
    record = tmp_path / "x.gvtrace"
    options = MonitorOptions(listen=tmp_path / "s", record=record)
    for name, conn in (("x.gvtrace", 7), ("x-2.gvtrace", 9)):
        writer = TraceWriter(tmp_path / name)
        told = {"peer_pid": 3, "peer_start": 8, STORED_AS: stored_name(7, bytes(16))}
        writer.opened(conn, 5_000, {**told, "dropped_before": conn - 7, "drops_before": 1})
        writer.message(conn, 6_000, read_message(dropped=conn))
        writer.mark(7_000, BinaryMark("/runsc", "1", is_exec_exit_last=False).details(), conn)
        writer.closed(conn, 8_000, {"reason": MONITOR_STOPPED, "messages": 1})
        writer.close()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    other = os.dup(theirs.fileno())
    connections = [(other, "gvtui-connection-1-x"), (theirs.detach(), stored_name(7, bytes(16)))]
    kept(monkeypatch, HandedOver(connections=connections))
    with ours, succeeding(options, record, manager) as (started, store):
        assert store is not None
        assert started.store_fd == store.fd
        assert started.record == tmp_path / "x-3.gvtrace"
        assert started.before_fd is not None
        assert set(started.passed_fds) == {store.fd, started.before_fd, *started.handed_fds}
        before = WentBefore.unpack(os.dup(started.before_fd))
        known, unknown = before.connections
        assert (known.opened_ns, known.details["dropped_before"]) == (5_000, 9)
        assert known.details["drops_before"] == 0
        assert [details["kind"] for _, details in known.marks] == ["binary"]
        assert (unknown.fd, unknown.opened_ns, unknown.details) == (other, 0, {})
        assert before.text == (
            f"1 connection goes on from {tmp_path / 'x-2.gvtrace'}; 1 connection goes on of whose "
            "beginning no trace here tells"
        )
        close_passed(started)
        # Nobody has the connection any more.
        assert ours.recv(1) == b""


@pytest.mark.parametrize("is_same", [True, False])
def test_the_kept_socket_serves_its_own_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manager: Notifier, *, is_same: bool
) -> None:
    fd = listening(tmp_path / "s")
    kept(monkeypatch, HandedOver(kept_listener=fd))
    options = MonitorOptions(listen=tmp_path / ("s" if is_same else "elsewhere"))
    with succeeding(options, tmp_path, manager) as (started, _):
        assert started.listen == options.listen
        assert started.listen_fd == (fd if is_same else None)
        if is_same:
            os.close(fd)
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(fd)


def test_without_a_service_manager_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fd = listening(tmp_path / "s")
    kept(monkeypatch, HandedOver(listener=fd))
    with succeeding(MonitorOptions(), tmp_path, Notifier({})) as (started, store):
        assert store is None
        assert started == MonitorOptions(listen=tmp_path / "s", listen_fd=fd)
    os.close(fd)
