"""A monitor as one would first write it: it wakes for every message and keeps none.

`python -m tests.benchmarks.reference SOCKET` prints, for its one connection, how many messages
came and how many the sandbox said it dropped.
"""

from __future__ import annotations

import select
import socket
import struct
import sys


def main() -> None:
    """Serve one connection to its end."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(sys.argv[1])
    listening.listen()
    print("listening", flush=True)
    connection, _ = listening.accept()
    connection.send(connection.recv(1024))
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    messages = dropped = 0
    while True:
        poll.poll()
        datagram = connection.recv(65536)
        if not datagram:
            break
        messages += 1
        (dropped,) = struct.unpack_from("<I", datagram, 4)
    print(messages, dropped, flush=True)


if __name__ == "__main__":
    main()
