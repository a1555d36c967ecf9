"""Edits a session in bulk: switches points and fields of a catalogue on and off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from gvtui.points.catalogue import Catalogue, is_raw, sibling_of
from gvtui.points.presets import make_point
from gvtui.points.session import DEFAULT_CONTEXT_FIELDS, Point, Session, keep_in_step

if TYPE_CHECKING:
    from collections.abc import Iterable

FieldKind = Literal["optional", "context"]


def switch_on(
    session: Session,
    names: Iterable[str],
    catalogue: Catalogue,
    context_fields: Iterable[str] = DEFAULT_CONTEXT_FIELDS,
) -> Session:
    """Switch points on with these context fields; points that are already on stay unchanged.

    Names that the catalogue lacks are switched on without fields.
    """
    context = tuple(context_fields)
    on = session.point_names
    new = []
    for name in names:
        spec = catalogue.get(name)
        if name not in on:
            new.append(make_point(spec, context) if spec else Point(name))
    return keep_in_step(session.with_points(new))[0]


def switch_off(session: Session, names: Iterable[str]) -> Session:
    """Switch points off."""
    return session.without_points(names)


def set_field(
    session: Session,
    names: Iterable[str],
    kind: FieldKind,
    field: str,
    on: bool,
    catalogue: Catalogue,
) -> Session:
    """Switch a field on or off for those of the points that are on and offer it.

    Of raw calls both enter and exit change, since runtimes up to August 2026 fill the exit's
    context with the fields of the enter point.
    """
    wanted = set(names)
    if kind == "context":
        wanted |= {sibling_of(name) or name for name in wanted if is_raw(name)}
    changed = []
    for point in session.points:
        spec = catalogue.get(point.name)
        if point.name not in wanted or spec is None:
            continue
        offered = spec.optional_fields if kind == "optional" else spec.context_fields
        have = point.optional_fields if kind == "optional" else point.context_fields
        if on and field in offered and field not in have:
            have = _in_order((*have, field), offered)
        elif not on:
            have = tuple(each for each in have if each != field)
        changed.append(
            replace(point, optional_fields=have)
            if kind == "optional"
            else replace(point, context_fields=have)
        )
    return session.with_points(changed)


def join(
    session: Session, others: Iterable[Session], catalogue: Catalogue
) -> tuple[Session, tuple[str, ...]]:
    """A session with the points of others too; each point gets the fields of all.

    A raw point is left out if the decoded point of the same side of the same call is there: it
    would send the same once more, as numbers.

    Returns:
        The session, with its own sinks and settings; and the names of the raw points left out.
    """
    for other in others:
        mine = {point.name: point for point in session.points}
        session = session.with_points(
            _joined(mine[point.name], point, catalogue) if point.name in mine else point
            for point in other.points
        )
    sides = {name: (spec.event, spec.direction) for name, spec in catalogue.points.items()}
    decoded = {sides[name] for name in session.point_names if name in sides and not is_raw(name)}
    doubled = tuple(
        point.name
        for point in session.points
        if is_raw(point.name) and sides.get(point.name) in decoded
    )
    return keep_in_step(session.without_points(doubled))[0], doubled


def _joined(one: Point, other: Point, catalogue: Catalogue) -> Point:
    spec = catalogue.get(one.name)
    optional, context = (spec.optional_fields, spec.context_fields) if spec else ((), ())
    return Point(
        one.name,
        _in_order((*one.optional_fields, *other.optional_fields), optional),
        _in_order((*one.context_fields, *other.context_fields), context),
    )


def _in_order(fields: tuple[str, ...], offered: tuple[str, ...]) -> tuple[str, ...]:
    """Fields in the catalogue's order, so that a file does not depend on the order of clicks."""
    extra = dict.fromkeys(field for field in fields if field not in offered)
    return (*(each for each in offered if each in fields), *extra)


def lacks_context(session: Session, field: str) -> list[str]:
    """The points that are on without a context field, by name."""
    return [point.name for point in session.points if field not in point.context_fields]
