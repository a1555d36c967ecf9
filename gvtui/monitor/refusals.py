"""Tells what was refused because a limit was reached: the first time at once, later ones together.

Each line goes to the viewer, and as a mark into the trace.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gvtui.limits import LIMITS
from gvtui.trace.marks import RefusedMark
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.limits import Limits

TELL_SECONDS = 10.0
"""How long refusals of one kind are gathered after one was told."""

_MOST_GROUPS = 4
"""Users or connections that are told apart in one line, and one more."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that was refused."""

    limit: str
    """The limit's name, or another word; few refusals have one of their own."""
    verb: str
    """What was done, such as `refused` or `cut`."""
    noun: str
    """Of what kind it is, such as `connection`."""
    who: str
    """What it is, for the first line: `process 7 of user 0`, `a message of connection 3`."""
    group: str
    """Whose it is, for later lines: `user 0`, `connection 3`."""
    why: str
    count: int = 1
    """How many of the noun they are."""


def beyond(limits: Limits, name: str) -> str:
    """The reason of a refusal: which limit, and its value."""
    row = LIMITS[name]
    value: int = getattr(limits, name.replace("-", "_"))
    shown = row.shown(value) if row.unit == "bytes" else f"{value:,}"
    unit = f" {row.unit}" if row.unit in ("seconds", "a second") else ""
    return f"beyond the limit {name}, {shown}{unit}"


@dataclass(slots=True)
class _Told:
    last: Refusal
    at: float
    since_ns: int
    waiting: int = 0
    groups: Counter[str] = field(default_factory=Counter)


class Refusals:
    """Gathers refusals and tells them."""

    def __init__(
        self,
        tell: Callable[[str, RefusedMark], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with none.

        Args:
            tell: takes a line for the user, and what to note in the trace.
            clock: seconds that only grow.
        """
        self._tell = tell
        self._clock = clock
        self._told: dict[str, _Told] = {}

    def add(self, refusal: Refusal) -> None:
        """Tell a refusal, now or later together with others of its limit."""
        told = self._told.get(refusal.limit)
        if told is None:
            line = f"{refusal.verb} {refusal.who}: {refusal.why}"
            self._told[refusal.limit] = _Told(refusal, self._clock(), time.time_ns())
            self._tell(line, RefusedMark(refusal.count, refusal.limit, line))
            return
        told.waiting += refusal.count
        told.last = refusal
        if len(told.groups) < _MOST_GROUPS or refusal.group in told.groups:
            told.groups[refusal.group] += refusal.count

    def keep_house(self) -> None:
        """Tell what has been gathered long enough; to be called now and then."""
        now = self._clock()
        for limit, told in list(self._told.items()):
            if now - told.at < TELL_SECONDS:
                continue
            if not told.waiting:
                del self._told[limit]
                continue
            self._tell_more(told)
            told.at, told.since_ns, told.waiting = now, time.time_ns(), 0
            told.groups.clear()

    def tell_rest(self) -> None:
        """Tell all that is left: the end has come."""
        for told in self._told.values():
            if told.waiting:
                self._tell_more(told)
        self._told.clear()

    def _tell_more(self, told: _Told) -> None:
        refusal = told.last
        since = time.strftime("%H:%M:%S", time.localtime(told.since_ns / 1e9))
        groups = ", ".join(
            f"{count:,} of {group}" for group, count in told.groups.most_common(_MOST_GROUPS - 1)
        )
        more = counted(told.waiting, f"more {refusal.noun}")
        line = f"{refusal.verb} {more} since {since}, {groups}: {refusal.why}"
        self._tell(line, RefusedMark(told.waiting, refusal.limit, line))
