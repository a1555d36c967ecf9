"""The row index's unit: a fixed-width row for each message, connection event, mark and drop.

A row holds the few fields that lists and filters need. The message itself stays in the log and is
decoded when somebody looks at it. Strings are interned: a row holds their number.
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
"""A row as it lies on disk: 88 bytes, little-endian. `Row` documents the fields."""

ROW_SIZE = ROW_DTYPE.itemsize

NO_FD = -(1 << 31)
"""`fd` of a message that has no file descriptor field."""

NO_UID = 0xFFFFFFFF
"""`uid` where the session does not collect credentials."""

NO_SYSNO = -1
"""`sysno` of an event that is no system call, or a number too large to be one."""

ERRNO_OTHER = 0xFFFF
"""`errno` stands for a value outside 0 to 65534; the message has it."""

EMPTY_STRING = 0
"""String number of "": the field is absent or empty."""

LOST_STRING = 1
"""String number that says: the table of strings was full, look into the message."""


class Kind(IntEnum):
    """What a row is."""

    MESSAGE = 0
    OPENED = 1
    """A sandbox connected; the log record's payload says who."""
    CLOSED = 2
    """A connection ended."""
    MARK = 3
    """Something gvtui noted, such as an applied session; the payload says what."""
    DROP = 4
    """The sandbox dropped `result` points between this connection's previous message and the next
    row, which is the message that told."""


class Direction(IntEnum):
    """Which side of a system call a row is."""

    NONE = 0
    ENTER = 1
    EXIT = 2


class Flag(IntFlag):
    """What is wrong with a message."""

    MALFORMED = 1
    """Header or payload cannot be read; the bytes are in the log."""
    TRUNCATED = 2
    """Longer than the largest message taken in; the log has its beginning."""
    UNKNOWN_TYPE = 4
    """A message type this version does not know."""


class Row(NamedTuple):
    """One row of the index, in the order of `ROW_DTYPE`."""

    offset: int
    """Where the record's payload (for a message: its bytes, header included) starts in its log."""
    recv_ns: int
    """When the monitor received it, nanoseconds since the epoch; 0 where the file does not say."""
    time_ns: int
    """When it happened by the sandbox's clock, nanoseconds since the epoch; 0 if not collected."""
    length: int
    """Bytes of the record's payload."""
    dropped: int
    """The header's dropped count as it came: not corrected for steps back or wrapping."""
    conn: int
    """Which connection it came on; numbers start at 1 and are not used again within a trace."""
    pid: int
    """Thread group id inside the sandbox; 0 if not collected."""
    tid: int
    """Thread id inside the sandbox; 0 if not collected."""
    process: int
    """String number of the process name."""
    container: int
    """String number of the container ID as the message has it."""
    uid: int
    """Real user id; `NO_UID` if not collected."""
    result: int
    """Result of the call on an exit row; on a drop row, how many points; else 0."""
    fd: int
    """File descriptor argument; `NO_FD` if the message has none."""
    path: int
    """String number of the pathname, the descriptor's path, the program or the socket address."""
    point: int
    """String number of the trace point's name."""
    sysno: int
    """System call number; `NO_SYSNO` for other events."""
    errno: int
    """Error number of a failed call, 0 if it did not fail; `ERRNO_OTHER` if out of range."""
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
        """The sandbox's time where it is known, else the time of receipt."""
        return self.time_ns or self.recv_ns
