"""Counts calls by open file or socket, and by the address at the other end, with their bytes.

Only calls that have returned count: with their exits it is known which file or socket they made.
Such a call counts with each file or socket that one of its rows names which pass the filter: an
accept with the socket that listens and with the one that it made. A call between two descriptors
counts with the first one, its bytes with both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gvtui.query.fdfacts import FdFacts
from gvtui.query.filter.write import literal
from gvtui.query.numbers.tally import OTHER, Tally
from gvtui.query.resolved.description import FdKind
from gvtui.query.source import groups
from gvtui.trace.row import Direction
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gvtui.query.resolved.lookup import Resolved

_MAX_DESCRIPTORS = 50_000
_MAX_REMOTES = 50_000
_MAX_OPEN = 1 << 16
"""Of how many calls the other end is kept until they return."""
_OTHERS = "(others)"
_NOT_TOLD = "(address not told)"
_INET = (FdKind.IPV4, FdKind.IPV6)


class Remote(NamedTuple):
    """Somebody at the other end of connections, as far as known."""

    is_server: bool
    """Whether the sandbox accepted the connections."""
    address: str
    """The other end's IP address, or the path of a Unix socket; "" if not told."""
    port: str = ""
    """The port that was connected to: the other end's, or the sandbox's own if it accepted."""
    is_unix: bool = False

    @property
    def label(self) -> str:
        """The words for it."""
        address = self.address or _NOT_TOLD
        if self.is_unix:
            return f"{'from' if self.is_server else 'to'} unix {address}"
        if self.is_server:
            return f"from {address} to port {self.port or '?'}"
        return f"to [{address}]:{self.port}" if ":" in address else f"to {address}:{self.port}"

    @property
    def filter_text(self) -> str:
        """The filter for its rows."""
        side = f"fd.is_server = {str(self.is_server).lower()}"
        if self.is_unix:
            return f"fd.type = unix and {side} and fd.name = {literal(self.address)}"
        port = "fd.lport" if self.is_server else "fd.rport"
        asked = [_asked("fd.rip", self.address), _asked(port, self.port)]
        return " and ".join([side, *asked])


def _asked(field: str, value: str) -> str:
    return f"{field} = {value}" if value else f"not {field} exists"


