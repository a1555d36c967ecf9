"""Reads JSON that others wrote: never blocks, never more than a little, only from trusted places."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gvtui.agent.trust import distrust_file
from gvtui.files import open_to_read, read_up_to

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 8 << 20
"""The largest file or answer that is read."""


def read_json(place: Path) -> Any:  # noqa: ANN401
    """The value in a file; None if it cannot be read, is too large, or others may write it."""
    if distrust_file(place):
        return None
    try:
        with open_to_read(place) as file:
            text = read_up_to(file, MAX_BYTES + 1)
    except OSError:
        return None
    return parse(text)


def parse(text: bytes) -> Any:  # noqa: ANN401
    """The value of a JSON text; None if it is none, or too large."""
    if len(text) > MAX_BYTES:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
