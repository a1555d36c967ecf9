"""Finds the container of a row, even if the trace's string table has no room for its ID."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from gvtui.trace.row import LOST_STRING, Kind, Row
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    from gvtui.wire.messages import Decoded

MAX_ID = 1024
"""How many characters a container ID may have; runsc allows no more."""


class _Source(Protocol):
    def row(self, index: int) -> Row: ...
    def string(self, number: int) -> str: ...
    def decoded(self, index: int) -> Decoded: ...
    @property
    def connections(self) -> Any: ...  # noqa: ANN401


def container_in(decoded: Decoded) -> str:
    """The container ID in a message; "" if it has none, or an invalid one."""
    message: Any = decoded.message
    context = getattr(message, "context_data", None)
    container: str = getattr(context, "container_id", "") or getattr(message, "id", "")
    return container if len(container) <= MAX_ID else ""


def said_container(source: _Source, index: int) -> str:
    """The whole container ID in the message of a row; "" if it has none.

    Raises:
        IndexError: the trace does not have the row.
    """
    row = source.row(index)
    if row.kind != Kind.MESSAGE:
        return ""
    if row.container != LOST_STRING:
        return source.string(row.container)
    try:
        return container_in(source.decoded(index))
    except WireError:
        return ""


def container_of(source: _Source, index: int) -> str:
    """The container of a row: as its message says, else as is known of its connection; "" if
    neither tells. Where its message gives another sandbox's, the name apart.

    Raises:
        IndexError: the trace does not have the row.
    """
    said = said_container(source, index)
    conn, connections = source.row(index).conn, source.connections
    container: str = connections.name(conn, said) if said else connections.container(conn)
    return container
