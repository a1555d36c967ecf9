"""How much of the rows a pane has read: its numbers are of no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gvtui.tui.model.model import Model


def part_read(model: Model, position: int) -> str:
    """The part of the rows that has been read, such as `87%`; "" if all have.

    Live, rows come all the time: there the last hundredth does not count.

    Args:
        model: whose trace it is.
        position: all rows before this one have been read.
    """
    trace = model.trace
    total = trace.end_row - trace.first_row
    left = trace.end_row - max(position, trace.first_row)
    if left <= (total // 100 if model.is_live else 0):
        return ""
    # Rounded, the last rows would make 100%.
    return f"{min(1 - left / total, 0.99):.0%}"
