"""The process that tests rows for another: `python -m gvtui.query.helpers.process`.

Its standard input is a socket. First comes what it works on: a length, then msgpack with the filter
and the words of a `Share`, whose files are sent along. Then come `ASK`s, each a range of rows, and
go `ANSWER`s, in the same order: each followed by a bit for each row, whether it may pass, and by the
`DAMAGE`d records that were found. The process ends with the socket's other end.
"""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import struct
import sys

import msgpack
import numpy as np

from gvtui.fence import seccomp
from gvtui.fence.kernel import keep_capabilities
from gvtui.fence.landlock import fence, own_files
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.sharing import MOST_FILES, SharedTrace

LENGTH = struct.Struct("<I")
ASK = struct.Struct("<QQ")
ANSWER = struct.Struct("<QII")
"""The first row, how many rows, and how many damaged records."""
DAMAGE = struct.Struct("<QQ")
"""The segment's number, and the offset in its log."""

_NICENESS = 1
"""The screen comes first."""


def confine() -> None:
    """Give up all rights: what is read is open already."""
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        keep_capabilities(frozenset())
    with contextlib.suppress(OSError):
        fence(own_files())
    with contextlib.suppress(OSError):
        seccomp.deny()


def serve(link: socket.socket) -> None:
    """Answer until the other end closes."""
    head, files, _, _ = socket.recv_fds(link, LENGTH.size, MOST_FILES)
    if len(head) < LENGTH.size:
        return
    told = msgpack.unpackb(_taken(link, LENGTH.unpack(head)[0]))
    trace = SharedTrace(told["trace"], files)
    condition = compile_filter(told["filter"], now_ns=told["now"])
    while asked := _taken(link, ASK.size):
        start, stop = ASK.unpack(asked)
        trace.refresh()
        rows = trace.rows(start, stop)
        may_pass = condition.local_mask(trace, rows, start)
        damaged = trace.damage.take()
        link.sendall(
            ANSWER.pack(start, len(rows), len(damaged))
            + np.packbits(may_pass).tobytes()
            + b"".join(DAMAGE.pack(*each) for each in damaged)
        )


def _taken(link: socket.socket, size: int) -> bytes:
    """So many bytes; none at the end."""
    data = b""
    while len(data) < size:
        piece = link.recv(size - len(data))
        if not piece:
            return b""
        data += piece
    return data


def main() -> int:
    """Serve the socket that is the standard input; gives the process's exit code."""
    confine()
    with socket.socket(fileno=os.dup(0)) as link, contextlib.suppress(ConnectionError):
        serve(link)
    return 0


if __name__ == "__main__":
    sys.exit(main())
