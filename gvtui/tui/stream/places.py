"""Reads a typed row number, time or date, and finds the row to go to."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.query.filter.values import ValueTextError, moment

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace
    from gvtui.tui.model.model import Model

HINT = "12:01:07.5, 2026-11-27 12:01, +90s, -90s (end), .+5s (here), 50%, #1204"

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}.*", re.DOTALL)
_SPAN = re.compile(r"(\.?)([+-])(\d{1,9}(?:\.\d{1,9})?)\s*(s|m|h)?")
_PART = re.compile(r"(\d{1,3}(?:\.\d{1,9})?)\s*%")
_ROW = re.compile(r"#?([\d,]{1,20})")
_MOST_DAYS = 3660
"""Days of a recording in which a time of day is looked for."""
_SECOND_NS = 1_000_000_000
_UNITS = {"s": 1, "m": 60, "h": 3600}


class PlaceError(GvtuiError):
    """The typed text is neither a row number nor a time."""


def find_row(text: str, model: Model) -> int:
    """The id of the row that a text means, or of the next row after that number or time.

    A time of day is that of the selected row's day, or else of the nearest day on which the
    recording has it.

    Raises:
        PlaceError: the text is neither a row number nor a time.
    """
    text = text.strip()
    if match := _SPAN.fullmatch(text):
        return _row_after(model, match)
    if match := _PART.fullmatch(text):
        share = float(match[1])
        if share > 100:
            raise PlaceError(f"{text} is more than the whole recording")
        first, last = model.trace.first_row, model.trace.available_rows - 1
        return max(first, first + round((last - first) * share / 100))
    if match := _TIME.fullmatch(text):
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        if hour > 23 or minute > 59 or second > 59:
            raise PlaceError(f"{text} is not a time of day")
        fraction = round(float(match[4] or 0) * 1e9)
        return model.trace.row_at_time(_on_a_day(model, time(hour, minute, second)) + fraction)
    if _DATE.fullmatch(text):
        try:
            return model.trace.row_at_time(moment(text, model.zone).low)
        except ValueTextError as error:
            raise PlaceError(f"{text} {error}: type one such as 2026-11-27 12:01") from error
    if (match := _ROW.fullmatch(text)) and match[1].strip(","):
        return int(match[1].replace(",", ""))
    raise PlaceError(f"neither a time nor a row: type {HINT}")


def _row_after(model: Model, match: re.Match[str]) -> int:
    """The row a span after the start, before the end, or on either side of the selected row."""
    trace = model.trace
    span = round(float(match[3]) * _UNITS[match[4] or "s"] * 1e9) * (1 if match[2] == "+" else -1)
    if match[1]:
        if model.cursor is None or not trace.first_row <= model.cursor < trace.end_row:
            raise PlaceError("no row is selected: . stands for the time of the selected row")
        since = _when(trace, model.cursor)
    elif span >= 0:
        since = model.moments.base_ns
    else:
        since = _when(trace, trace.available_rows - 1)
    return trace.row_at_time(since + span)


def _when(trace: Trace, row_id: int) -> int:
    row = trace.held_rows(row_id, row_id + 1)
    return int(row["recv_ns"][0] or row["time_ns"][0]) if len(row) else 0


def _on_a_day(model: Model, clock: time) -> int:
    """A time of day on the day that is meant, in Unix nanoseconds."""
    trace, first_ns = model.trace, model.moments.base_ns
    last_ns = max(first_ns, _when(trace, trace.available_rows - 1))
    here_ns = first_ns if model.cursor is None else _when(trace, model.cursor) or first_ns
    begin, end, here = (
        datetime.fromtimestamp(each // _SECOND_NS, model.zone)
        for each in (first_ns, last_ns, here_ns)
    )
    days = min((end.date() - begin.date()).days, _MOST_DAYS)
    nearest = sorted(range(days + 1), key=lambda day: abs((here.date() - begin.date()).days - day))
    found = [
        int(
            (begin + timedelta(days=day))
            .replace(hour=clock.hour, minute=clock.minute, second=clock.second)
            .timestamp()
        )
        * _SECOND_NS
        for day in nearest
    ]
    inside = [each for each in found if first_ns <= each <= last_ns]
    return inside[0] if inside else min(found)