class DescriptorCounts:
    """The sums by open file or socket, and by the other end of sockets."""

    def __init__(self, resolved: Resolved) -> None:
        self._resolved = resolved
        self._facts = FdFacts(resolved)
        self.by_descriptor = Tally(max_keys=_MAX_DESCRIPTORS)
        """Sums by the number of the description."""
        self.by_remote = Tally(max_keys=_MAX_REMOTES)
        """Sums by the number of the other end, from 1."""
        self._remotes: list[Remote] = []
        self._numbers: dict[Remote, int] = {}
        self._open: dict[int, int] = {}
        """The numbers of the other ends that enters name whose exits have not been read."""

    @property
    def position(self) -> int:
        """All rows before this one can be counted."""
        return self._resolved.position

    def take_in(
        self,
        start: int,
        rows: npt.NDArray[np.void],
        passed: npt.NDArray[np.bool_],
        enters: npt.NDArray[np.int64],
        ended: npt.NDArray[np.bool_],
        failed: npt.NDArray[np.bool_],
        durations: npt.NDArray[np.int64],
        restarted: npt.NDArray[np.bool_],
        totals: Tally,
    ) -> None:
        """Count the calls that end in a slice of rows.

        Args:
            start: row id of the first of `rows`.
            rows: consecutive rows.
            passed: which rows pass the filter.
            enters: for each exit the id of its enter, if that passes; else -1.
            ended: which of them are exits that count, each call once.
            failed: which exits are of calls that failed.
            durations: nanoseconds; below 0 where not known.
            restarted: which exits are of calls that a signal interrupted.
            totals: the sums over all calls, whose bytes are counted too.
        """
        numbers = self._resolved.description_numbers(start, len(rows))
        came, went = self._resolved.moves(start, rows)
        totals.moved(np.zeros(int(ended.sum()), np.int64), came[ended], went[ended])
        is_enter = passed & (rows["direction"] == Direction.ENTER)
        remotes = self._of_rows(start, rows, ended | is_enter)
        for tally, keys, before in (
            (self.by_descriptor, numbers, self._number_at),
            (self.by_remote, remotes, lambda row: self._open.pop(row, 0)),
        ):
            own, of_enter = np.where(passed, keys, 0), _of_enters(start, keys, enters, before)
            for each in (own, np.where(of_enter != own, of_enter, 0)):
                mine = ended & (each != 0)
                tally.count(each[mine])
                tally.outcome(each[mine], failed[mine], durations[mine], restarted[mine])
                tally.moved(each[mine], came[mine], went[mine])
        is_open = is_enter & (remotes != 0)
        is_open[enters[enters >= start] - start] = False
        for place in np.flatnonzero(is_open).tolist():
            if len(self._open) >= _MAX_OPEN:
                del self._open[next(iter(self._open))]
            self._open[start + place] = int(remotes[place])
        self._second_sides(start, rows, ended, came, went)

    def _second_sides(
        self,
        start: int,
        rows: npt.NDArray[np.void],
        ended: npt.NDArray[np.bool_],
        came: npt.NDArray[np.int64],
        went: npt.NDArray[np.int64],
    ) -> None:
        """Add the bytes that calls such as sendfile moved on their second descriptor; the calls
        themselves are counted with the first."""
        found = self._resolved.second_sides(start, rows)
        if found is None:
            return
        numbers, paths, kinds = found
        mine = ended & (numbers != 0)
        self.by_descriptor.moved(numbers[mine], went[mine], came[mine])
        is_socket = mine & (kinds >= FdKind.SOCKET) & (kinds <= FdKind.UNIX)
        for own in groups(np.flatnonzero(is_socket), numbers, paths):
            remote = self._remote(int(paths[own[0]]), int(numbers[own[0]]), 0)
            if remote is not None:
                keys = np.full(len(own), self._number(remote), np.int64)
                self.by_remote.moved(keys, went[own], came[own])

    def descriptor_words(self, number: int) -> tuple[str, str]:
        """What a descriptor is, and the filter for its rows; the number is the description's."""
        if number == OTHER:
            return _OTHERS, ""
        descriptions = self._resolved.descriptions
        known = descriptions.get(number)
        if known is None:
            name = self._resolved.texts.text(descriptions.name_at(number, 0))
            kind = FdKind(descriptions.kind_column()[number])
            return name or kind.word or "?", f"fd.id = {number}"
        process = self._resolved.processes.get(known.process)
        whose = f" of {process.pid or '?'} {process.name}".rstrip() if process is not None else ""
        name = " ".join(filter(None, (known.name or known.kind.word or "?", known.connection)))
        return f"{name}   {known.fd}{whose}", f"fd.id = {number}"

    def remote_words(self, number: int) -> tuple[str, str]:
        """What the other end of sockets is, and the filter for its rows."""
        if number == OTHER:
            return _OTHERS, ""
        remote = self._remotes[number - 1]
        return remote.label, remote.filter_text

    def _number_at(self, row: int) -> int:
        return int(self._resolved.description_numbers(row, 1)[0])

    def _of_rows(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int64]:
        """For each row that is asked for the number of the other end of its socket; 0 for none."""
        found = np.zeros(len(rows), np.int64)
        kinds = self._resolved.kinds(start, len(rows))
        may_be = (kinds >= FdKind.SOCKET) & (kinds <= FdKind.UNIX)
        may_be |= rows["type"] == MessageType.SYSCALL_CONNECT
        asked = asked & may_be
        if not asked.any():
            return found
        for places, (path, number, calls) in self._facts.subjects(start, rows, asked):
            remote = self._remote(path, number, calls)
            if remote is not None:
                found[places] = self._number(remote)
        return found

    def _remote(self, path: int, number: int, calls: int) -> Remote | None:
        is_server = self._facts.is_server(number, calls)
        if is_server is None:
            return None
        description = self._resolved.descriptions.get(number) if number else None
        if description is not None and description.kind is FdKind.UNIX:
            name = self._resolved.texts.text(path)
            return Remote(is_server, name, is_unix=True) if name.startswith(("/", "@")) else None
        own, other = self._facts.sides(path, number, calls)
        port = (own if is_server else other)[1]
        return Remote(is_server, other[0], port) if other[0] or (is_server and port) else None

    def _number(self, remote: Remote) -> int:
        known = self._numbers.get(remote)
        if known is None:
            if len(self._remotes) >= _MAX_REMOTES:
                return OTHER
            self._remotes.append(remote)
            known = self._numbers[remote] = len(self._remotes)
        return known


def _of_enters(
    start: int,
    keys: npt.NDArray[np.int64],
    enters: npt.NDArray[np.int64],
    before: Callable[[int], int],
) -> npt.NDArray[np.int64]:
    """The keys of enters; 0 for those that are -1.

    Args:
        start: row id of the first of some rows.
        keys: their keys.
        enters: the ids of the enters.
        before: gives the key of an earlier row.
    """
    found = np.zeros(len(enters), np.int64)
    is_inside = enters >= start
    found[is_inside] = keys[enters[is_inside] - start]
    for place in np.flatnonzero((enters >= 0) & ~is_inside).tolist():
        found[place] = before(int(enters[place]))
    return found
