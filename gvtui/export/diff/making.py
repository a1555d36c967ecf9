"""Makes a comparison from recordings: the same for the same recordings, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.export.report.recorded import (
    container_filter,
    containers_in,
    named_containers,
)
from gvtui.query.activity.times import utc
from gvtui.query.compare.compare import compare
from gvtui.query.compare.side import SidePlan, read_sides
from gvtui.query.filter.write import conjunction, literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.query.compare.compare import ComparedSides, Difference
    from gvtui.query.compare.side import Side
    from gvtui.trace.reader import Trace
    from gvtui.trace.rebuild import Progress


@dataclass(frozen=True, slots=True)
class SideChoice:
    """What a user chose for one side."""

    trace: Trace
    container: str = ""
    """Its ID, a beginning of it, or what its operator calls it; "" for all."""
    begin: str = ""
    """The first moment, as in a filter; "" for the beginning."""
    end: str = ""
    """The moment before which the side ends; "" for the end."""

    @property
    def window(self) -> str:
        """The filter for the time; "" for all of it."""
        begin = f"evt.time >= {literal(self.begin)}" if self.begin else ""
        return conjunction([begin, f"evt.time < {literal(self.end)}" if self.end else ""])


@dataclass(frozen=True, slots=True)
class DiffSide:
    """What the reader must know of one side."""

    file: str
    """The recording's name; with folders only where both sides' names are the same otherwise."""
    containers: tuple[str, ...]
    """Its containers, with their names in words."""
    filter_text: str
    """The condition that its rows pass; "" for all rows."""
    side: Side
    conns: frozenset[int]
    """The connections of its containers."""

    @property
    def binaries(self) -> tuple[tuple[str, str], ...]:
        """Path and version of each runsc that ran its containers, as far as the recording tells;
        a version that is not told is ""."""
        told = (each for each in self.side.binaries if each.conn in self.conns)
        return tuple(dict.fromkeys((each.path, each.version) for each in told))

    @property
    def head(self) -> str:
        """The side in one line; not escaped."""
        side, shown = self.side, "; ".join(self.containers[:_MAX_CONTAINERS])
        if len(self.containers) > _MAX_CONTAINERS:
            shown += f"; {len(self.containers) - _MAX_CONTAINERS:,} more"
        parts = [self.file, shown and f"container {shown}", self.filter_text]
        when = f"{utc(side.first_ns)} to {utc(side.last_ns)}" if side.rows else ""
        return ", ".join(filter(None, [*parts, when, f"{side.rows:,} rows"]))


_MAX_CONTAINERS = 4


@dataclass(frozen=True, slots=True)
class DiffDocument:
    """A comparison, with what the reader must know of both sides."""

    before: DiffSide
    after: DiffSide
    compared: ComparedSides

    @property
    def differs(self) -> bool:
        """Whether a difference is certain."""
        return bool(self.compared.differences)

    @property
    def is_certain(self) -> bool:
        """Whether it can be told of everything whether it differs."""
        return not self.compared.untold

    def filter_of(self, difference: Difference, side: DiffSide) -> str:
        """The filter for the rows of a difference on one side; "" if it has none there."""
        is_before = side is self.before
        thing = difference.before if is_before else difference.after
        own = thing.behind.filter_text if thing is not None else ""
        if difference.before is None and difference.after is None:
            calls = side.side.calls
            own = f"evt.type = {literal(difference.what)}" if difference.what in calls else ""
        return own and conjunction([side.filter_text if thing is None else "", own])


def make_diff(
    before: SideChoice,
    after: SideChoice,
    *,
    filter_text: str = "",
    same_points: bool = False,
    progress: Progress | None = None,
) -> DiffDocument:
    """Read both sides and tell what differs.

    Args:
        before: one side; its trace stays the caller's.
        after: the other; its trace may be the same.
        filter_text: only rows of either side that pass this condition.
        same_points: whether the caller knows that both had the same points on.
        progress: called with bytes done and bytes in all, for each trace.

    Raises:
        FilterError: a text is no filter.
        NoContainerError: there is no such container.
    """
    choices = (before, after)
    known = {trace: containers_in(trace) for trace in {each.trace for each in choices}}
    chosen = [
        named_containers(known[each.trace], each.container) if each.container else []
        for each in choices
    ]
    plans = [
        SidePlan(
            each.trace,
            conjunction([container_filter(named), each.window]),
            filter_text,
            is_window=bool(each.begin or each.end),
        )
        for each, named in zip(choices, chosen, strict=True)
    ]
    sides = read_sides(plans, progress)
    first, second = (
        DiffSide(
            name,
            _words_of(known[each.trace], named),
            side.plan.filter_text,
            side,
            frozenset(conn for conn, _ in _own(known[each.trace], named)),
        )
        for each, name, named, side in zip(
            choices, _names([each.trace.path for each in choices]), chosen, sides, strict=True
        )
    )
    compared = compare(first.side, second.side, same_points=same_points)
    return DiffDocument(first, second, compared)


def _names(paths: Sequence[Path]) -> list[str]:
    """The names of recordings, with as many folders as tell different ones apart."""
    parts = [path.absolute().parts for path in paths]
    for length in range(1, max(map(len, parts))):
        names = [str(Path(*each[-length:])) for each in parts]
        if len(set(names)) == len(set(parts)):
            return names
    return [str(Path(*each)) for each in parts]


def _own(known: dict[tuple[int, str], str], named: Sequence[str]) -> dict[tuple[int, str], str]:
    """The containers with one of these IDs; all if there is none."""
    return {key: words for key, words in known.items() if not named or key[1] in named}


def _words_of(known: dict[tuple[int, str], str], named: Sequence[str]) -> tuple[str, ...]:
    """What containers are called in words: those with one of these IDs; all if there is none."""
    return tuple(dict.fromkeys(_own(known, named).values()))
