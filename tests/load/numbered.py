"""Connections whose messages are numbered: `python -m tests.load.numbered SOCKET CONNECTIONS`.

Each sends as fast as it is read, until nobody reads any more or SIGTERM comes. Then how many each has
sent is printed, as JSON.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading

from gvtui.wire.handshake import build_handshake
from gvtui.wire.header import build_message
from tests.load.herd import OPEN, payload

START_NS = 1_795_455_407_000_000_000
_STEP_NS = 1000
_LONG_EVERY = 199
_LONG_BYTES = 20_000
_TEXTS = 61
"""How long texts get: they have none to so many characters."""


def name_of(place: int) -> str:
    """The container's ID that the messages of a connection carry."""
    return f"numbered-{place}"


def numbered(place: int, number: int) -> bytes:
    """A message, whose every byte follows from its connection and its number, from 1 on. Some are
    long."""
    text = "x" * (number * 7 % _TEXTS if number % _LONG_EVERY else _LONG_BYTES)
    message = payload(number, START_NS + number * _STEP_NS, name_of(place), text)
    return build_message(OPEN, message)


def main() -> None:
    """Send."""
    path, count = sys.argv[1], int(sys.argv[2])
    clients = []
    for _ in range(count):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.connect(path)
        client.send(build_handshake())
        client.recv(100)
        clients.append(client)
    ends = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ends.set())
    print("started", flush=True)
    sent = [0] * count
    try:
        while not ends.is_set():
            for place, client in enumerate(clients):
                client.send(numbered(place, sent[place] + 1))
                sent[place] += 1
    except OSError:
        # Nobody reads any more.
        pass
    for client in clients:
        client.close()
    print(json.dumps(sent), flush=True)


if __name__ == "__main__":
    main()
