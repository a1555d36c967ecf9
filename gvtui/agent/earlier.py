"""Asks sandboxes what ran in them before their session, and has the trace note the answer.

A session tells of processes from its beginning on. One that begins in a running container lacks those
that ran before, which its runsc lists (`runsc trace procfs`). A session that begins with its
container tells all; its sandbox need not be asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gvtui.agent.containers import sandbox_ids
from gvtui.agent.noting import note_patiently
from gvtui.agent.procfs import marks_of, parse_procfs
from gvtui.agent.runsc import RunscError
from gvtui.errors import GvtuiError
from gvtui.points.runsc_command import parse_runsc_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gvtui.agent.procfs import Dump
    from gvtui.agent.runsc import Runsc
    from gvtui.trace.connection import Connection
    from gvtui.trace.connections import Connections
    from gvtui.trace.procfs import ProcessesMark

_Found = TypeVar("_Found")

_MOST_MEMBERS = 64
"""How many containers of a pod are asked for their processes; a pod has a few."""
_NOTE_SECONDS = 5.0
"""How many seconds the monitor may take to write a dump to the trace."""


class Unasked:
    """The connections whose sandboxes have not been asked, and need to be."""

    def __init__(self) -> None:
        self._settled: set[int] = set()
        """Those whose sandbox has been asked, or need not be asked."""

    def due(
        self, connections: Connections, find: Callable[[Connection], _Found | None]
    ) -> Iterator[tuple[int, _Found]]:
        """The connections to ask for now, each with what is found for it; each is given once.

        Args:
            connections: those of the trace, as far as it has been read.
            find: gives whom to ask for a connection; None if that is not known yet.
        """
        if len(self._settled) > 2 * len(connections):
            self._settled.intersection_update(connections)
        for connection in connections.values():
            if connection.conn in self._settled or not connection.connected:
                continue
            if _tells_all(connection):
                self._settled.add(connection.conn)
            elif (found := find(connection)) is not None:
                self._settled.add(connection.conn)
                yield connection.conn, found

    def settle(self, conn: int) -> None:
        """Note that a connection's sandbox is asked, or need not be."""
        self._settled.add(conn)


def _tells_all(connection: Connection) -> bool:
    """Whether the session began before its container's first process."""
    command = parse_runsc_command(connection.command)
    return command.starts_container or bool(connection.container_args)


def in_containers(connections: Connections, containers: frozenset[str]) -> list[Connection]:
    """The open connections of the sandboxes that have one of some containers."""
    return [
        each
        for each in (connections.values() if containers else ())
        if each.connected and not containers.isdisjoint({each.container_id, *each.container_args})
    ]


def processes_in(runsc: Runsc, root: Path, sandbox_id: str) -> Dump:
    """The processes that run in a sandbox now, each with the container that it belongs to.

    Raises:
        RunscError: the sandbox could not be asked.
    """
    dump = parse_procfs(runsc.procfs(root, sandbox_id))
    members = [member for member, sandbox in sandbox_ids(root).items() if sandbox == sandbox_id]
    if len(members) < 2:
        return dump.in_containers({entry.pid: each for each in members for entry in dump.entries})
    container_of: dict[int, str] = {}
    for member in sorted(members)[:_MOST_MEMBERS]:
        try:
            container_of |= dict.fromkeys(runsc.pids(root, member), member)
        except RunscError as error:
            if error.call is None or not error.call.answered:
                break
    return dump.in_containers(container_of)


def note_processes(
    note: Callable[[ProcessesMark, int], bool],
    dump: Dump,
    sandbox_id: str,
    conn: int,
    taken_ns: int,
    seconds: float = _NOTE_SECONDS,
) -> str:
    """Have the monitor write a dump to the trace; blocks while it cannot.

    Args:
        note: asks the monitor to write a connection's mark; gives False if it cannot now.
        dump: the processes.
        sandbox_id: the sandbox's ID.
        conn: the connection that the processes belong to.
        taken_ns: when the sandbox was asked, Unix time in nanoseconds.
        seconds: how long to try for each mark.

    Returns:
        A sentence on what was noted.

    Raises:
        GvtuiError: the monitor could not write it.
    """
    text = ""
    for mark in marks_of(dump, sandbox_id, taken_ns):
        text = text or mark.text
        if not note_patiently(note, mark, conn, seconds):
            raise GvtuiError("the monitor did not write them to the trace")
    return text
