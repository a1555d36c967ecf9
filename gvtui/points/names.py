"""Finds the name of the trace point that sent a message."""

from __future__ import annotations

import functools

from gvtui.points.syscalls import ARCHITECTURES, syscall_name
from gvtui.wire.messages import KINDS, RAW_SYSCALL

_CALLS = {
    number: frozenset(names.split())
    for number, names in {
        7: "open openat creat",
        8: "close",
        9: "read readv pread64 preadv preadv2",
        10: "connect",
        11: "execve execveat",
        12: "socket",
        13: "chdir fchdir",
        14: "setuid setgid setsid",
        15: "setresuid setresgid",
        16: "prlimit64",
        17: "pipe pipe2",
        18: "fcntl",
        19: "dup dup2 dup3",
        20: "signalfd signalfd4",
        21: "chroot",
        22: "eventfd eventfd2",
        23: "clone",
        24: "bind",
        25: "accept accept4",
        26: "timerfd_create",
        27: "timerfd_settime",
        28: "timerfd_gettime",
        29: "fork vfork",
        30: "inotify_init inotify_init1",
        31: "inotify_add_watch",
        32: "inotify_rm_watch",
        33: "socketpair",
        34: "write writev pwrite64 pwritev pwritev2",
        36: "mmap",
        37: "listen",
        38: "ptrace",
    }.items()
}
"""The system calls that each message type is sent for."""


@functools.lru_cache(maxsize=8192)
def architecture_of_call(message_type: int, sysno: int) -> str | None:
    """The architecture on which alone that sysno sends this message type; None if not just one."""
    calls = _CALLS.get(message_type, frozenset())
    fitting = [name for name in ARCHITECTURES if syscall_name(sysno, name) in calls]
    return fitting[0] if len(fitting) == 1 else None


def _call_name(message_type: int, sysno: int, architecture: str) -> str | None:
    own = syscall_name(sysno, architecture)
    if own is not None and own in _CALLS.get(message_type, ()):
        return own
    other = architecture_of_call(message_type, sysno)
    return syscall_name(sysno, other) if other is not None else own


@functools.lru_cache(maxsize=8192)
def point_name(message_type: int, sysno: int, direction: str | None, architecture: str) -> str:
    """The name of the point that sends this message.

    `syscall/openat/enter` for a decoded call, `syscall/sysno/35/exit` for a raw one,
    `sentry/clone` for other events, `unknown/77` for a message type that is not known. A decoded
    call that the architecture cannot have sent gets its name on the other architecture.
    """
    kind = KINDS.get(message_type)
    if kind is None:
        return f"unknown/{message_type}"
    if kind.point is not None:
        return kind.point
    side = "exit" if direction == "X" else "enter"
    if message_type == RAW_SYSCALL:
        return f"syscall/sysno/{sysno}/{side}"
    name = _call_name(message_type, sysno, architecture) or f"{kind.name.lower()}:{sysno}"
    return f"syscall/{name}/{side}"


@functools.lru_cache(maxsize=8192)
def is_listed_point(message_type: int, sysno: int) -> bool:
    """Whether gVisor has a point that sends such a message: a sandbox may send any numbers."""
    kind = KINDS.get(message_type)
    if kind is None:
        return False
    return kind.point is not None or any(syscall_name(sysno, name) for name in ARCHITECTURES)


def event_type(point: str, architecture: str) -> str:
    """The name that a row shows for a point: the system call's, or the event's.

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
