"""Has the monitor note what threads find out about connections, while it may be busy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Mark = TypeVar("_Mark")

NOTE_SECONDS = 2.0
"""For how long a monitor that is busy is asked again."""
_RETRY_SECONDS = 0.02


def note_patiently(
    note: Callable[[_Mark, int], bool], mark: _Mark, conn: int, seconds: float = NOTE_SECONDS
) -> bool:
    """Have a connection's mark noted; blocks while the monitor cannot.

    Args:
        note: asks the monitor; False if it cannot now.
        mark: what is to be noted.
        conn: the connection's number.
        seconds: how long to try at most.

    Returns:
        Whether the monitor was asked.
    """
    deadline = time.monotonic() + seconds
    while not note(mark, conn):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_RETRY_SECONDS)
    return True
