"""Whether it can be told that a side did not do something, or did it less often."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from gvtui.query.activity.calls import NEEDED, OF_SECTIONS
from gvtui.query.compare.coverage import traces
from gvtui.query.compare.things import FAILURES, Thing, ThingKey
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.query.compare.side import Side

_EXEC = ("sentry/execve", "execve")
"""Each of them tells that a program ran."""
_OPENED = NEEDED["which files are opened"]
_MOVED = NEEDED["what moves between descriptors"]
_NETWORK = " ".join(
    NEEDED[subject]
    for subject in (
        "the network",
        "what is read",
        "what is written",
        "what is sent and received",
        "what moves between descriptors",
    )
)
_CALLS = {
    "sessions": "sentry/clone container/start",
    "forks": "sentry/clone",
    "read": f"{_OPENED} {NEEDED['what is read']} {_MOVED}",
    "written": f"{_OPENED} {NEEDED['what is written']} {_MOVED}",
    "created": _OPENED,
    "maybe_created": _OPENED,
    "folders": _OPENED,
    "connected": _NETWORK,
    "accepted": _NETWORK,
    "not_connected": "connect",
    "listening": "listen",
    "sockets": _NETWORK,
    "users": NEEDED["the user"],
    "namespaces": NEEDED["namespaces and roots"],
    "traced": NEEDED["looking into processes"],
    **OF_SECTIONS,
}
"""The calls that a section is made from."""
_OF_PROGRAMS = ("programs", "not_started", "searched", "maybe_started", "sessions")
_STARTS = ("programs", "not_started", "searched", "maybe_started")
"""Where a program stands by what is told of its start."""
_PATHS = ("read", "written", "created", "maybe_created", "folders", "failed", "permissions")
_VAGUE = ("not told)", "(not told", "not known")


def _groups(section: str) -> list[tuple[str, ...]]:
    """The calls that a section is made from; of those of one group, one is enough."""
    found: list[tuple[str, ...]] = [(name,) for name in _CALLS.get(section, "").split()]
    return [_EXEC, *found] if section in _OF_PROGRAMS else found


def _is_vague(text: str) -> bool:
    return any(word in text for word in _VAGUE)


class _Told:
    """What one side has whose words do not tell all."""

    def __init__(self, side: Side) -> None:
        self.vague: set[str] = set()
        """Sections with a thing of which it is not told what it was."""
        self.relative: dict[str, set[str]] = defaultdict(set)
        """Paths that are not absolute, by section."""
        self.ends: dict[str, set[str]] = defaultdict(set)
        """The last parts of absolute paths, by section."""
        self.details: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key in side.things:
            if key.section == FAILURES:
                continue
            if _is_vague(key.what):
                self.vague.add(key.section)
            path = _path(key.section, key.what)
            if path.startswith("/"):
                self.ends[key.section].add(path.rpartition("/")[2])
            elif path:
                self.relative[key.section].add(path.removeprefix("./"))
            self.details[key.section, key.what].append(key.details)


def _path(section: str, what: str) -> str:
    if section not in _PATHS:
        return ""
    return what.partition(" ")[2] if section in ("failed", "permissions") else what


class Absence:
    """Judges what the sides of a comparison can tell."""

    def __init__(self, before: Side, after: Side, *, same_points: bool) -> None:
        """Begin with two sides.

        Args:
            before: one.
            after: the other.
            same_points: whether both are known to have had the same points on.
        """
        self._before, self._after = before, after
        self._same_points = same_points
        self._told = {True: _Told(before), False: _Told(after)}
        """By whether it is the side before."""

    def of_thing(self, thing: Thing, *, is_new: bool) -> str:
        """Why it cannot be told that one side lacks a thing; "" if it can.

        Args:
            thing: the other side has it.
            is_new: whether the side before lacks it.
        """
        side, other = self._sides(is_new)
        if side.holes:
            return side.holes[0]
        if side.lost:
            return f"{counted(side.lost, 'point was', 'points were')} dropped"
        why = self._untraced(side, other, thing.key.section, thing.behind.kinds)
        return why or self._vague(thing, is_new)

    def of_count(self, a: Thing, b: Thing) -> str:
        """Why it cannot be told that the counts of a thing differ; "" if it can."""
        for side in (self._before, self._after):
            if side.holes:
                return side.holes[0]
        for side, other, kinds in (
            (self._before, self._after, b.behind.kinds - a.behind.kinds),
            (self._after, self._before, a.behind.kinds - b.behind.kinds),
        ):
            if why := self._untraced(side, other, a.key.section, kinds):
                return why
        return ""

    def of_call(self, name: str, *, is_missing_before: bool, is_missing_after: bool) -> str:
        """Why it cannot be told that the numbers of a system call differ; "" if it can."""
        for side, is_missing in (
            (self._before, is_missing_before),
            (self._after, is_missing_after),
        ):
            if side.holes:
                return side.holes[0]
            if is_missing and (why := self._untraced(side, side, FAILURES, {name})):
                return why
        return ""

    def _sides(self, is_new: bool) -> tuple[Side, Side]:
        both = (self._before, self._after)
        return both if is_new else (both[1], both[0])

    def _untraced(self, side: Side, other: Side, section: str, kinds: set[str]) -> str:
        """Which call may have been made on a side without being seen, while it is on the other."""
        if self._same_points:
            return ""
        groups: list[tuple[str, ...]] = [
            _EXEC if kind in _EXEC else (kind,) for kind in sorted(kinds)
        ]
        groups += [
            names
            for names in _groups(section)
            if traces(other.points, names, other.plan.trace.architecture)
        ]
        for names in groups:
            if not traces(side.points, names, side.plan.trace.architecture):
                which = "before" if side is self._before else "after"
                return f"whether a point of {names[0]} was on {which} is not told"
        return ""

    def _start(self, key: ThingKey, is_new: bool) -> str:
        """Why a program may have started on one side as on the other; "" if it is told."""
        sides = ("before", "after") if is_new else ("after", "before")
        other = self._told[is_new].details
        if key.section == "maybe_started":
            has = any((section, key.what) in other for section in _STARTS)
            return f"whether it started is not told {sides[1]}" if has else ""
        has = key.section in _STARTS and ("maybe_started", key.what) in other
        return f"whether it started is not told {sides[0]}" if has else ""

    def _vague(self, thing: Thing, is_new: bool) -> str:
        key, told = thing.key, self._told[is_new]
        which = "before" if is_new else "after"
        if why := self._start(key, is_new):
            return why
        if key.section in told.vague or (
            _is_vague(key.what) and any(of == key.section for of, _ in told.details)
        ):
            return f"not everything of this kind is told {which}"
        path = _path(key.section, key.what)
        if path.startswith("/"):
            if any(path.endswith(f"/{each}") for each in told.relative[key.section]):
                return f"a path without its folder {which} may be this one"
        elif path and path.rpartition("/")[2] in told.ends[key.section]:
            return f"this path is without its folder, and one {which} may be it"
        for details in told.details.get((key.section, key.what), ()):
            has_part = key.details.endswith(details) or details.endswith(key.details)
            if has_part or _is_vague(details) or _is_vague(key.details):
                return f"not everything of it is told {which}"
        return ""
