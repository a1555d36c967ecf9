"""Notes which processes read from sockets, and where they connected to, by the columns of rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.calls.begun import goes_on
from gvtui.trace.row import LOST_STRING, Direction, Kind
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.processes.process import Process
    from gvtui.query.processes.tree import ProcessTree
    from gvtui.query.source import RowSource

_SOCKET = "socket:["
"""How the sandbox calls a descriptor that is a socket."""
_ADDRESS = re.compile(r"(?:[0-9.]+|\[[0-9a-f:.]+\]):[0-9]+\Z", re.ASCII)
"""An address of IPv4 or IPv6."""
_RECEIVING = ("recvfrom", "recvmsg", "recvmmsg")
_MAX_STRINGS = 1 << 16


class Talking:
    """Marks the processes of a tree."""

    def __init__(self, trace: RowSource, tree: ProcessTree) -> None:
        self._trace = trace
        self._tree = tree
        numbers = sysnos_by_name(trace.architecture)
        self._receiving = [numbers[name] for name in _RECEIVING if name in numbers]
        self._is_socket: dict[int, bool] = {}

    def take_in(self, start: int, rows: npt.NDArray[np.void]) -> None:
        """Read rows whose processes the tree knows."""
        is_message = (rows["kind"] == Kind.MESSAGE) & (rows["pid"] > 0)
        types, is_exit = rows["type"], rows["direction"] == Direction.EXIT
        # A read's path stands on its enter, which is what sessions ask for.
        reads = is_message & (types == MessageType.SYSCALL_READ) & (rows["direction"] != 0)
        paths = np.unique(rows["path"][reads]).tolist()
        reads &= np.isin(rows["path"], [number for number in paths if self._names_socket(number)])
        receives = is_message & (types == RAW_SYSCALL) & is_exit & (rows["errno"] == 0)
        receives &= (rows["result"] > 0) & np.isin(rows["sysno"], self._receiving)
        for place in np.flatnonzero(reads | receives).tolist():
            process = self._process(start, rows, place)
            if process is not None and process.received_row < 0:
                process.received_row = start + place
                self._tree.version += 1
        connects = is_message & (types == MessageType.SYSCALL_CONNECT) & is_exit
        connects &= (rows["errno"] == 0) | goes_on(rows)
        for place in np.flatnonzero(connects).tolist():
            address = self._string(int(rows["path"][place]))
            if _ADDRESS.match(address) is None:
                continue
            process = self._process(start, rows, place)
            if process is not None and process.connected_to != address:
                process.connected_to = address
                self._tree.version += 1

    def _process(self, start: int, rows: npt.NDArray[np.void], place: int) -> Process | None:
        return self._tree.spans.at(int(rows["conn"][place]), int(rows["pid"][place]), start + place)

    def _string(self, number: int) -> str:
        return "" if number == LOST_STRING else self._trace.string(number)

    def _names_socket(self, number: int) -> bool:
        known = self._is_socket.get(number)
        if known is None:
            if len(self._is_socket) >= _MAX_STRINGS:
                self._is_socket.clear()
            known = self._is_socket[number] = self._string(number).startswith(_SOCKET)
        return known
