"""Made-up streams of execs, in each order and with drops."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from gvtui.trace.row import Flag
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.messagetype import MessageType
from tests.query.memory import enter, leave, make_row

NUMBER, AT_NUMBER, READ = 59, 322, 0


@dataclass(frozen=True, repr=False)
class Event:
    """A row: what it is, whose, and how many points were dropped by then."""

    what: str
    """`E`, `X`, `F` (an exit with an error), `I` (`sentry/execve`), `O`, `bad`."""
    tid: int = 1
    dropped: int = 0
    is_raw: bool = False
    is_at: bool = False
    conn: int = 1
    error: int = 0

    def __repr__(self) -> str:
        raw, at = "r" * self.is_raw, "@" * self.is_at
        return f"{raw}{self.what}{at}:{self.conn}.{self.tid}-{self.dropped}"

    def row(self) -> dict[str, int]:
        type_ = RAW_SYSCALL if self.is_raw else MessageType.SYSCALL_EXECVE
        number = AT_NUMBER if self.is_at else NUMBER
        about = {"conn": self.conn, "dropped": self.dropped}
        if self.what == "E":
            return enter(self.tid, number, type=type_, **about)
        if self.what == "X":
            return leave(self.tid, number, type=type_, **about)
        if self.what == "F":
            return leave(self.tid, number, type=type_, errno=self.error, **about)
        if self.what == "I":
            return make_row(type=MessageType.SENTRY_EXEC, tid=self.tid, **about)
        if self.what == "O":
            return enter(self.tid, READ, **about)
        return make_row(type=MessageType.SYSCALL_EXECVE, flags=Flag.MALFORMED, **about)


@st.composite
def exec_streams(draw: st.DrawFn) -> list[Event]:
    events: list[Event] = []
    dropped = 0
    for _ in range(draw(st.integers(0, 18))):
        dropped += draw(st.sampled_from((0, 0, 0, 0, 0, 0, 1)))
        common: dict[str, Any] = {
            "tid": draw(st.sampled_from((1, 1, 1, 2, 0))),
            "dropped": dropped,
            "is_at": draw(st.sampled_from((False, False, True))),
            "conn": draw(st.sampled_from((1, 1, 1, 2))),
        }
        pattern = draw(
            st.sampled_from(
                ("E X I", "E X O", "E I X", "X I", "E rX X I", "O", "E", "X", "F", "I", "bad", "rX")
            )
        )
        for word in pattern.split():
            error = draw(st.sampled_from((errno.ENOENT, errno.EFAULT))) if word == "F" else 0
            is_raw = word.startswith("r")
            events.append(Event(word.removeprefix("r"), is_raw=is_raw, error=error, **common))
    return events
