"""What a document tells of the containers of a recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.query.filter.naming import containers_of
from gvtui.query.filter.write import literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.trace.reader import Trace

_STEP = 1 << 18


class NoContainerError(GvtuiError):
    """The recording has no such container."""


def containers_in(trace: Trace) -> dict[tuple[int, str], str]:
    """The containers of a recording, with their names in words."""
    found: dict[tuple[int, str], str] = {}
    for start in range(trace.first_row, trace.end_row, _STEP):
        rows = trace.rows(start, min(start + _STEP, trace.end_row))
        for conn, container in containers_of(trace, rows)[1]:
            if not container or not conn or (conn, container) in found:
                continue
            names = trace.connections.names(conn, container)
            words = [container, names.full, names.image and f"image {names.image}"]
            found[conn, container] = ", ".join(filter(None, words))
    return found


def named_containers(containers: dict[tuple[int, str], str], wanted: str) -> list[str]:
    """The IDs of the containers that a user means, in order.

    Args:
        containers: what `containers_in` gives.
        wanted: an ID, a beginning of it, or what its operator calls it.

    Raises:
        NoContainerError: there is no such container.
    """
    exact, begun = set(), set()
    for (_, container), words in containers.items():
        if wanted == container or wanted in words.split(", ")[1:]:
            exact.add(container)
        elif container.startswith(wanted):
            begun.add(container)
    chosen = sorted(exact or begun)
    if not chosen:
        known = "; ".join(sorted(containers.values())[:20]) or "none"
        raise NoContainerError(f"the recording has no container {wanted!r}; it has: {known}")
    return chosen


def container_filter(containers: Iterable[str]) -> str:
    """The filter for the rows of containers; "" for none."""
    found = ", ".join(map(literal, containers))
    return f"container.id in ({found})" if found else ""
