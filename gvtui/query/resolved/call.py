"""One system call as it happened: once, with all that its messages tell together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gvtui.query.processes.process import Process
    from gvtui.query.resolved.description import Description


class Outcome(Enum):
    """What became of a call; the value is the word that the user reads."""

    RUNNING = "running"
    RETURNED = "returned"
    FAILED = "failed"
    RESTARTED = "restarted"
    BEGUN = "begun"
    """A connect that does not wait: it goes on after the call."""
    ASKED = "asked"
    """An exec of which nothing tells whether it succeeded."""
    NOT_SEEN = "exit not seen"
    """It is over, or its thread has ended, and its exit is not in the trace."""


class Happened(IntFlag):
    """What a call did, as far as it succeeded."""

    NONE = 0
    OPENED = 1 << 0
    OPENED_READ = 1 << 1
    OPENED_WRITE = 1 << 2
    CREATED = 1 << 3
    """An open created its file, which did not exist."""
    MAY_CREATE = 1 << 4
    """An open had leave to create its file; whether it existed is not told."""
    TRUNCATED = 1 << 5
    READ = 1 << 6
    WROTE = 1 << 7
    CLOSED = 1 << 8
    CONNECTED = 1 << 9
    """Also where the connection was begun, and the call did not wait for it."""
    ACCEPTED = 1 << 10
    BOUND = 1 << 11
    LISTENING = 1 << 12
    EXECUTED = 1 << 13
    CREATED_PROCESS = 1 << 14
    EXITED = 1 << 15
    CHANGED_USER = 1 << 16
    TRACED = 1 << 17
    """ptrace, and other calls that reach into a process."""
    CHANGED_FOLDER = 1 << 18
    CHANGED_ROOT = 1 << 19
    RENAMED = 1 << 20
    REMOVED = 1 << 21
    LINKED = 1 << 22
    CREATED_FOLDER = 1 << 23
    MOUNTED = 1 << 24
    CHANGED_NAMESPACE = 1 << 25
    MADE_SOCKET = 1 << 26
    SIGNALLED = 1 << 27
    CREATED_NODE = 1 << 28
    """A device, a named pipe or another node was made by mknod."""
    CHANGED_FILE = 1 << 29
    """Owner, mode, size, times or extended attributes of a file."""


@dataclass(frozen=True, slots=True)
class ResolvedCall:
    """One system call, from up to four rows: enter and exit, each raw and decoded."""

    name: str
    """The system call's name; its number in words if it has none."""
    sysno: int
    conn: int
    pid: int
    """Thread group id; 0 if not collected."""
    tid: int
    """0 if not collected."""
    process: Process | None
    """None if it is not known."""
    enter: int | None
    """The row of its enter, the decoded one if there are two; None if the trace has none."""
    exit: int | None
    raw_enter: int | None
    """The row of its raw enter, where a decoded row tells of the same; else None."""
    raw_exit: int | None
    outcome: Outcome
    errno: int
    """The error of a failed call; 0 for others, and where the sandbox does not send it."""
    result: int | None
    """None where the call has not returned, or failed."""
    duration_ns: int | None
    fd: int | None
    """The descriptor that the call is about: for one that makes a descriptor, the new one."""
    description: Description | None
    """What that descriptor is; None if there is none, or it is not known any more."""
    path: str
    """The path that the call is about: absolute and normal if its folder is known, else relative;
    for a call about a descriptor, what the descriptor is called; "" if not known."""
    given: str
    """The path as the program gave it; "" for a call without one."""
    address: str
    """The socket address of the call, as `parse_sockaddr` puts it; "" for none, or if not told."""
    bytes_in: int
    bytes_out: int
    happened: Happened
