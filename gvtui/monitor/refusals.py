"""Reports refusals because of limits: the first at once, later ones together.

Each report goes to the viewer as a line, and to the trace as a mark.
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
"""For how many seconds refusals of one kind are collected after a report."""

_MOST_GROUPS = 4
"""How many users or connections are counted apart for one line."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal: what was refused, whose it is, and why."""

    limit: str
    """The limit's name, or a word for another reason."""
    verb: str
    """What gvtui did, such as `refused` or `cut`."""
    noun: str
    """The kind of thing, such as `connection`."""
    who: str
    """The thing, for the first line: `process 7 of user 0`, `a message of connection 3`."""
    group: str
    """Its owner, for later lines: `user 0`, `connection 3`."""
    why: str
    count: int = 1
    """How many things were refused."""


def beyond(limits: Limits, name: str) -> str:
    """The reason of a refusal: the limit and its value."""
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
    """Collects and reports refusals."""

    def __init__(
        self,
        tell: Callable[[str, RefusedMark], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with none.

        Args:
            tell: called with a line for the user and a mark for the trace.
            clock: gives seconds of a monotonic clock.
        """
        self._tell = tell
        self._clock = clock
        self._told: dict[str, _Told] = {}

    def add(self, refusal: Refusal) -> None:
        """Report a refusal, now or later together with others of its limit."""
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
        """Report refusals that have been collected long enough; to be called now and then."""
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
        """Report all remaining refusals, at the end."""
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
