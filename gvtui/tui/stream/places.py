"""Reads a typed row number or time, and finds the row to go to."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError

if TYPE_CHECKING:
    from gvtui.tui.model.model import Model

HINT = "12:01:07.5, +90 for 90 s after the start, or a row number such as #1204"

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?")
_SPAN = re.compile(r"\+(\d{1,9}(?:\.\d{1,9})?)\s*s?")
_ROW = re.compile(r"#?([\d,]{1,20})")
_DAY = timedelta(days=1)


class PlaceError(GvtuiError):
    """The typed text is neither a row number nor a time."""


def find_row(text: str, model: Model) -> int:
    """The id of the row that a text means, or of the next row after that number or time.

    Raises:
        PlaceError: the text is neither a row number nor a time.
    """
    text = text.strip()
    if match := _SPAN.fullmatch(text):
        return model.trace.row_at_time(model.base_ns + round(float(match[1]) * 1e9))
    if match := _TIME.fullmatch(text):
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        if hour > 23 or minute > 59 or second > 59:
            raise PlaceError(f"{text} is not a time of day")
        base = datetime.fromtimestamp(model.base_ns // 1_000_000_000, model.zone)
        moment = base.replace(hour=hour, minute=minute, second=second)
        fraction = round(float(match[4] or 0) * 1e9)
        row_id = _row_at(model, moment, fraction)
        if moment < base:
            after_midnight = _row_at(model, moment + _DAY, fraction)
            if after_midnight < model.trace.available_rows:
                return after_midnight
        return row_id
    if (match := _ROW.fullmatch(text)) and match[1].strip(","):
        return int(match[1].replace(",", ""))
    raise PlaceError(f"neither a time nor a row: type {HINT}")


def _row_at(model: Model, moment: datetime, fraction_ns: int) -> int:
    return model.trace.row_at_time(int(moment.timestamp()) * 1_000_000_000 + fraction_ns)
