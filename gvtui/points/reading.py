"""Reads a session from JSON as gVisor does, and reports unknown keys and wrong types.

As in Go, a key that occurs twice is read twice: a list overwrites the earlier list element by
element, objects are merged, and null leaves a string unchanged.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gvtui.points.gojson import Items, JsonPairs, Node, Number, fold, plain, walk
from gvtui.points.problems import Hints, Problem, Severity, Verdict
from gvtui.points.session import Point, Session, Sink

if TYPE_CHECKING:
    from collections.abc import Mapping

WRAPPER = "trace_session"
"""The key of a pod init file that holds the session."""

_MAX_COUNT = 2**64 - 1
_TAKEN = (Verdict.TRACED, Verdict.TRACED)
_UNREAD = (Verdict.REFUSED, Verdict.REFUSED)


@dataclass(frozen=True)
class _Struct:
    """The schema of an object: its keys and the kinds of their values."""

    what: str
    """The object in words: `a session`."""
    fields: Mapping[str, _Kind]
    unused: frozenset[str] = frozenset()
    """Keys that runsc accepts and ignores."""


@dataclass(frozen=True)
class _List:
    """The schema of a list: the kind of its elements."""

    inner: _Kind
    expected: str


@dataclass
class _Listed:
    """A list that was read, with the elements of an earlier one that Go keeps in memory."""

    length: int = 0
    elements: list[Any] = field(default_factory=list)

    def values(self) -> list[Any]:
        return self.elements[: self.length]


_Kind = _Struct | _List | str
_STRING, _FLAG, _OBJECT, _COUNT = "a string", "true or false", "an object", "a whole number"

_POINT = _Struct(
    "a point",
    {
        "name": _STRING,
        "optional_fields": _List(_STRING, "a field's name"),
        "context_fields": _List(_STRING, "a field's name"),
    },
)
_SINK = _Struct(
    "a sink",
    {
        "name": _STRING,
        "config": _OBJECT,
        "ignore_setup_error": _FLAG,
        "status": _Struct("a status", {"DroppedCount": _COUNT}),
    },
    frozenset(["status"]),
)
_SESSION = _Struct(
    "a session",
    {
        "name": _STRING,
        "points": _List(_POINT, "an object with a name"),
        "sinks": _List(_SINK, "an object with a name"),
        "ignore_missing": _FLAG,
        "options": _OBJECT,
    },
)
_FILE = _Struct("a pod init file", {WRAPPER: _SESSION})

SESSION_KEYS = frozenset(_SESSION.fields)
"""The keys that a session can have."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The session that was read, with all problems found."""

    session: Session
    problems: tuple[Problem, ...]

    @property
    def is_refused(self) -> bool:
        """Whether runsc cannot read it."""
        return any(problem.trace_create is Verdict.REFUSED for problem in self.problems)


def read_session(node: Node, lacking: frozenset[str] = frozenset(), whose: str = "") -> Reading:
    """Read a bare session.

    Args:
        node: the value.
        lacking: keys of a session that the runtime is too old for.
        whose: the runtime, for the user to read.
    """
    reader = _Reader(lacking, whose)
    return Reading(_made(reader.struct(_SESSION, node, {}, "")), tuple(reader.problems))


def read_pod_init(node: Node, lacking: frozenset[str] = frozenset(), whose: str = "") -> Reading:
    """Read a pod init file: the session is under `trace_session`; else as `read_session`."""
    reader = _Reader(lacking, whose)
    values = reader.struct(_FILE, node, {}, "")
    return Reading(_made(values.get(WRAPPER) or {}), tuple(reader.problems))


def _made(values: dict[str, Any]) -> Session:
    return Session(
        tuple(
            Point(
                each.get("name") or "",
                tuple(name or "" for name in _values(each, "optional_fields")),
                tuple(name or "" for name in _values(each, "context_fields")),
            )
            for each in _values(values, "points")
        ),
        tuple(
            Sink(
                each.get("name") or "",
                each.get("config") or {},
                each.get("ignore_setup_error") or False,
            )
            for each in _values(values, "sinks")
        ),
        name=values.get("name") or "",
        ignore_missing=values.get("ignore_missing") or False,
        options=values.get("options"),
    )


def _values(values: dict[str, Any], key: str) -> list[Any]:
    listed = values.get(key)
    return listed.values() if isinstance(listed, _Listed) else []


