from __future__ import annotations

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
        storing.let_go("a")
        assert not store.turn()
        manager.room = 2
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


def test_nothing_is_kept_without_a_channel() -> None:
    storing = Storing()
    kept, other = socket.socketpair()
    with kept, other:
        storing.keep("a", kept)
        storing.let_go("a")
        storing.flush()
    assert not storing.is_on
