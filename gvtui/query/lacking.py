"""Finds what a filter asks for although most messages of a trace lack it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gvtui.query.filter.field import CONTAINER
from gvtui.query.filter.fields import find_field
from gvtui.query.filter.procfields import BINARY_INFO, FD_INFO, SHA256
from gvtui.query.numbers.points import COLUMNS, count_absent, lack_most
from gvtui.query.source import CHUNK
from gvtui.trace.row import Kind
from gvtui.wire.header import WireError
from gvtui.wire.messagetype import MessageType
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.query.filter.compile import Filter
    from gvtui.query.source import RowSource

_KNOWN_OTHERWISE = ("evt.time", CONTAINER)
"""Fields that have another source: the time of receipt, and the connection."""


_MOST_PROGRAMS = 1 << 12
"""How many messages of `sentry/execve` are looked at."""
_TELLS_PROGRAM: dict[str, Callable[[Any], object]] = {
    BINARY_INFO: lambda message: message.binary_ino,
    SHA256: lambda message: message.binary_sha256 or message.binary_sha1,
    FD_INFO: lambda message: message.HasField("stdin") or message.HasField("stdout"),
}
"""Whether a message of `sentry/execve` has what an optional field stands for. Before 2026 gVisor
sent less for `binary_info`, which does not tell where the file came from."""


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


def program_needs(condition: Filter) -> dict[str, list[str]]:
    """The optional fields of `sentry/execve` that a filter needs, each with the filter's fields."""
    needs: dict[str, list[str]] = {}
    for name in sorted(condition.fields):
        found = find_field(name)
        if found is not None and found[0].optional:
            needs.setdefault(found[0].optional, []).append(name)
    return needs


def untold_programs(trace: RowSource, condition: Filter) -> list[str]:
    """What a filter asks of programs and no message tells, in parts of sentences."""
    needs = program_needs(condition)
    start, looked_at = trace.first_row, 0
    while needs and start < trace.end_row:
        rows = trace.rows(start, min(start + CHUNK, trace.end_row))
        if not len(rows):
            break
        for place in np.flatnonzero(rows["type"] == MessageType.SENTRY_EXEC).tolist():
            if looked_at >= _MOST_PROGRAMS:
                return []
            looked_at += 1
            try:
                message = trace.decoded(start + place).message
            except (WireError, IndexError):
                continue
            needs = {
                need: names for need, names in needs.items() if not _TELLS_PROGRAM[need](message)
            }
        start += len(rows)
    return [
        f"the filter cannot know {' and '.join(names)}: {untold_program_text(need)}"
        for need, names in needs.items()
    ]


def untold_program_text(need: str) -> str:
    """That no message has an optional field of `sentry/execve`, as a part of a sentence."""
    return f"no message of sentry/execve tells {need}, which gVisor has since 2026"
