"""Puts calls into the words of a line: those that are told by their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.render import render
from gvtui.query.resolved.call import Happened
from gvtui.wire.header import WireError
from gvtui.wire.messages import RAW_SYSCALL

if TYPE_CHECKING:
    from gvtui.query.source import RowSource

_WITH_ADDRESSES = (
    Happened.REMOVED
    | Happened.RENAMED
    | Happened.LINKED
    | Happened.CREATED_FOLDER
    | Happened.MOUNTED
)
"""What is told by raw points, whose arguments are addresses of paths."""
_MAX = 200


def call_words(trace: RowSource, row: int, what: Happened) -> tuple[str, bool]:
    """The call of a row in words that are the same for the same thing done again.

    Returns:
        The words; and whether they tell what the call was about: False if its path is not sent.
    """
    try:
        decoded = trace.decoded(row)
    except (WireError, IndexError):
        return "", False
    shown = render(decoded, architecture=trace.architecture)
    is_raw = decoded.header.message_type == RAW_SYSCALL
    if is_raw and what & (_WITH_ADDRESSES | Happened.CHANGED_ROOT):
        return f"{shown.name} (path not told)", False
    arguments = shown.arguments
    if what & Happened.TRACED:
        # Address and data differ from call to call.
        arguments = ", ".join(arguments.split(", ")[:2])
    return f"{shown.name}({arguments[:_MAX]})", True
