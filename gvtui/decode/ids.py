"""Shortens container IDs for lists."""

from __future__ import annotations

import re

from gvtui.trace.claims import APART

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
    if _HEX.fullmatch(container):
        return container[:SHORT_ID]
    return f"{container[: SHORT_ID - 1 - _TAIL]}…{container[-_TAIL:]}"
