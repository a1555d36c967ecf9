"""The words of each cell of a row, uncut: what search looks through, and what highlights go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.calls.pairs import Unpaired
from gvtui.tui.kit.times import clock_text, span_text, took_text
from gvtui.tui.model.rowtext import FAILED_SIGN, Look, RowText
from gvtui.tui.stream.columns import TimeMode

if TYPE_CHECKING:
    from gvtui.tui.model.model import Model

UNPAIRED = {
    Unpaired.IN_FLIGHT: "… running",
    Unpaired.NOT_READ: "…",
    Unpaired.EXIT_NOT_SEEN: "exit not seen",
    Unpaired.THREAD_ENDED: "thread ended",
    Unpaired.CONNECTION_CLOSED: "disconnected",
    Unpaired.GONE: "exit is gone",
}
"""What stands in place of the result of a call that has none."""


def call_text(text: RowText) -> str:
    """The call with its arguments."""
    if text.look not in (Look.EVENT, Look.BAD):
        return f"{text.name}({text.arguments})"
    return f"{text.name} {text.arguments}" if text.arguments else text.name


def result_text(text: RowText) -> str:
    """The result, the error, or why there is none."""
    if text.look is Look.FAILED:
        return f"{FAILED_SIGN} {text.result}"
    if text.unpaired is not None:
        return UNPAIRED.get(text.unpaired, "")
    return text.result


def time_text(model: Model, when_ns: int, previous_id: int | None, digits: int = 6) -> str:
    """The time as the present mode counts it; `previous_id` is the row shown above, if any."""
    if model.time_mode is TimeMode.CLOCK:
        return clock_text(when_ns, model.zone, digits)
    if not when_ns:
        return "-"
    since = model.base_ns
    if model.time_mode is TimeMode.SINCE_PREVIOUS:
        since = 0
        if previous_id is not None and previous_id >= model.trace.first_row:
            since = model.trace.row(previous_id).when_ns
        if not since:
            return ""
    return span_text(when_ns - since)


def duration_text(text: RowText) -> str:
    """How long the call took; "" while it runs, for that changes all the time."""
    return "" if text.duration_ns is None else took_text(text.duration_ns)
