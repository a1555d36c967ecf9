"""Finds what a filter asks for although no message of a trace has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.filter.field import CONTAINER
from gvtui.query.filter.fields import find_field
from gvtui.query.numbers.points import COLUMNS
from gvtui.query.source import CHUNK
from gvtui.trace.row import NO_UID, Kind

if TYPE_CHECKING:
    from gvtui.query.filter.compile import Filter
    from gvtui.query.source import RowSource

_KNOWN_OTHERWISE = ("evt.time", CONTAINER)
"""Fields that have another source: the time of receipt, and the connection."""


def lacking(trace: RowSource, condition: Filter) -> tuple[dict[str, list[str]], int]:
    """The context fields that a filter needs and no message has, each with the filter's fields
    that need it, and the number of messages.

    Only what shows in the rows is looked at. No message at all lacks nothing.
    """
    needs: dict[str, list[str]] = {}
    for name in sorted(condition.fields):
        found = find_field(name)
        if found is None or found[0].name in _KNOWN_OTHERWISE:
            continue
        for need in found[0].needs:
            if need in COLUMNS:
                needs.setdefault(need, []).append(name)
    messages = 0
    start = trace.first_row
    while needs and start < trace.end_row:
        rows = trace.rows(start, min(start + CHUNK, trace.end_row))
        if not len(rows):
            break
        start += len(rows)
        is_message = rows["kind"] == Kind.MESSAGE
        messages += int(np.count_nonzero(is_message))
        for need in list(needs):
            column = COLUMNS[need]
            absent = NO_UID if column == "uid" else 0
            if np.any(is_message & (rows[column] != absent)):
                del needs[need]
    return (needs if messages else {}), messages
