"""Names of trace points, from the messages that they send."""

from __future__ import annotations

import functools

from gvtui.points.syscalls import syscall_name
from gvtui.wire.messages import KINDS, RAW_SYSCALL


@functools.lru_cache(maxsize=8192)
def point_name(message_type: int, sysno: int, direction: str | None, architecture: str) -> str:
    """The point that sends such a message.

    `syscall/openat/enter` for a decoded call, `syscall/sysno/35/exit` for a raw one,
    `sentry/clone` for other events, `unknown/77` for a message type that is not known.
    """
    kind = KINDS.get(message_type)
    if kind is None:
        return f"unknown/{message_type}"
    if kind.point is not None:
        return kind.point
    side = "exit" if direction == "X" else "enter"
    if message_type == RAW_SYSCALL:
        return f"syscall/sysno/{sysno}/{side}"
    name = syscall_name(sysno, architecture) or f"{kind.name.lower()}:{sysno}"
    return f"syscall/{name}/{side}"


def event_type(point: str, architecture: str) -> str:
    """What a row shows for a point: the system call's name, or the event's.

    `syscall/openat/enter` gives `openat`, `syscall/sysno/35/exit` gives `nanosleep`,
    `sentry/clone` gives `sentry/clone`. A number without a name stays `sysno/999`.
    """
    parts = point.split("/")
    if parts[0] != "syscall":
        return point
    if parts[1] == "sysno" and len(parts) > 2:
        number = parts[2]
        name = syscall_name(int(number), architecture) if number.isdigit() else None
        return name or f"sysno/{number}"
    return parts[1]
