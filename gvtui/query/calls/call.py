"""What is known of one call: its rows, how long it took or has been running, what it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Unpaired(Enum):
    """Why a row has no partner; the value is the text for the user."""

    NOT_A_CALL = "not a system call"
    NOT_READ = "not read yet"
    IN_FLIGHT = "still running"
    EXIT_NOT_SEEN = "its exit was not seen"
    ENTER_NOT_SEEN = "its enter was not seen"
    THREAD_ENDED = "the thread ended in this call"
    CONNECTION_CLOSED = "the connection ended during this call"
    NO_THREAD_ID = "thread_id is not collected"
    GONE = "its partner was removed from the trace"


class Call(NamedTuple):
    """The rows of a system call that the trace has."""

    enter: int | None
    exit: int | None
    duration_ns: int | None


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that has not returned yet."""

    row: int
    conn: int
    pid: int
    tid: int
    message_type: int
    sysno: int
    since_ns: int
    """When it began, Unix nanoseconds: when that was received, as the end of its connection was, and
    the newest row; by the sandbox's clock where nothing tells."""
    has_exits: bool = True
    """Whether an exit of such a call has been seen; else the session may not send them."""
    until_ns: int = 0
    """When its connection ended, Unix nanoseconds; 0 while it stands."""

    def age_ns(self, now_ns: int) -> int:
        """How long it has been running, or had when its connection ended."""
        return max(0, (self.until_ns or now_ns) - self.since_ns)
