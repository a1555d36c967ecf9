"""Which calls the sections of an activity are made from, and which points report them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.resolved.call import Happened
from gvtui.query.resolved.happened import CALLS

if TYPE_CHECKING:
    from collections.abc import Collection

NEEDED = {
    "which programs run": "sentry/execve sentry/clone sentry/task_exit container/start execve",
    "which code is mapped": "sentry/mmap",
    "which files are opened": "open openat creat openat2",
    "what is read": "read pread64 readv preadv preadv2",
    "what is written": "write pwrite64 writev pwritev pwritev2",
    "what moves between descriptors": CALLS[Happened.READ | Happened.WROTE],
    "what is sent and received": "sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg",
    "what changes files": " ".join(
        CALLS[each]
        for each in (
            Happened.RENAMED,
            Happened.REMOVED,
            Happened.CREATED_FOLDER,
            Happened.LINKED,
        )
    ),
    "owners, modes and sizes": (
        "chmod fchmod fchmodat chown fchown lchown fchownat truncate ftruncate"
    ),
    "the network": "socket connect accept accept4 bind listen",
    "the user": "setuid setgid setreuid setregid setresuid setresgid",
    "mounts": "mount umount2",
    "namespaces and roots": f"{CALLS[Happened.CHANGED_NAMESPACE]} {CALLS[Happened.CHANGED_ROOT]}",
    "looking into processes": CALLS[Happened.TRACED],
}
"""What a report tells of, with the calls and events that tell it."""

PERMISSIONS = (
    "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat truncate ftruncate".split()
)

WITHOUT_PATH = {
    "deleted": CALLS[Happened.REMOVED],
    "renamed": CALLS[Happened.RENAMED],
    "linked": CALLS[Happened.LINKED],
    "folders_made": CALLS[Happened.CREATED_FOLDER],
    "mounts": CALLS[Happened.MOUNTED],
    "permissions": "chmod fchmodat fchmodat2 chown lchown fchownat truncate",
}
"""Sections whose calls have raw points alone, which carry the address of a path and not the path."""


@cache
def points_of(name: str, architecture: str) -> tuple[str, ...]:
    """The points whose messages tell that a call was made: decoded and raw, exit; or an event."""
    if "/" in name:
        return (name,)
    number = sysnos_by_name(architecture).get(name)
    if number is None:
        return ()
    return (f"syscall/{name}/exit", f"syscall/sysno/{number}/exit")


def untraced(on: Collection[str], architecture: str) -> dict[str, list[str]]:
    """For each thing that a report tells of, the calls of which no point is among those given.

    Args:
        on: names of points.
        architecture: of the sandbox; calls that it lacks are left out.
    """
    found: dict[str, list[str]] = {}
    for subject, names in NEEDED.items():
        lacking = []
        for name in names.split():
            points = points_of(name, architecture)
            if points and not any(point in on for point in points):
                lacking.append(name)
        # Whoever reports a program's start reports its call: one of the two is enough.
        if lacking == ["execve"]:
            lacking = []
        if lacking:
            found[subject] = lacking
    return found
