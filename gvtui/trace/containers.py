"""Which container a row is of, even where the strings of a trace have no room for its ID."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from gvtui.trace.row import LOST_STRING, Kind, Row
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    from gvtui.wire.messages import Decoded

MAX_ID = 1024
"""Characters of a container ID; runsc takes no longer one."""


class _Source(Protocol):
    def row(self, index: int) -> Row: ...
    def string(self, number: int) -> str: ...
    def decoded(self, index: int) -> Decoded: ...
    @property
    def connections(self) -> Any: ...  # noqa: ANN401


def container_in(decoded: Decoded) -> str:
    """The container ID that a message gives; "" where it gives none, or what cannot be one."""
    message: Any = decoded.message
    context = getattr(message, "context_data", None)
    container: str = getattr(context, "container_id", "") or getattr(message, "id", "")
    return container if len(container) <= MAX_ID else ""


def said_container(source: _Source, index: int) -> str:
    """The container ID that the message of a row gives, in full; "" where it gives none.

    Raises:
        IndexError: the row is not held.
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
    neither tells.

    Raises:
        IndexError: the row is not held.
    """
    said = said_container(source, index)
    if said:
        return said
    container: str = source.connections.container(source.row(index).conn)
    return container
