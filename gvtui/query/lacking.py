"""Finds what a filter asks for although most messages of a trace lack it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gvtui.query.filter.field import CONTAINER
from gvtui.query.filter.fields import find_field
from gvtui.query.numbers.points import COLUMNS, count_absent, lack_most
from gvtui.query.source import CHUNK
from gvtui.trace.row import Kind
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.query.filter.compile import Filter
    from gvtui.query.source import RowSource

_KNOWN_OTHERWISE = ("evt.time", CONTAINER)
"""Fields that have another source: the time of receipt, and the connection."""


class Lack(NamedTuple):
    """A context field that a filter needs and most messages lack."""

    need: str
    names: list[str]
    """The filter's fields that need it."""
    absent: int
    """How many messages lack it."""
    messages: int
    """How many messages there are."""

    @property
    def text(self) -> str:
        """What that means, as a part of a sentence."""
        missing = missing_text(self.absent, self.messages)
        return f"the filter cannot know {' and '.join(self.names)}: {self.need} is {missing}"


def missing_text(absent: int, messages: int) -> str:
    """In how many messages something is missing, in words."""
    if absent == messages == 1:
        return "missing in the only message"
    if absent == messages:
        return f"missing in all {counted(messages, 'message')}"
    return f"missing in {absent:,} of {counted(messages, 'message')}"


def lacking(trace: RowSource, condition: Filter) -> list[Lack]:
    """The context fields that a filter needs and most messages lack.

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
    messages, absent = 0, dict.fromkeys(needs, 0)
    start = trace.first_row
    while needs and start < trace.end_row:
        rows = trace.rows(start, min(start + CHUNK, trace.end_row))
        if not len(rows):
            break
        start += len(rows)
        is_message = rows["kind"] == Kind.MESSAGE
        messages += int(np.count_nonzero(is_message))
        for need in needs:
            absent[need] += count_absent(rows[is_message], need)
    return [
        Lack(need, names, absent[need], messages)
        for need, names in needs.items()
        if lack_most(absent[need], messages)
    ]
