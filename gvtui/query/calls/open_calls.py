"""Keeps the open calls of each thread: the part of pairing that works row by row.

It gets only rows that do not pair with their neighbour in their thread.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gvtui.query.column import RowColumn

NOT_A_CALL = 0
"""The value of a row that is no system call. Values that are not reasons are distances."""

_SMALLEST = -(1 << 31)
OPEN, NO_ENTER, NO_EXIT, THREAD_ENDED, CLOSED, NO_THREAD = range(_SMALLEST, _SMALLEST + 6)
"""The values that stand for the reasons why a row has no partner."""

_MAX_DISTANCE = (1 << 31) - 16
_MAX_DEPTH = 8
"""How many open calls are kept for each layer of a thread."""
_MAX_CUT_OFF = 1 << 12
"""How many calls are kept that were open when their connection ended."""
_MAX_THREADS = 1 << 16
"""How many layers with open calls are kept."""


class OpenEnter(NamedTuple):
    """An enter that waits for its exit."""

    row: int
    message_type: int
    sysno: int
    pid: int


class _Layer:
    """One layer of a thread with open calls."""

    __slots__ = ("newest", "stack", "tail")

    def __init__(self) -> None:
        self.stack: list[OpenEnter] = []
        self.tail = -1
        """The newest row of this layer at the end of the last chunk."""
        self.newest = -1
        """The newest row of the thread in either layer at the end of the last chunk."""


class OpenCalls:
    """The open calls of all threads; writes pairs and reasons into a column of distances.

    A layer's key is the thread's id times two, plus one for raw points.
    """

    def __init__(self, column: RowColumn, exec_sysnos: set[int]) -> None:
        self._column = column
        self._exec_sysnos = exec_sysnos
        self._layers: dict[int, dict[int, _Layer]] = {}
        self._count = 0
        self._last_drop: dict[int, int] = {}
        self._execs: dict[tuple[int, int, int], int] = {}
        self.cut_off: deque[tuple[int, int, OpenEnter, int, int]] = deque(maxlen=_MAX_CUT_OFF)
        """The calls in which threads were when their connection ended: connection, key and call,
        the thread's newest row, and the row that tells the end."""

    def __bool__(self) -> bool:
        return self._count > 0

    def __iter__(self) -> Iterator[tuple[int, int, OpenEnter]]:
        """The connection, key and call of each layer that is in a call now."""
        for conn, layers in self._layers.items():
            for key in layers:
                call = self.running(conn, key)
                if call is not None:
                    yield conn, key, call

    def running(self, conn: int, key: int) -> OpenEnter | None:
        """The call that a layer is in; None if the thread has gone on without an exit.

        If `newest` is another row, it belongs to the same call in the other layer, unless the
        thread sent something between the two.
        """
        layers = self._layers.get(conn, {})
        layer, twin = layers.get(key), layers.get(key ^ 1)
        if layer is None or layer.stack[-1].row != layer.tail:
            return None
        top = layer.stack[-1]
        if top.row == layer.newest:
            return top
        is_double = (
            twin is not None
            and twin.stack[-1].row == layer.newest
            and twin.stack[-1].sysno == top.sysno
        )
        return top if is_double else None

    def newest(self, conn: int, key: int) -> int:
        """The newest row of a layer's thread at the end of the last chunk; -1 if no call is
        open."""
        layer = self._layers.get(conn, {}).get(key)
        return layer.newest if layer is not None else -1

    def note_newest(self, conn: int, key: int, row: int) -> None:
        """Set a layer's newest row, at the end of a chunk."""
        layers = self._layers.get(conn, {})
        if key in layers:
            layers[key].tail = row
            layers[key].newest = max(layers[key].newest, row)
        if key ^ 1 in layers:
            layers[key ^ 1].newest = max(layers[key ^ 1].newest, row)

    def dropped(self, conn: int, row: int) -> None:
        """Note that points of a connection were dropped before a row."""
        self._last_drop[conn] = row

    def enter(self, conn: int, key: int, call: OpenEnter) -> None:
        """Note that a call began."""
        layers = self._layers.setdefault(conn, {})
        layer = layers.get(key)
        if layer is None:
            self._count += 1
            if self._count > _MAX_THREADS:
                self._forget_some()
            layer = layers[key] = _Layer()
        layer.stack.append(call)
        if len(layer.stack) > _MAX_DEPTH:
            self._column.put(layer.stack.pop(0).row, NO_EXIT)
        if call.sysno in self._exec_sysnos:
            if len(self._execs) >= _MAX_THREADS:
                self._execs.clear()
            self._execs[conn, call.pid, key & 1] = key

    def exit(self, conn: int, key: int, call: OpenEnter, *, failed: bool, is_first: bool) -> None:
        """Note that a call ended, and pair it.

        Args:
            conn: the connection.
            key: the layer's key.
            call: the exit's row and its kind.
            failed: whether the call failed.
            is_first: whether the exit is its layer's first row in this chunk.
        """
        if self._close(conn, key, call, is_first) or failed:
            return
        if call.sysno in self._exec_sysnos and key >> 1 == call.pid:
            # A thread that executes a program takes over the id of its process.
            former = self._execs.get((conn, call.pid, key & 1))
            if former is not None:
                self._close(conn, former, call, True)

    def thread_ended(self, conn: int, key: int) -> None:
        """End the open calls of a layer whose thread has ended."""
        layer = self._layers.get(conn, {}).pop(key, None)
        if layer is not None:
            self._end(layer, THREAD_ENDED)

    def connection_closed(self, conn: int, row: int, newest: Mapping[int, int]) -> None:
        """End the open calls of a connection that has closed.

        Args:
            conn: the connection.
            row: the row that tells it.
            newest: the newest row of each thread in this chunk, by thread id.
        """
        self._last_drop.pop(conn, None)
        for key, layer in self._layers.get(conn, {}).items():
            last = max(layer.newest, newest.get(key >> 1, -1))
            self.cut_off.append((conn, key, layer.stack[-1], last, row))
        for layer in self._layers.pop(conn, {}).values():
            self._end(layer, CLOSED)

    def _close(self, conn: int, key: int, call: OpenEnter, is_first: bool) -> bool:
        """Pair an exit with the newest open enter of the same kind; False if there is none."""
        layer = self._layers.get(conn, {}).get(key)
        if layer is None:
            return False
        stack = layer.stack
        for place in range(len(stack) - 1, -1, -1):
            if stack[place][1:3] == call[1:3]:
                break
        else:
            return False
        enter = stack[place].row
        is_next = is_first and enter == layer.tail and place == len(stack) - 1
        for lost in stack[place + 1 :]:
            self._column.put(lost.row, NO_EXIT)
        del stack[place:]
        if not stack:
            del self._layers[conn][key]
            self._count -= 1
        distance = call.row - enter
        is_doubtful = not is_next and self._last_drop.get(conn, -1) > enter
        if is_doubtful or distance > _MAX_DISTANCE:
            self._column.put(enter, NO_EXIT)
        else:
            self._column.put(enter, distance)
            self._column.put(call.row, -distance)
        return True

    def _end(self, layer: _Layer, reason: int) -> None:
        self._count -= 1
        for call in layer.stack[:-1]:
            self._column.put(call.row, NO_EXIT)
        self._column.put(layer.stack[-1].row, reason)

    def _forget_some(self) -> None:
        """Let the sixteenth part go, of the connections that have most."""
        wanted = 1 + _MAX_THREADS // 16
        for layers in sorted(self._layers.values(), key=len, reverse=True):
            for key in list(islice(layers, wanted)):
                self._end(layers.pop(key), NO_EXIT)
                wanted -= 1
            if not wanted:
                return
