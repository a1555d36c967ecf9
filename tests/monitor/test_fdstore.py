from __future__ import annotations

import contextlib
import os
import socket

import pytest

from gvtui.monitor.fdstore import DescriptorStore, Storing
from gvtui.monitor.systemd import Notifier


class BusyManager(Notifier):
    """A service manager that hears only what it has room for."""

    def __init__(self) -> None:
        super().__init__({})
        self.room = 0
        self.heard: list[str] = []
        self.fds: list[int] = []

    def _hear(self, words: str) -> bool:
        if not self.room:
            return False
        self.room -= 1
        self.heard.append(words)
        return True

    def keep(self, fd: int, name: str) -> bool:
        os.fstat(fd)
        self.fds.append(fd)
        return self._hear(f"keep {name}")

    def forget(self, name: str) -> bool:
        return self._hear(f"forget {name}")


def test_what_is_kept_is_passed_on_in_order_and_closed_here() -> None:
    manager = BusyManager()
    store = DescriptorStore(manager)
    storing = Storing(socket.socket(fileno=os.dup(store.fd)))
    kept, other = socket.socketpair()
    with kept, other:
        storing.keep("a", kept)
        storing.keep("b", kept)
        assert not store.turn()
        manager.room = 1
        assert not store.turn()
        storing.let_go("a")
        manager.room = 1
        assert not store.turn()
        store.forget("c")
        manager.room = 2
        storing.flush()
        assert store.turn()
        assert manager.heard == ["keep a", "keep b", "forget a", "forget c"]
        for fd in manager.fds:
            with pytest.raises(OSError, match="Bad file"):
                os.fstat(fd)
    assert storing._channel is not None
    storing._channel.close()
    store.close()


def test_a_channel_that_is_full_is_no_loss() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        storing = Storing(ours)
        names = [str(number) for number in range(1000)]
        for name in names:
            storing.let_go(name)
        found: list[str] = []
        theirs.setblocking(False)
        while len(found) < len(names):
            found.append(theirs.recv(100).decode())
            storing.flush()
        assert found == names


def test_connections_that_come_and_go_while_nobody_listens_leave_nothing_behind() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    kept, other = socket.socketpair()
    with ours, theirs, kept, other:
        storing = Storing(ours)
        storing.keep("listener", kept)
        for number in range(1000):
            storing.keep(str(number), kept)
        descriptors, waiting = len(os.listdir("/proc/self/fd")), len(storing._pending)
        assert waiting > 10
        for number in range(1000):
            storing.keep(f"again-{number}", kept)
            storing.let_go(f"again-{number}")
            storing.let_go("listener")
            storing.keep("listener", kept)
        assert len(storing._pending) <= waiting + 2
        assert len(os.listdir("/proc/self/fd")) <= descriptors + 1
        for number in range(1000):
            storing.let_go(str(number))
        storing.let_go("listener")
        theirs.setblocking(False)
        kept_now: set[str] = set()
        with contextlib.suppress(BlockingIOError):
            while True:
                name, fds, _, _ = socket.recv_fds(theirs, 100, 1)
                (kept_now.add if fds else kept_now.discard)(name.decode())
                for fd in fds:
                    os.close(fd)
                storing.flush()
        assert not kept_now


def test_nothing_is_kept_without_a_channel() -> None:
    storing = Storing()
    kept, other = socket.socketpair()
    with kept, other:
        storing.keep("a", kept)
        storing.let_go("a")
        storing.flush()
    assert not storing.is_on
