"""Conditions on what operators call the containers of rows.

A name belongs to the container of one connection, and may become known after its first rows: the
answer for a row is that of now, see `Naming.version`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.filter.conditions import Cost
from gvtui.trace.containers import container_of
from gvtui.trace.row import EMPTY_STRING, LOST_STRING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from gvtui.query.filter.batch import Mask, RowBatch
    from gvtui.query.source import RowSource
    from gvtui.trace.names import Names

_SHIFT = np.uint64(32)


def containers_of(
    trace: RowSource, rows: npt.NDArray[np.void]
) -> tuple[npt.NDArray[np.intp], list[tuple[int, str]]]:
    """The distinct connections and containers of rows, and for each row the index of its own.

    The container is "" where it is not known, or its ID has no place in the string table.
    """
    conns, numbers = rows["conn"], rows["container"]
    keys = conns.astype(np.uint64) << _SHIFT | numbers
    distinct, places = np.unique(keys, return_inverse=True)
    connections = trace.connections
    found = []
    for key in distinct.tolist():
        conn, number = key >> 32, key & 0xFFFFFFFF
        if number == EMPTY_STRING:
            container = connections.container(conn)
        elif number == LOST_STRING:
            container = ""
        else:
            container = connections.name(conn, trace.string(number))
        found.append((conn, container))
    return places, found


class NamesCondition:
    """Compares one of the names of each row's container."""

    cost = Cost.STRINGS
    is_local = False

    def __init__(self, name: Callable[[Names], str], test: Callable[[str], bool]) -> None:
        self._name = name
        self._test = test

    def holds(self, batch: RowBatch, wanted: Mask | None) -> Mask:
        """Test each distinct container once; messages are decoded only for lost strings."""
        places, containers = containers_of(batch.trace, batch.rows)
        passes = np.array([self._passes(batch, *each) for each in containers], np.bool_)
        holds: Mask = passes[places]
        lost = batch.column("container") == LOST_STRING
        if wanted is not None:
            lost &= wanted
        for place in np.flatnonzero(lost).tolist():
            try:
                container = container_of(batch.trace, batch.start + place)
            except IndexError:
                continue
            holds[place] = self._passes(batch, int(batch.rows["conn"][place]), container)
        return holds

    def _passes(self, batch: RowBatch, conn: int, container: str) -> bool:
        text = self._name(batch.trace.connections.names(conn, container))
        return bool(text) and self._test(text)
