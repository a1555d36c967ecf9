"""The additional points that a user can have traced for a process, from a row of the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.points.edit import set_field, switch_on

if TYPE_CHECKING:
    from gvtui.points.catalogue import Catalogue
    from gvtui.points.session import Session

MORE: tuple[tuple[str, str], ...] = (
    ("paths", "the paths of its file descriptors: fd_path on the calls that are traced"),
    ("files", "its calls on files"),
    ("descriptors", "its calls on file descriptors"),
    ("network", "its sockets"),
    ("processes", "the processes that it starts, and their ends"),
    ("memory", "its memory mappings"),
    ("credentials", "its changes of user and group"),
    ("signals", "its signals"),
    ("time", "its sleeps and clocks"),
    ("ipc", "its System V messages, semaphores and shared memory"),
    ("decoded", "all calls that have fields of their own"),
    ("all", "all system calls, raw ones too: a flood"),
)
"""The choices: each has an id and the words of the menu."""


def more_of_process(choice: str, session: Session, catalogue: Catalogue) -> Session:
    """The session with the points of a choice added.

    Calls that gVisor does not decode are added as raw points.
    """
    if choice == "paths":
        return set_field(session, session.point_names, "optional", "fd_path", True, catalogue)
    decoded = {spec.event for spec in catalogue.schematized}
    if choice == "all":
        names = [spec.name for spec in catalogue if not spec.is_raw or spec.event not in decoded]
    elif choice == "decoded":
        names = [spec.name for spec in catalogue.schematized]
    else:
        names = [
            spec.name
            for spec in catalogue
            if choice in spec.purposes and (not spec.is_raw or spec.event not in decoded)
        ]
    return switch_on(session, names, catalogue)
