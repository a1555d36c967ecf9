"""How the Sandboxes pane tells of points that were dropped."""

from __future__ import annotations

from gvtui.tui.kit.cells import short_count
from gvtui.tui.kit.signs import DROP_SIGN


def drops_words(dropped: int, *, is_least: bool) -> str:
    """What is said beside an entry's messages; "" where nothing was dropped.

    Args:
        dropped: how many points.
        is_least: whether that is only the least that it can be.
    """
    return f"  {DROP_SIGN} {'≥' if is_least else ''}{short_count(dropped)}" if dropped else ""
