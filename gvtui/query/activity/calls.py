"""Which calls the sections of an activity are made from, and which points report them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.resolved.call import Happened
from gvtui.query.resolved.happened import CALLS
from gvtui.query.resolved.transfers import BETWEEN, FILE_IN, FILE_OUT, SOCKET_IN, SOCKET_OUT

if TYPE_CHECKING:
    from collections.abc import Collection

NEEDED = {
    "which programs run": "sentry/execve sentry/clone sentry/task_exit container/start execve",
    "which code is mapped": "sentry/mmap",
    "which files are opened": "open openat creat openat2",
    "what is read": FILE_IN,
    "what is written": FILE_OUT,
    "what moves between descriptors": BETWEEN,
    "what is sent and received": f"{SOCKET_OUT} {SOCKET_IN} sendmmsg recvmmsg",
    "what changes files": " ".join(
        CALLS[each]
        for each in (
            Happened.RENAMED,
            Happened.REMOVED,
            Happened.CREATED_FOLDER,
            Happened.LINKED,
            Happened.CREATED_NODE,
        )
    ),
    "owners, modes, sizes, times and attributes": CALLS[Happened.CHANGED_FILE],
    "the network": "socket connect accept accept4 bind listen",
    "the user": CALLS[Happened.CHANGED_USER],
    "mounts": CALLS[Happened.MOUNTED],
    "namespaces and roots": f"{CALLS[Happened.CHANGED_NAMESPACE]} {CALLS[Happened.CHANGED_ROOT]}",
    "looking into processes": CALLS[Happened.TRACED],
}
"""What a report tells of, with the calls and events that tell it."""

OF_SECTIONS = {
    "deleted": CALLS[Happened.REMOVED],
    "renamed": CALLS[Happened.RENAMED],
    "linked": CALLS[Happened.LINKED],
    "folders_made": CALLS[Happened.CREATED_FOLDER],
    "nodes": CALLS[Happened.CREATED_NODE],
    "mounts": CALLS[Happened.MOUNTED],
    "permissions": CALLS[Happened.CHANGED_FILE],
}
"""The calls of sections that are made of the calls of one kind."""


@cache
def points_of(name: str, architecture: str) -> tuple[str, ...]:
    """The points whose messages tell that a call was made: decoded and raw, exit; or an event."""
    if "/" in name:
        return (name,)
    number = sysnos_by_name(architecture).get(name)
    if number is None:
        return ()
    return (f"syscall/{name}/exit", f"syscall/sysno/{number}/exit")


@cache
def _offered(architecture: str) -> frozenset[str]:
    return frozenset(each.name for each in bundled_catalogue(architecture))


def untraced(on: Collection[str], architecture: str) -> dict[str, list[str]]:
    """For each thing that a report tells of, the calls of which no point is among those given.

    Args:
        on: names of points.
        architecture: of the sandbox; calls that it lacks are left out, and those for which no
            release of gVisor has a point, since none has the call.
    """
    found: dict[str, list[str]] = {}
    offered = _offered(architecture)
    for subject, names in NEEDED.items():
        lacking = []
        for name in names.split():
            points = points_of(name, architecture)
            if not offered.isdisjoint(points) and not any(point in on for point in points):
                lacking.append(name)
        # Whoever reports a program's start reports its call: one of the two is enough.
        if lacking == ["execve"]:
            lacking = []
        if lacking:
            found[subject] = lacking
    return found
