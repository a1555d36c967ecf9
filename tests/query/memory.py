"""A trace in memory, for tests that make up rows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.trace.lives import Lives
from gvtui.trace.names import Names, Naming
from gvtui.trace.row import NO_FD, NO_SYSNO, NO_UID, ROW_DTYPE, Direction, Kind, Row
from gvtui.trace.stretches import Stretch
from gvtui.wire.header import Header
from gvtui.wire.messages import KINDS, Decoded, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gvtui.trace.carried import CarriedMark


def make_row(**fields: int) -> dict[str, int]:
    """A row's fields, with the values of absent ones."""
    defaults = dict.fromkeys(ROW_DTYPE.names or (), 0)
    return defaults | {"conn": 1, "fd": NO_FD, "uid": NO_UID, "sysno": NO_SYSNO} | fields


def enter(tid: int, sysno: int, time_ns: int = 0, **fields: int) -> dict[str, int]:
    """An enter row, of a read where not said otherwise, of a process with one thread."""
    given = {"tid": tid, "pid": tid, "sysno": sysno, "time_ns": time_ns, "type": 9}
    return make_row(direction=Direction.ENTER, **(given | fields))


def leave(tid: int, sysno: int, time_ns: int = 0, **fields: int) -> dict[str, int]:
    """An exit row, likewise."""
    given = {"tid": tid, "pid": tid, "sysno": sysno, "time_ns": time_ns, "type": 9}
    return make_row(direction=Direction.EXIT, **(given | fields))


def task_exit(tid: int) -> dict[str, int]:
    return make_row(tid=tid, pid=tid, type=5)


def drop(conn: int = 1, count: int = 1) -> dict[str, int]:
    return make_row(conn=conn, kind=Kind.DROP, result=count)


def closed(conn: int = 1) -> dict[str, int]:
    return make_row(conn=conn, kind=Kind.CLOSED)


class KnownConnections(dict[int, Any]):
    """Connections by number."""

    naming = Naming()
    lives = Lives()

    def names(self, conn: int, container: str) -> Names:
        return self.naming.of(conn, container)

    def container(self, conn: int) -> str:
        return str(self[conn].container_id) if conn in self else ""

    def name(self, conn: int, container: str) -> str:
        return container

    def apart_among(self, conns: Any) -> list[int]:
        return []


class MemoryTrace:
    """What queries need of a trace, over rows in memory; messages have their context only."""

    def __init__(self, rows: list[dict[str, int]], *, first_row: int = 0) -> None:
        self.first_row = first_row
        self.base = first_row
        self.architecture = "x86_64"
        self.strings = ["", "…"]
        self.side_folders: list[Path] = []
        self.connections = KnownConnections(
            {1: SimpleNamespace(container_id="box", opened_ns=0, dropped=0, container_args={})}
        )
        self._rows = np.zeros(len(rows), ROW_DTYPE)
        for name in ROW_DTYPE.names or ():
            self._rows[name] = [row[name] for row in rows]
        self.end_row = first_row + len(rows)

    def intern(self, text: str) -> int:
        if text not in self.strings:
            self.strings.append(text)
        return self.strings.index(text)

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        start, stop = max(start, self.first_row), min(stop, self.end_row)
        return self._rows[start - self.base : max(start, stop) - self.base].copy()

    def stretches(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> Iterator[Stretch]:
        """Nothing can be read at once: each row is looked at alone."""
        yield Stretch(0, len(rows), [0] * len(rows), [1] * len(rows), b"")

    def carried(self) -> list[tuple[int, CarriedMark]]:
        """None: no row has been let go."""
        return []

    def intact(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """All are: nothing is on a disk."""
        return asked.copy()

    def row(self, index: int) -> Row:
        if not self.first_row <= index < self.end_row:
            raise IndexError(index)
        return Row(*self._rows[index - self.base].item())

    def details(self, index: int) -> dict[str, Any]:
        self.row(index)
        return {}

    def decoded(self, index: int) -> Decoded:
        row = self.row(index)
        kind = KINDS.get(row.type)
        if kind is None:
            return Decoded(Header(8, row.type, 0), None, Unknown(row.type, b""))
        message: Any = kind.message_class()
        message.context_data.thread_group_id = row.pid
        message.context_data.thread_id = row.tid
        return Decoded(Header(8, row.type, 0), kind, message)

    def string(self, number: int) -> str:
        return self.strings[number]
