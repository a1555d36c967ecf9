"""The trace session: the points that are traced, their fields, and the sinks they are sent to.

The names are those of gVisor's `SessionConfig`. A session never changes: an edit makes a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gvtui.points.catalogue import is_raw, sibling_of, sort_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SESSION_NAME = "Default"
"""The only session name that gVisor accepts."""

NEWER_KEYS = {"options": "2026-09"}
"""Session keys that older runtimes lack, each with the month of the first release seen with it; an
older release refuses the whole file."""

REMOTE = "remote"
"""The name of the sink that sends to a monitor."""

NULL = "null"
"""The name of the sink that sends nothing."""

DEFAULT_CONTEXT_FIELDS = (
    "time",
    "thread_id",
    "group_id",
    "process_name",
    "container_id",
    "parent_thread_group_id",
    "is_exec_session",
)
"""The context fields that gvtui's columns, filters and process tree ask of each point, as far as
the runtime has them: the last two are gVisor's since 2026."""


@dataclass(frozen=True, slots=True)
class Point:
    """A trace point that is switched on, with the fields that it sends."""

    name: str
    optional_fields: tuple[str, ...] = ()
    context_fields: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The point as a JSON object; empty lists are left out."""
        values: dict[str, Any] = {"name": self.name}
        if self.optional_fields:
            values["optional_fields"] = list(self.optional_fields)
        if self.context_fields:
            values["context_fields"] = list(self.context_fields)
        return values


@dataclass(frozen=True, slots=True)
class Sink:
    """A sink, which the sandbox sends the session's points to."""

    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    """The sink's own settings, whose meanings depend on the sink."""
    ignore_setup_error: bool = False
    """Whether a container starts even if the sink cannot be set up; it is then not traced."""

    @property
    def endpoint(self) -> str | None:
        """The monitor's socket, for a remote sink that names one."""
        endpoint = self.config.get("endpoint")
        return endpoint if self.name == REMOTE and isinstance(endpoint, str) else None

    def as_dict(self) -> dict[str, Any]:
        """Its JSON object."""
        values: dict[str, Any] = {"name": self.name}
        if self.config:
            values["config"] = dict(self.config)
        if self.ignore_setup_error:
            values["ignore_setup_error"] = True
        return values


@dataclass(frozen=True, slots=True)
class Session:
    """A trace session: its points, its sinks and its settings."""

    points: tuple[Point, ...] = ()
    sinks: tuple[Sink, ...] = ()
    name: str = SESSION_NAME
    ignore_missing: bool = False
    """Whether the runtime skips points and fields that it lacks; else it refuses the session."""
    options: Mapping[str, Any] | None = None
    """Settings that newer runtimes know; older ones refuse a session that has them."""

    @property
    def point_names(self) -> frozenset[str]:
        """The names of all its points."""
        return frozenset(point.name for point in self.points)

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The paths of the sockets that the session's sinks send to."""
        return tuple(sink.endpoint for sink in self.sinks if sink.endpoint is not None)

    def point(self, name: str) -> Point | None:
        """The point of that name, if it is switched on."""
        return next((point for point in self.points if point.name == name), None)

    def with_points(self, points: Iterable[Point]) -> Session:
        """The session with these points switched on; they replace points of the same names.

        Points that remain keep their positions, so that few lines of the user's file change.
        """
        new = {point.name: point for point in points}
        kept = [new.pop(point.name, point) for point in self.points]
        for point in sorted(new.values(), key=lambda each: sort_key(each.name)):
            key = sort_key(point.name)
            place = next(
                (at for at, each in enumerate(kept) if sort_key(each.name) > key), len(kept)
            )
            kept.insert(place, point)
        return replace(self, points=tuple(kept))

    def without_points(self, names: Iterable[str]) -> Session:
        """The session with these points switched off."""
        gone = frozenset(names)
        return replace(self, points=tuple(each for each in self.points if each.name not in gone))

    def with_sinks(self, *sinks: Sink) -> Session:
        """The session with these sinks in place of its own."""
        return replace(self, sinks=sinks)

    def as_dict(self) -> dict[str, Any]:
        """Its JSON object."""
        values: dict[str, Any] = {"name": self.name}
        if self.ignore_missing:
            values["ignore_missing"] = True
        if self.options is not None:
            values["options"] = dict(self.options)
        values["points"] = [point.as_dict() for point in self.points]
        values["sinks"] = [sink.as_dict() for sink in self.sinks]
        return values


@dataclass(frozen=True, slots=True)
class SessionDiff:
    """The difference of two sessions: names of points, in the order of display."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    """Points that are on before and after, but with other fields."""
    sinks: bool
    """Whether the sinks or their settings change."""
    other: bool
    """Whether `ignore_missing` or `options` changes."""

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.sinks or self.other)

    def __str__(self) -> str:
        """Such as `+3 −1 ~2`, `sink` and `options` named; `no change`."""
        counted = (("+", self.added), ("−", self.removed), ("~", self.changed))
        words = [f"{sign}{len(names)}" for sign, names in counted if names]
        words += ["sink"] if self.sinks else []
        words += ["options"] if self.other else []
        return " ".join(words) or "no change"


def diff_sessions(old: Session | None, new: Session | None) -> SessionDiff:
    """The difference between two sessions; None stands for no session."""
    before = {point.name: _fields(point) for point in old.points} if old else {}
    after = {point.name: _fields(point) for point in new.points} if new else {}
    empty = Session()
    old, new = old or empty, new or empty
    both = before.keys() & after.keys()
    return SessionDiff(
        _ordered(after.keys() - before.keys()),
        _ordered(before.keys() - after.keys()),
        _ordered(name for name in both if before[name] != after[name]),
        sinks=[sink.as_dict() for sink in old.sinks] != [sink.as_dict() for sink in new.sinks],
        other=(old.ignore_missing, old.options) != (new.ignore_missing, new.options),
    )


def keep_in_step(session: Session) -> tuple[Session, list[str]]:
    """Give the enter and the exit of each raw call the context fields of both.

    Runtimes up to August 2026 fill a raw exit's context with the enter point's fields, so an exit
    that asks for other fields does not get them.

    Returns:
        The session, and the names of the points that were changed.
    """
    by_name = {point.name: point for point in session.points}
    changed: list[Point] = []
    for point in session.points:
        sibling = by_name.get(sibling_of(point.name) or "") if is_raw(point.name) else None
        if sibling is None or set(sibling.context_fields) == set(point.context_fields):
            continue
        first, second = sorted((point, sibling), key=lambda each: sort_key(each.name))
        both = tuple(dict.fromkeys((*first.context_fields, *second.context_fields)))
        if set(both) != set(point.context_fields):
            changed.append(replace(point, context_fields=both))
    return session.with_points(changed), [point.name for point in changed]


def _fields(point: Point) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(point.optional_fields), frozenset(point.context_fields)


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=sort_key))
