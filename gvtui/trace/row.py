"""The row: a fixed-width entry of the index for each message, connection event, mark and drop.

A row has the few fields that lists and filters need. The message itself stays in the log and is
decoded when it is shown. Strings are interned: a row has their numbers.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import NamedTuple

import numpy as np

ROW_DTYPE = np.dtype(
    [
        ("offset", "<u8"),
        ("recv_ns", "<i8"),
        ("time_ns", "<i8"),
        ("length", "<u4"),
        ("dropped", "<u4"),
        ("conn", "<u4"),
        ("pid", "<i4"),
        ("tid", "<i4"),
        ("process", "<u4"),
        ("container", "<u4"),
        ("uid", "<u4"),
        ("result", "<i8"),
        ("fd", "<i4"),
        ("path", "<u4"),
        ("point", "<u4"),
        ("sysno", "<i4"),
        ("errno", "<u2"),
        ("type", "<u2"),
        ("kind", "u1"),
        ("direction", "u1"),
        ("flags", "u1"),
        ("reserved", "u1"),
    ]
)
"""A row as stored on disk: 88 bytes, little-endian. `Row` documents the fields."""

ROW_SIZE = ROW_DTYPE.itemsize

NO_FD = -(1 << 31)
"""`fd` of a message that has no file descriptor field."""

NO_UID = 0xFFFFFFFF
"""`uid` if the session does not collect credentials."""

NO_SYSNO = -1
"""`sysno` of an event that is no system call, or of a number too large to be one."""

ERRNO_OTHER = 0xFFFF
"""`errno` for a value outside 0 to 65534; the message has the value."""

EMPTY_STRING = 0
"""The string number of "": the field is absent or empty."""

LOST_STRING = 1
"""The string number of a lost string: the table was full; the message has the text."""


class Kind(IntEnum):
    """The kind of a row."""

    MESSAGE = 0
    OPENED = 1
    """A sandbox connected; the details say which."""
    CLOSED = 2
    """A connection closed."""
    MARK = 3
    """A trace mark: a note of gvtui's, such as an applied session; see `gvtui.trace.marks`."""
    DROP = 4
    """The sandbox dropped `result` points between this connection's previous message and the next
    row, which is the message that told."""


class Direction(IntEnum):
    """The side of a system call: enter or exit."""

    NONE = 0
    ENTER = 1
    EXIT = 2


class Flag(IntFlag):
    """What is wrong with a message."""

    MALFORMED = 1
    """Header or payload cannot be decoded; the bytes are in the log."""
    TRUNCATED = 2
    """It exceeds the largest accepted size; the log has its beginning."""
    UNKNOWN_TYPE = 4
    """This version does not know the message type."""


class Row(NamedTuple):
    """One row of the index, in the order of `ROW_DTYPE`."""

    offset: int
    """The offset in the log of the record's payload (a message's bytes, header included)."""
    recv_ns: int
    """When the monitor received it, Unix nanoseconds; 0 if the file does not say."""
    time_ns: int
    """When it happened by the sandbox's clock, Unix nanoseconds; 0 if not collected."""
    length: int
    """The size of the record's payload in bytes."""
    dropped: int
    """The header's dropped count as sent, not corrected for steps back or wrap-around."""
    conn: int
    """The number of its connection, from 1; numbers are not reused within a trace."""
    pid: int
    """The thread group id inside the sandbox; 0 if not collected."""
    tid: int
    """The thread id inside the sandbox; 0 if not collected."""
    process: int
    """The string number of the process name."""
    container: int
    """The string number of the container ID in the message."""
    uid: int
    """The real user id; `NO_UID` if not collected."""
    result: int
    """The result of the call on an exit row; the number of points on a drop row; else 0."""
    fd: int
    """The file descriptor argument; `NO_FD` if the message has none."""
    path: int
    """The string number of the pathname, the descriptor's path, the program or socket address."""
    point: int
    """The string number of the trace point's name."""
    sysno: int
    """The system call number; `NO_SYSNO` for other events."""
    errno: int
    """The error number of a failed call; 0 if it did not fail; `ERRNO_OTHER` if out of range."""
    type: int
    """Message type."""
    kind: int
    """A `Kind`."""
    direction: int
    """A `Direction`."""
    flags: int
    """`Flag`s."""
    reserved: int

    @property
    def when_ns(self) -> int:
        """The sandbox's time if it is known, else the time of receipt; Unix nanoseconds."""
        return self.time_ns or self.recv_ns
