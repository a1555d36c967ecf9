"""Connections that go on with another monitor: what the trace before tells of them.

A monitor that starts anew gets connections of the one before from the service manager's store. They
were greeted, and whoever connected has gone meanwhile, so what was noted then is found in the trace
that the monitor before has written, by the name that the connection has in the store.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import msgpack

from gvtui.monitor.systemd import CONNECTION_PREFIX

STORED_AS = "stored_as"
"""What the details of a connection call the name that it has in the store."""


def stored_name(conn: int, trace_id: bytes) -> str:
    """The name in the store of a connection that opens in a trace."""
    return f"{CONNECTION_PREFIX}{conn}-{trace_id.hex()}"


@dataclass(slots=True)
class GoingOn:
    """A connection that goes on."""

    fd: int
    name: str
    """Its name in the store."""
    opened_ns: int = 0
    """When it opened, Unix nanoseconds; 0 if nothing is known of its beginning."""
    details: dict[str, Any] = field(default_factory=dict)
    """What was noted when it opened, and the drops told since."""
    marks: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """What marks have told of it, each with its time."""

    def values(self) -> list[Any]:
        """The connection as plain values."""
        return [self.fd, self.name, self.opened_ns, self.details, self.marks]


@dataclass(slots=True)
class WentBefore:
    """What goes on from the monitor before."""

    connections: list[GoingOn] = field(default_factory=list)
    marks: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """Marks of no connection that hold still, such as sessions, each with its time."""
    text: str = ""
    """A sentence for the new trace: where the connections come from, and what is not known."""

    def pack(self) -> int:
        """A new descriptor, the caller's, of a file in memory that holds it."""
        fd = os.memfd_create("gvtui-going-on")
        values = [[each.values() for each in self.connections], self.marks, self.text]
        left = memoryview(msgpack.packb(values))
        while left:
            left = left[os.write(fd, left) :]
        return fd

    @classmethod
    def unpack(cls, fd: int) -> WentBefore:
        """Read it from that descriptor, which is closed."""
        try:
            packed = os.pread(fd, os.fstat(fd).st_size, 0)
        finally:
            os.close(fd)
        connections, marks, text = msgpack.unpackb(packed, strict_map_key=False)
        return cls([GoingOn(*each) for each in connections], list(map(tuple, marks)), text)
