"""Shortens container IDs and names for lists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from gvtui.trace.claims import APART

if TYPE_CHECKING:
    from gvtui.trace.names import Names, Naming

SHORT_ID = 12
"""How many characters of a container ID lists show; Docker shows as many."""

_TAIL = 5
_HEX = re.compile(r"[0-9a-f]+")


def short_id(container: str) -> str:
    """A container ID in at most `SHORT_ID` characters: the beginning of one made of hex digits.

    Others are names that people or orchestrators gave, whose ends tell them apart:
    `checkout-worker-7` becomes `checko…ker-7`.
    """
    if len(container) <= SHORT_ID:
        return container
    if container.startswith(APART):
        # The number of the connection tells it from the sandbox whose name it has.
        head, colon, rest = container.partition(":")
        return f"{head}{colon}{short_id(rest)}"[:SHORT_ID]
    return container[:SHORT_ID] if _HEX.fullmatch(container) else cut_name(container, SHORT_ID)


def cut_name(name: str, most: int) -> str:
    """A name in at most `most` characters: what is too long is left out before its end, which
    mostly tells names apart."""
    if len(name) <= most:
        return name
    return f"{name[: most - 1 - _TAIL]}…{name[-_TAIL:]}" if most > 2 * _TAIL else name[:most]


class _Named(Protocol):
    def names(self, conn: int, container: str) -> Names: ...
    @property
    def naming(self) -> Naming: ...


def called(connections: _Named, conn: int, container: str) -> str:
    """What a container of a connection is called in lists: by its name, else its short ID.

    Where another container has the same name, the short ID stands in front of it.
    """
    return _with_id(connections.naming, connections.names(conn, container), container)


def called_anywhere(naming: Naming, container: str) -> str:
    """What a container is called in lists, whichever its connection is; as `called`."""
    return _with_id(naming, naming.newest(container), container)


def _with_id(naming: Naming, names: Names, container: str) -> str:
    short, label = short_id(container), names.label
    if not label:
        return short
    return f"{short} {label}" if naming.is_shared(label) else label
