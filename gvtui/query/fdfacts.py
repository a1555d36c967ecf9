"""What the resolved calls tell filters: kinds, folders and addresses of descriptors, by row."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.stdio import plain
from gvtui.query.filter.batch import UNKNOWN
from gvtui.query.filter.fdfields import DESCRIPTOR_FIELDS
from gvtui.query.resolved.description import FdKind
from gvtui.query.source import groups
from gvtui.trace.row import LOST_STRING
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from gvtui.query.resolved.lookup import Resolved

Values = tuple[str, ...]

_CHARACTERS = {
    FdKind.FILE: "f",
    FdKind.DIRECTORY: "d",
    FdKind.IPV4: "4",
    FdKind.IPV6: "6",
    FdKind.UNIX: "u",
    FdKind.PIPE: "p",
    FdKind.EVENT: "e",
    FdKind.TIMER: "t",
    FdKind.SIGNAL: "s",
    FdKind.INOTIFY: "i",
    FdKind.EPOLL: "l",
    FdKind.MEMORY: "m",
}
"""Falco's fd.typechar."""

_ADDRESSED = (MessageType.SYSCALL_CONNECT, MessageType.SYSCALL_BIND)
"""The message types of connect and bind."""

_NO_ADDRESS = "socket:["
"""How the sandbox calls a socket that has no address yet."""

_SOCKETS = [kind for kind in FdKind if kind.is_socket]
_WITH_ENDS = (FdKind.UNKNOWN, FdKind.IPV4, FdKind.IPV6)

_PROTOCOLS = {1: "tcp", 2: "udp"}
"""By the type of a socket of IPv4 or IPv6: SOCK_STREAM and SOCK_DGRAM."""


FD_FIELDS = frozenset(field.name for field in DESCRIPTOR_FIELDS if field.asks_context)
"""The fields that this answers."""


