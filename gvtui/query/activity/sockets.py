"""Sockets: who talked to whom, in which direction, and how many bytes went through."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.calls.begun import goes_on
from gvtui.query.resolved.call import Happened
from gvtui.query.resolved.description import FdKind
from gvtui.query.source import groups

if TYPE_CHECKING:
    from gvtui.query.activity.lines import ActivityLines
    from gvtui.query.activity.part import ActivityPart
    from gvtui.query.resolved.description import Description
    from gvtui.query.resolved.lookup import Resolved
    from gvtui.query.source import RowSource

_CONNECTED, _ACCEPTED = int(Happened.CONNECTED), int(Happened.ACCEPTED)
_LISTENING, _MADE_SOCKET = int(Happened.LISTENING), int(Happened.MADE_SOCKET)
_NOT_TOLD = "(address not told)"
_TYPES: dict[int, str] = {
    socket.SOCK_STREAM: "stream",
    socket.SOCK_DGRAM: "datagram",
    socket.SOCK_RAW: "raw",
}
_INET = {"stream": "tcp", "datagram": "udp"}


class Sockets:
    """The sockets of the rows that were read."""

    def __init__(self, trace: RowSource, resolved: Resolved) -> None:
        self._trace = trace
        self._resolved = resolved

    def take_in(self, part: ActivityPart, lines: ActivityLines) -> None:
        """Read a slice of rows."""
        happened, came, went = part.happened, part.came, part.went
        is_socket = (part.kinds >= FdKind.SOCKET) & (part.kinds <= FdKind.UNIX)
        done = _CONNECTED | _ACCEPTED | _LISTENING | _MADE_SOCKET
        acts = ((happened & done) != 0) | (came > 0) | (went > 0)
        places = np.flatnonzero(acts & (is_socket | ((happened & done) != 0)))
        begun = goes_on(part.rows)
        for own in groups(places, part.numbers, part.paths, happened, begun):
            found = self._line(
                self._resolved.descriptions.get(int(part.numbers[own[0]])),
                self._resolved.texts.text(int(part.paths[own[0]])),
                int(happened[own[0]]),
            )
            if found is not None:
                section, what, details = found
                lines.add(
                    section,
                    what,
                    part.row_ids(own),
                    sorted(map(lines.name_of_call, set(part.calls[own].tolist()))),
                    details=details,
                    bytes_in=int(came[own].sum()),
                    bytes_out=int(went[own].sum()),
                    is_begun=bool(begun[own[0]]),
                )

    def _line(
        self, description: Description | None, name: str, flags: int
    ) -> tuple[str, str, str] | None:
        """The section, the words and the details of what was done with a socket."""
        kind = description.kind if description is not None else FdKind.UNKNOWN
        sort = _TYPES.get(description.socket_type, "") if description is not None else ""
        if flags & _MADE_SOCKET:
            is_other = kind is FdKind.SOCKET and description is not None
            if not is_other or description is None or description.family < 0:
                return None
            family = _family(description.family)
            return "sockets", f"{family} {sort}".strip(), ""
        if kind in (FdKind.IPV4, FdKind.IPV6):
            details = _INET.get(sort, sort)
        else:
            details = "unix" if kind is FdKind.UNIX else ""
        if flags & _LISTENING:
            return "listening", name or _NOT_TOLD, details
        if description is None:
            section = "accepted" if flags & _ACCEPTED else "connected"
            return section, name or _NOT_TOLD, details
        if kind is FdKind.UNIX and description.peer:
            # Both ends are the sandbox's own.
            return None
        if kind is FdKind.UNIX:
            section = "accepted" if description.is_server else "connected"
            return section, name or _NOT_TOLD, details
        if kind is FdKind.SOCKET and description.family >= 0:
            return "sockets", f"{_family(description.family)} {sort}".strip(), ""
        client, arrow, server = name.rpartition("->")
        if description.is_server:
            host = client.rpartition(":")[0] or client
            return "accepted", f"{host or _NOT_TOLD} to {server or _NOT_TOLD}", details
        if arrow or flags & _CONNECTED or (server and server == description.remote):
            return "connected", server or _NOT_TOLD, details
        return "connected", _NOT_TOLD, details


def _family(number: int) -> str:
    try:
        return socket.AddressFamily(number).name
    except ValueError:
        return f"family {number}"
