"""Says what a filter asked for that no message has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace


def say_lacking(trace: Trace, filter_text: str) -> None:
    """Write a line to standard error for each context field that the filter needs and no message
    of the trace has, so that an empty result is not taken for an answer."""
    from gvtui.query.filter.compile import compile_filter
    from gvtui.query.lacking import lacking

    if not filter_text.strip():
        return
    needs, messages = lacking(trace, compile_filter(filter_text))
    for need, names in needs.items():
        say(
            f"gvtui: the filter cannot know {' and '.join(names)}: {need} was not collected, it is "
            f"missing in all {counted(messages, 'message')}"
        )