class FdFacts:
    """Answers for rows that have been resolved."""

    def __init__(self, resolved: Resolved) -> None:
        self._resolved = resolved

    def texts(
        self, what: str, start: int, rows: npt.NDArray[np.void]
    ) -> tuple[npt.NDArray[np.intp], Sequence[Values]]:
        """See `FilterContext.texts`."""
        if what == "fd.name":
            return self._names(start, rows)
        result = np.full(len(rows), -1, np.intp)
        known: dict[Values, int] = {}
        for places, subject in self.subjects(start, rows):
            values = self._values(what, *subject)
            if values:
                result[places] = known.setdefault(values, len(known))
        return result, list(known)

    def numbers(self, what: str, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """See `FilterContext.numbers`."""
        if what == "fd.id":
            numbers = self._resolved.description_numbers(start, len(rows))
            return np.where(numbers > 0, numbers, UNKNOWN)
        result = np.full(len(rows), UNKNOWN, np.int64)
        for places, subject in self.subjects(start, rows):
            result[places] = self._number(what, *subject)
        return result

    def _number(self, what: str, path: int, number: int, calls: int) -> int:
        if what == "fd.is_server":
            is_server = self.is_server(number, calls)
            return UNKNOWN if is_server is None else int(is_server)
        if what in ("fd.lport", "fd.rport"):
            port = self.sides(path, number, calls)[what == "fd.rport"][1]
        else:
            ends = self._ends(path, number, calls)
            port = ends[what == "fd.sport"][1] if ends is not None else ""
        return int(port) if port.isdecimal() else UNKNOWN

    def subjects(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_] | None = None
    ) -> Iterator[tuple[npt.NDArray[np.intp], tuple[int, int, int]]]:
        """The places of rows that have a text or a description, those with the same together, with
        the numbers of both and the message type of a row that may have an address itself, else
        0; with `asked` only among those rows."""
        paths = self._paths(start, rows)
        numbers = self._resolved.description_numbers(start, len(rows))
        tells = (paths > 0) | (numbers > 0)
        places = np.flatnonzero(tells if asked is None else tells & asked)
        calls = np.where(np.isin(rows["type"], _ADDRESSED), rows["type"], 0)
        for own in groups(places, paths, numbers, calls):
            first = own[0]
            yield own, (int(paths[first]), int(numbers[first]), int(calls[first]))

    def _names(
        self, start: int, rows: npt.NDArray[np.void]
    ) -> tuple[npt.NDArray[np.intp], Sequence[Values]]:
        """What each row is about; an address of IPv4 that is mapped into IPv6 in both forms."""
        paths = self._paths(start, rows)
        is_address = np.isin(self._resolved.kinds(start, len(rows)), _SOCKETS)
        is_address |= np.isin(rows["type"], _ADDRESSED)
        keys, places = np.unique(2 * paths + is_address, return_inverse=True)
        values: list[Values] = []
        for path, is_one in (divmod(key, 2) for key in keys.tolist()):
            text = self._resolved.texts.text(path)
            values.append(tuple(dict.fromkeys((text, plain(text)))) if is_one else (text,))
        return np.where(paths > 0, places.ravel(), -1).astype(np.intp), values

    def _paths(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """The number of each row's text; that of its own address where the socket has none, as
        before a connect and after one that failed."""
        texts = self._resolved.texts
        paths = self._resolved.paths(start, rows)
        own = rows["path"]
        asked = np.flatnonzero(
            np.isin(rows["type"], _ADDRESSED) & (own != 0) & (own != LOST_STRING)
        )
        for number in np.unique(paths[asked]).tolist():
            text = texts.text(number)
            if text and not text.startswith(_NO_ADDRESS):
                continue
            for place in asked[paths[asked] == number].tolist():
                paths[place] = texts.number(self._resolved.string(int(own[place]))) or number
        return paths

    def _values(self, what: str, path: int, number: int, calls: int) -> Values:
        description = self._resolved.descriptions.get(number) if number else None
        kind = description.kind if description is not None else FdKind.UNKNOWN
        if what in ("fd.type", "fd.typechar"):
            if not kind.word:
                return ()
            return (kind.word,) if what == "fd.type" else (_CHARACTERS.get(kind, "o"),)
        if what in ("fd.directory", "fd.filename"):
            text = self._resolved.texts.text(path)
            if kind.is_socket or not text.startswith("/"):
                return ()
            folder, _, name = text.rpartition("/")
            return (folder or "/",) if what == "fd.directory" else (name,)
        if what == "fd.l4proto":
            is_inet = kind in (FdKind.IPV4, FdKind.IPV6)
            word = _PROTOCOLS.get(description.socket_type, "") if description and is_inet else ""
            return (word,) if word else ()
        if what in ("fd.lip", "fd.rip"):
            address = self.sides(path, number, calls)[what == "fd.rip"][0]
            return (address,) if address else ()
        ends = self._ends(path, number, calls)
        if ends is None:
            return ()
        client, server = ends[0][0], ends[1][0]
        if what in ("fd.cip", "fd.cnet"):
            return (client,) if client else ()
        if what in ("fd.sip", "fd.snet"):
            return (server,) if server else ()
        return tuple(filter(None, (client, server)))

    def _ends(
        self, path: int, number: int, calls: int
    ) -> tuple[tuple[str, str], tuple[str, str]] | None:
        """Address and port of the client and of the server; None for what is no such socket.

        Where the socket is not known, as in a failed connect, the row itself may have an address.
        """
        description = self._resolved.descriptions.get(number) if number else None
        if description is None and not calls:
            return None
        if description is not None and description.kind not in _WITH_ENDS:
            return None
        client, arrow, server = self._resolved.texts.text(path).partition("->")
        # Where only one address is known, it is where a server listens or a client connects to.
        return (_parts(client), _parts(server)) if arrow else (("", ""), _parts(client))

    def sides(self, path: int, number: int, calls: int) -> tuple[tuple[str, str], tuple[str, str]]:
        """Address and port of the sandbox's own end of a socket, and of the other end; "" for what
        is not known.

        Args:
            path: the number of the row's text.
            number: the number of its description.
            calls: the message type of connect or bind; 0 for other rows.
        """
        ends = self._ends(path, number, calls)
        if ends is None:
            return ("", ""), ("", "")
        client, server = ends
        if self.is_server(number, calls):
            return server, client
        description = self._resolved.descriptions.get(number) if number else None
        text = self._resolved.texts.text(path)
        goes_out = calls == MessageType.SYSCALL_CONNECT or "->" in text
        if goes_out or (description is not None and text == description.remote):
            return client, server
        # The only address that is known is that to which it is bound.
        return server, ("", "")

    def is_server(self, number: int, calls: int) -> bool | None:
        """Whether a connection was accepted, and not made; None for what is none, as far as known.

        Args:
            number: the number of the socket's description.
            calls: the message type of connect or bind; 0 for other rows.
        """
        description = self._resolved.descriptions.get(number) if number else None
        if description is not None and description.is_server:
            return True
        goes_out = calls == MessageType.SYSCALL_CONNECT
        return False if goes_out or (description is not None and description.remote) else None


def _parts(text: str) -> tuple[str, str]:
    """Address and port; an IPv4 address that is mapped into IPv6 as IPv4."""
    host, _, port = text.rpartition(":")
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return "", ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address), port
