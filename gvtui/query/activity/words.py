"""Puts calls into the words of a line: those that are told by their arguments."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from gvtui.decode.raw_table import ARGUMENTS
from gvtui.decode.render import render
from gvtui.decode.task_flags import NEW_NAMESPACES, UNSHARE
from gvtui.query.resolved.call import Happened
from gvtui.wire.header import WireError
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.pb import sentry_pb2

if TYPE_CHECKING:
    from gvtui.query.source import RowSource

_WITH_ADDRESSES = (
    Happened.REMOVED
    | Happened.RENAMED
    | Happened.LINKED
    | Happened.CREATED_FOLDER
    | Happened.CREATED_NODE
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
    if isinstance(decoded.message, sentry_pb2.CloneInfo):
        arguments = UNSHARE.text(decoded.message.flags & NEW_NAMESPACES)
    elif is_raw:
        forms = [form for _, form in ARGUMENTS.get(shown.name, ())]
        parts = arguments.split(", ")
        # The address of an argument differs from call to call.
        arguments = ", ".join(
            "…" if form == "ptr" and part.startswith("0x") else part
            for part, form in zip_longest(parts, forms[: len(parts)], fillvalue="")
        )
    if what & Happened.TRACED:
        # Address and data differ from call to call.
        arguments = ", ".join(arguments.split(", ")[:2])
    return f"{shown.name}({arguments[:_MAX]})", True
