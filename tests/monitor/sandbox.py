"""A stand-in for a sandbox: connects, shakes hands, sends what it is told to."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gvtui.trace.reader import Trace
from gvtui.wire.handshake import build_handshake, parse_handshake

WAIT_SECONDS = 120.0


class FakeSandbox:
    """One connection to a monitor. Closes with `close`."""

    def __init__(self, path: Path, *, greet: bool = True) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(WAIT_SECONDS)
        self._connect(path)
        if greet:
            self.socket.send(build_handshake())
            assert parse_handshake(self.socket.recv(1024)) == 1

    def _connect(self, path: Path) -> None:
        """Connect; a socket has its name a moment before anybody listens there."""

        def is_connected() -> bool:
            try:
                self.socket.connect(str(path))
            except ConnectionRefusedError:
                return False
            return True

        assert wait_until(is_connected)

    def send(self, *datagrams: bytes) -> None:
        for datagram in datagrams:
            self.socket.send(datagram)

    def was_closed(self) -> bool:
        """Wait until the other side has closed the connection."""
        poll = select.poll()
        poll.register(self.socket, select.POLLRDHUP | select.POLLHUP)
        return bool(poll.poll(WAIT_SECONDS * 1000))

    def close(self) -> None:
        self.socket.close()


CONNECTING = """
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
client.connect(sys.argv[1])
client.send(b"\\x08\\x01")
client.recv(100)
print(client.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF), flush=True)
sys.stdin.read()
"""
"""Shakes hands, tells the size of its send buffer, and stays until its input ends."""


def start_client(path: Path, *words: str) -> subprocess.Popen[str]:
    """A process that connects, with a command line that reads as that of `runsc` with these words."""
    # What follows `-c SCRIPT`, a flag with its value to runsc, is its subcommand.
    command = [sys.executable, "-c", CONNECTING.replace("sys.argv[1]", repr(str(path))), *words]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )


def wait_until(condition: Callable[[], bool]) -> bool:
    """Poll for what another process does; False if it has not come in time."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.005)
    return True


def comes(trace: Trace, condition: Callable[[], bool]) -> bool:
    """Poll for what another process writes into a trace; it may be there already."""

    def is_there() -> bool:
        trace.refresh()
        return condition()

    return wait_until(is_there)
