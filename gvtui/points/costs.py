"""Hints on points and fields that slow the traced programs or send many messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.points.catalogue import PointSpec, is_raw
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.points.session import Session

_TOO_LARGE = "a message too large for the send buffer (gvtui doctor tells how large) is lost"

_HASHED = (
    "the sandbox reads and hashes each binary that is executed; it keeps the digests of 512 "
    "(execve_hash_cache_capacity)"
)

FIELD_COSTS = {
    "fd_path": "the sandbox looks up a path for each call",
    "envv": f"whole environments, and {_TOO_LARGE}",
    "env": "the whole environment of each container that starts",
    "cwd": "the sandbox looks up a path for each message",
    "credentials": "adds the user and group ids to each message",
    "binary_info": "the sandbox looks at each binary that is executed",
    "binary_sha256": _HASHED,
    "binary_sha1": _HASHED,
    "fd_info": "three look-ups for each program that starts",
    "pipe_proc_info": "for each program that starts, the sandbox searches the descriptors of all "
    "processes with the same parent",
}
"""The hint for each costly field, by its name."""

_BUSY = frozenset(
    "read write readv writev pread64 pwrite64 preadv pwritev close futex clock_gettime "
    "epoll_wait epoll_pwait poll ppoll select recvfrom sendto recvmsg sendmsg gettimeofday "
    "sched_yield lseek".split()
)

ALL_RAW = 100
"""From how many raw points on a session is called a flood."""


def point_cost(spec: PointSpec) -> str:
    """A hint for a point that fires very often or sends large messages; "" for others."""
    if spec.name == "sentry/execve":
        return f"sends the whole environment, whatever is asked for, and {_TOO_LARGE}"
    if spec.event in _BUSY:
        return "programs call this very often: expect many messages"
    return ""


def session_costs(session: Session) -> list[str]:
    """Hints for a session as a whole, the heaviest first."""
    hints = []
    raw = sum(1 for point in session.points if is_raw(point.name))
    if raw >= ALL_RAW:
        hints.append(
            f"{raw} raw points: every system call is sent twice, which slows programs that make "
            "many and drops points unless the sink retries"
        )
    counts: dict[str, int] = {}
    for point in session.points:
        for name in (*point.optional_fields, *point.context_fields):
            if name in FIELD_COSTS:
                counts[name] = counts.get(name, 0) + 1
    hints += [
        f"{name} on {counted(count, 'point')}: {FIELD_COSTS[name]}"
        for name, count in sorted(counts.items(), key=lambda item: -item[1])
    ]
    return hints
