"""Builds the tree of points from a catalogue: lines for groups, calls and fields."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

from gvtui.points.catalogue import COMPONENTS
from gvtui.points.groups import OTHER, PURPOSES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from gvtui.points.catalogue import Catalogue, PointSpec
    from gvtui.points.edit import FieldKind

ALL = "*"
"""The key of the line for all points."""

_FIELDS = "+"
_COMPONENT_TITLES = {"sysno": "sysno (raw calls)"}


class LineKind(Enum):
    """The kind of a line."""

    GROUP = "group"
    CALL = "call"
    """A system call with its two sides, or an event."""
    FIELDS = "fields"
    """The line that opens the fields of all points of a group."""
    FIELD = "field"


@dataclass(frozen=True, slots=True)
class PointLine:
    """One line of the tree."""

    kind: LineKind
    key: str
    """Identifies the line, also after the tree has been rebuilt."""
    depth: int
    label: str
    names: tuple[str, ...]
    """The names of the line's points."""
    enter: str = ""
    """For a call, the point of each side; an event has only `enter`."""
    exit: str = ""
    sided: bool = False
    """Whether the line has an enter and an exit side."""
    field: str = ""
    field_kind: FieldKind = "context"
    is_open: bool = False
    parent: str = ""

    @property
    def can_open(self) -> bool:
        """Whether the line has lines below it to open."""
        return self.kind is not LineKind.FIELD


Grouping = Literal["component", "purpose"]


def build_lines(
    catalogue: Catalogue,
    grouping: Grouping,
    opened: Collection[str],
    found: Iterable[PointSpec] | None = None,
    only: Collection[str] | None = None,
) -> list[PointLine]:
    """The visible lines, from top to bottom.

    Args:
        catalogue: what the runtime offers.
        grouping: how the calls are grouped.
        opened: the keys of the open lines.
        found: the points that a search has found, shown with all groups open; None for no search.
        only: the names of the points to show; None shows all.
    """
    searching = found is not None
    specs = list(catalogue if found is None else found)
    if only is not None:
        specs = [spec for spec in specs if spec.name in only]
    lines: list[PointLine] = []
    if not searching and specs:
        names = tuple(spec.name for spec in specs)
        is_open = ALL in opened
        lines.append(PointLine(LineKind.FIELDS, ALL, 0, "fields of all that is on", names,
                          is_open=is_open))  # fmt: skip
        if is_open:
            lines += _fields(ALL, 1, specs, names)
    for group, members in _groups(specs, grouping).items():
        names = tuple(spec.name for spec in members)
        is_open = searching or group in opened
        title = _COMPONENT_TITLES.get(group, group)
        lines.append(PointLine(LineKind.GROUP, group, 0, title, names, is_open=is_open))
        if is_open:
            lines += _group(group, members, names, opened, grouping, searching)
    return lines


def _groups(specs: list[PointSpec], grouping: Grouping) -> dict[str, list[PointSpec]]:
    order = COMPONENTS if grouping == "component" else (*PURPOSES, OTHER)
    groups: dict[str, list[PointSpec]] = {name: [] for name in order}
    for spec in specs:
        keys = (spec.component,) if grouping == "component" else spec.purposes
        for key in keys:
            groups.setdefault(key, []).append(spec)
    return {name: members for name, members in groups.items() if members}


def _group(
    group: str,
    members: list[PointSpec],
    names: tuple[str, ...],
    opened: Collection[str],
    grouping: Grouping,
    searching: bool,
) -> Iterator[PointLine]:
    key = f"{group}/{_FIELDS}"
    if not searching:
        yield PointLine(
            LineKind.FIELDS, key, 1, "fields of these", names, is_open=key in opened, parent=group
        )
        if key in opened:
            yield from _fields(key, 2, members, names)
    calls: dict[str, list[PointSpec]] = {}
    for spec in members:
        calls.setdefault(spec.call, []).append(spec)
    for call, sides in calls.items():
        key = f"{group}/{call}"
        line = _call(key, group, sides, grouping, is_open=key in opened)
        yield line
        if line.is_open:
            yield from _fields(key, 2, sides, line.names, line)


def _call(
    key: str, group: str, sides: list[PointSpec], grouping: Grouping, *, is_open: bool
) -> PointLine:
    spec = sides[0]
    label = spec.event
    if spec.is_raw:
        label = f"{spec.sysno} {spec.event}" if grouping == "component" else f"{label} (raw)"
    elif grouping == "component":
        label = label.rpartition("/")[2]
    by_side = {side.direction: side.name for side in sides}
    return PointLine(
        LineKind.CALL,
        key,
        1,
        label,
        tuple(side.name for side in sides),
        by_side.get("E") or by_side.get(None, ""),
        by_side.get("X", ""),
        spec.direction is not None,
        is_open=is_open,
        parent=group,
    )


def _fields(
    parent: str,
    depth: int,
    specs: list[PointSpec],
    names: tuple[str, ...],
    call: PointLine | None = None,
) -> Iterator[PointLine]:
    offered: dict[tuple[FieldKind, str], dict[str, None]] = {}
    kinds: tuple[FieldKind, ...] = ("optional", "context")
    for kind in kinds:
        for spec in specs:
            for field in spec.optional_fields if kind == "optional" else spec.context_fields:
                offered.setdefault((kind, field), {})[spec.name] = None
    for (kind, field), having in offered.items():
        yield PointLine(
            LineKind.FIELD,
            f"{parent}/{kind}:{field}",
            depth,
            field,
            tuple(name for name in names if name in having),
            call.enter if call and call.enter in having else "",
            call.exit if call and call.exit in having else "",
            bool(call and call.sided),
            field=field,
            field_kind=kind,
            parent=parent,
        )
