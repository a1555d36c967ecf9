"""Says what a filter asked for that most messages lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.saying import say

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace


def say_lacking(trace: Trace, filter_text: str, shortfall: str = "") -> None:
    """Write a line to standard error for each field that the filter needs and most messages of the
    trace lack, so that an empty result is not taken for an answer.

    Args:
        trace: the trace.
        filter_text: the filter.
        shortfall: what the filter could not compare whole, as `Selection.shortfall` gives it.
    """
    from gvtui.query.filter.compile import compile_filter
    from gvtui.query.lacking import lacking, untold_programs

    if not filter_text.strip():
        return
    if shortfall:
        say(f"gvtui: {shortfall}")
    condition = compile_filter(filter_text)
    for text in (
        *(lack.text for lack in lacking(trace, condition)),
        *untold_programs(trace, condition),
    ):
        say(f"gvtui: {text}")
