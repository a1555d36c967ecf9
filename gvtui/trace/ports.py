"""Finds out whether a sandbox sends ports of stdin, stdout and stderr with swapped bytes.

The releases that gvtui knows do, but a later one may not. A recording shows it if it has the calls
that made the socket: the addresses of connect, bind, accept and listen are right.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gvtui.trace.row import LOST_STRING
from gvtui.wire.header import WireError
from gvtui.wire.messages import Decoded, decode
from gvtui.wire.messagetype import WITH_ADDRESS, MessageType
from gvtui.wire.pb import sentry_pb2
from gvtui.wire.ports import ends_of, turned
from gvtui.wire.sockaddr import ip_text

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.trace.row import Row

_CHUNK = 1 << 14
LOOK_BACK = 16 * _CHUNK
"""How many rows before an exec are searched."""
_MAPPED = bytes(10) + b"\xff\xff"
"""What stands before an IPv4 address that is mapped into IPv6 (RFC 4291, 2.5.5.2)."""
_MAX_CHUNKS = 32
_MAX_VERDICTS = 4096
_OTHER_EXECS = 16
"""How many earlier execs of a sandbox are used if an exec has no rows for its own sockets."""

_Addresses = dict[int, frozenset[str]]
"""By connection."""


class _Source(Protocol):
    first_row: int

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]: ...
    def row(self, index: int) -> Row: ...
    def string(self, number: int) -> str: ...
    def payload(self, index: int) -> bytes: ...


class PortOrder:
    """Decides for each exec of a trace, by earlier rows, whether its ports are swapped.

    The answer for a row does not change as the trace grows, so live and replay show the same.
    """

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._chunks: OrderedDict[int, _Addresses] = OrderedDict()
        self._verdicts: OrderedDict[int, bool] = OrderedDict()

    def read(self, index: int, decoded: Decoded) -> Decoded:
        """The row's message with `ports_turned` set."""
        message = decoded.message
        if not isinstance(message, sentry_pb2.ExecveInfo) or not ends_of(message):
            return decoded
        if index not in self._verdicts:
            if len(self._verdicts) >= _MAX_VERDICTS:
                self._verdicts.popitem(last=False)
            own = self._told(index, message)
            self._verdicts[index] = self._told_by_others(index) if own is None else own
        return decoded if self._verdicts[index] else decoded._replace(ports_turned=False)

    def _told(self, index: int, message: sentry_pb2.ExecveInfo) -> bool | None:
        """Whether the sockets' own rows show swapped ports; None if there are no such rows."""
        seen = self._addresses(index)
        are_right = False
        for end in ends_of(message).values():
            as_sent, as_turned = (
                any(_texts(end.ip, port) & each for each in seen)
                for port in (end.port, turned(end.port))
            )
            if as_turned and not as_sent:
                return True
            are_right |= as_sent and not as_turned
        return False if are_right else None

    def _told_by_others(self, index: int) -> bool:
        conn = self._source.row(index).conn
        asked = 0
        for start, stop in self._stretches(index):
            rows = self._source.rows(start, stop)
            is_exec = (rows["type"] == MessageType.SENTRY_EXEC) & (rows["conn"] == conn)
            for place in np.flatnonzero(is_exec)[::-1].tolist():
                asked += 1
                if asked > _OTHER_EXECS:
                    return True
                told = self._told_of(start + place)
                if told is not None:
                    return told
        return True

    def _told_of(self, index: int) -> bool | None:
        try:
            message = decode(self._source.payload(index)).message
        except (WireError, IndexError):
            return None
        if not isinstance(message, sentry_pb2.ExecveInfo) or not ends_of(message):
            return None
        return self._told(index, message)

    def _stretches(self, index: int) -> list[tuple[int, int]]:
        """The ranges of rows to search before a row, cut at chunks, the nearest first."""
        oldest = max(self._source.first_row, index - LOOK_BACK)
        cuts = []
        stop = index
        while stop > oldest:
            start = max((stop - 1) // _CHUNK * _CHUNK, oldest)
            cuts.append((start, stop))
            stop = start
        return cuts

    def _addresses(self, index: int) -> list[frozenset[str]]:
        """The addresses of the sandbox's sockets in the rows before a row."""
        conn = self._source.row(index).conn
        found = (self._in_stretch(start, stop) for start, stop in self._stretches(index))
        return [each[conn] for each in found if conn in each]

    def _in_stretch(self, start: int, stop: int) -> _Addresses:
        is_whole = start % _CHUNK == 0 and stop - start == _CHUNK
        if is_whole and start in self._chunks:
            self._chunks.move_to_end(start)
            return self._chunks[start]
        rows = self._source.rows(start, stop)
        rows = rows[np.isin(rows["type"], WITH_ADDRESS) & (rows["path"] > LOST_STRING)]
        found: _Addresses = {}
        for conn in np.unique(rows["conn"]).tolist():
            numbers = np.unique(rows["path"][rows["conn"] == conn]).tolist()
            found[conn] = frozenset(map(self._source.string, numbers))
        if is_whole:
            self._chunks[start] = found
            if len(self._chunks) > _MAX_CHUNKS:
                self._chunks.popitem(last=False)
        return found


def _texts(ip: bytes, port: int) -> frozenset[str]:
    """This address, and the wildcard address with the same port, as rows of calls show them."""
    if len(ip) not in (4, 16):
        return frozenset()
    hosts = {f"[{ip_text(ip)}]", "[::]"}
    if len(ip) == 4 or ip.startswith(_MAPPED):
        plain = ip[-4:]
        hosts |= {ip_text(plain), "0.0.0.0", f"[{ip_text(_MAPPED + plain)}]"}
    return frozenset(f"{each}:{port}" for each in hosts)