class _Reader:
    def __init__(self, lacking: frozenset[str], whose: str) -> None:
        self.problems: list[Problem] = []
        self._lacking = lacking
        self._hints = Hints()
        self._whose = whose

    def struct(self, kind: _Struct, node: Node, old: Any, place: str) -> dict[str, Any]:  # noqa: ANN401
        """Read an object over its old values; gives the values by field name."""
        values = old if isinstance(old, dict) else {}
        if node.value is None:
            return values
        if not isinstance(node.value, JsonPairs):
            self._wrong(place, node, "an object")
            return values
        seen: set[str] = set()
        for key, inner in node.value:
            where = f"{place}.{key}" if place else key
            name = self._field(kind, key, where)
            if name is None:
                continue
            if name in seen:
                self._say("warning", where, f"the key {name!r} stands twice", "keep one of them")
            seen.add(name)
            if name in kind.unused:
                self._say("warning", where, f"runsc takes no notice of {name!r}", "remove it")
            values[name] = self._value(kind.fields[name], inner, values.get(name), where)
        return values

    def _field(self, kind: _Struct, key: str, where: str) -> str | None:
        name = key if key in kind.fields else None
        if name is None:
            name = next((each for each in kind.fields if fold(each) == fold(key)), None)
        if name is None:
            known = [each for each in kind.fields if each not in kind.unused]
            hint = self._hints.nearest(key, known) or f"{kind.what} has {', '.join(known)}"
            if kind is _FILE:
                hint = f"move it under {WRAPPER!r}" if key in SESSION_KEYS else "remove it"
                hint = f"{hint}; nothing may stand beside {WRAPPER!r}"
            self._say("error", where, f"{kind.what} has no key {key!r}", hint, _UNREAD)
            return None
        if kind is _SESSION and name in self._lacking:
            words = f"{self._whose} has no key {name!r} and refuses the whole file"
            self._say("error", where, words, "remove it, or use a newer runsc", _UNREAD)
        if name != key:
            self._say("warning", where, f"runsc takes the key {key!r} for {name!r}", "write it so")
        return name

    def _value(self, kind: _Kind, node: Node, old: Any, place: str) -> Any:  # noqa: ANN401
        if isinstance(kind, _Struct):
            return self.struct(kind, node, old, place)
        if isinstance(kind, _List):
            return self._list(kind, node, old, place)
        if kind == _OBJECT:
            return self._object(node, old, place)
        return self._scalar(kind, kind, node, old, place)

    def _list(self, kind: _List, node: Node, old: object, place: str) -> _Listed | None:
        if node.value is None:
            return None
        if not isinstance(node.value, Items):
            self._wrong(place, node, "a list")
            return old if isinstance(old, _Listed) else None
        elements = old.elements if isinstance(old, _Listed) and node.value else []
        for at, inner in enumerate(node.value):
            below = elements[at] if at < len(elements) else None
            where = f"{place}[{at}]"
            if isinstance(kind.inner, _Struct) and inner.value is not None:
                if not isinstance(inner.value, JsonPairs):
                    self._wrong(where, inner, kind.expected)
                    value = below or {}
                else:
                    value = self.struct(kind.inner, inner, below, where)
            elif isinstance(kind.inner, _Struct):
                value = below or {}
            else:
                value = self._scalar(str(kind.inner), kind.expected, inner, below, where)
            elements[at : at + 1] = [value]
        return _Listed(len(node.value), elements)

    def _object(self, node: Node, old: object, place: str) -> dict[str, Any] | None:
        if node.value is None:
            return None
        if not isinstance(node.value, JsonPairs):
            self._wrong(place, node, _OBJECT)
            return old if isinstance(old, dict) else None
        if any(isinstance(each.value, Number) and not each.value.is_finite for each in walk(node)):
            words = "a number larger than 1.8e308, which no double can hold"
            self._say("error", place, words, "write a smaller one", _UNREAD)
            return old if isinstance(old, dict) else None
        counts = Counter(key for key, _ in node.value)
        for key in (key for key, count in counts.items() if count > 1):
            words = f"the key {key!r} stands twice: the last one holds"
            self._say("warning", f"{place}.{key}", words, "keep one of them")
        merged = old if isinstance(old, dict) else {}
        merged.update((key, plain(inner)) for key, inner in node.value)
        return merged

    def _scalar(self, kind: str, expected: str, node: Node, old: Any, place: str) -> Any:  # noqa: ANN401
        value = node.value
        if value is None:
            return old
        if kind == _STRING and isinstance(value, str) and not isinstance(value, Number):
            return value
        if kind == _FLAG and isinstance(value, bool):
            return value
        if kind == _COUNT and isinstance(value, Number) and _is_count(value):
            return int(value)
        self._wrong(place, node, expected)
        return old

    def _wrong(self, place: str, node: Node, expected: str) -> None:
        words = f"{node.kind} where {expected} was expected"
        self._say("error", place, words, "", _UNREAD)

    def _say(
        self,
        severity: Severity,
        place: str,
        message: str,
        hint: str,
        ends: tuple[Verdict, Verdict] = _TAKEN,
    ) -> None:
        self.problems.append(Problem(severity, place, message, hint, *ends))


def _is_count(number: Number) -> bool:
    return number.isdecimal() and len(number) <= len(str(_MAX_COUNT)) and int(number) <= _MAX_COUNT
