"""Checks of a session against what a runtime offers, before the runtime is asked.

The rules are those of `runsc trace create`, tried with releases 0.0~20221219 and 0.0~20240729; a
refusal there costs the sandbox the session it had.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gvtui.points.catalogue import (
    Catalogue,
    PointSpec,
    is_raw,
    sibling_of,
)
from gvtui.points.duration import parse_duration
from gvtui.points.problems import Problem, nearest
from gvtui.points.session import REMOTE, SESSION_NAME, Point, Session, Sink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_SOCKET_PATH = 107
"""Bytes of the longest path that a Unix socket can have on Linux."""

DEFAULT_BACKOFF = "25us"
"""What the remote sink waits after a first failed write, unless told otherwise."""

DEFAULT_BACKOFF_MAX = "10ms"
"""The longest that the remote sink waits between two tries, unless told otherwise."""

_REMOTE_KEYS = ("endpoint", "retries", "backoff", "backoff_max")
_MANY_RETRIES = 100
_WHOLE_LIMIT = 2**31


def check_session(session: Session, catalogue: Catalogue) -> list[Problem]:
    """All that is wrong with a session, or worth a look, in the order of the file.

    Args:
        session: what to check.
        catalogue: what the runtime offers. What it cannot tell of the version asked for is a
            warning.
    """
    problems: list[Problem] = []
    if session.name != SESSION_NAME:
        problems.append(
            Problem(
                "error",
                "name",
                f"gVisor takes no session name but {SESSION_NAME!r}, not {session.name!r}",
                f"name it {SESSION_NAME!r}",
            )
        )
    if catalogue.is_earlier:
        problems.append(
            Problem(
                "warning",
                "points",
                f"the session is checked against {catalogue.source}: what an earlier version lacks "
                "cannot be told",
                "ask a runsc of that version, with --runsc",
            )
        )
    problems += _points(session, catalogue)
    problems += _sinks(session, catalogue)
    return problems


def doubts_about(session: Session, catalogue: Catalogue) -> list[Problem]:
    """What a session asks for that the catalogue cannot tell of the version asked for."""
    problems: list[Problem] = []
    for at, point in enumerate(session.points):
        place = f"points[{at}]"
        problems += _doubt(point.name, "", f"{place}.name", catalogue)
        for kind in ("optional_fields", "context_fields"):
            for number, name in enumerate(getattr(point, kind)):
                problems += _doubt(point.name, name, f"{place}.{kind}[{number}]", catalogue)
    return problems


def _points(session: Session, catalogue: Catalogue) -> Iterator[Problem]:
    if not session.points:
        yield Problem("warning", "points", "no points: nothing is traced", "start from a preset")
    seen: dict[str, int] = {}
    by_name = {point.name: point for point in session.points}
    for at, point in enumerate(session.points):
        place = f"points[{at}]"
        if not point.name:
            yield Problem("error", f"{place}.name", "a point without a name", "name or remove it")
            continue
        if point.name in seen:
            first = seen[point.name]
            yield Problem(
                "error",
                f"{place}.name",
                f"the point {point.name!r} stands at points[{first}] already",
                "keep one of them",
            )
        seen.setdefault(point.name, at)
        spec = catalogue.get(point.name)
        if spec is None:
            yield _unknown_point(point, place, session, catalogue)
        else:
            yield from _doubt(point.name, "", f"{place}.name", catalogue)
            yield from _fields(point, spec, place, session, catalogue)
        yield from _step(point, by_name, place)


def _unknown_point(point: Point, place: str, session: Session, catalogue: Catalogue) -> Problem:
    is_foreign = point.name in catalogue.lacking
    return _missing(
        f"{place}.name",
        f"{catalogue.source} has no point {point.name!r}",
        f"{catalogue.architecture} has no such system call"
        if is_foreign
        else nearest(point.name, catalogue.points),
        skipped=session.ignore_missing,
        is_later=catalogue.is_later and not is_foreign,
    )


def _doubt(point: str, field: str, place: str, catalogue: Catalogue) -> Iterator[Problem]:
    why = catalogue.doubts.get((point, field))
    if why:
        what = f"has the field {field!r} of {point}" if field else f"has the point {point!r}"
        message = f"it cannot be told whether {catalogue.source} {what}"
        yield Problem("warning", place, message, why)


def _missing(place: str, message: str, hint: str, *, skipped: bool, is_later: bool) -> Problem:
    if is_later:
        return Problem("warning", place, f"{message}; it cannot be told of this version", hint)
    if skipped:
        return Problem("warning", place, f"{message}; ignore_missing skips it", hint)
    return Problem("error", place, message, hint)


def _fields(
    point: Point, spec: PointSpec, place: str, session: Session, catalogue: Catalogue
) -> Iterator[Problem]:
    kinds = (
        ("optional", point.optional_fields, spec.optional_fields),
        ("context", point.context_fields, spec.context_fields),
    )
    for kind, wanted, offered in kinds:
        for at, name in enumerate(wanted):
            where = f"{place}.{kind}_fields[{at}]"
            if name in wanted[:at]:
                yield Problem(
                    "warning", where, f"the field {name!r} stands twice", "once is enough"
                )
            elif name not in offered:
                yield _missing(
                    where,
                    f"{point.name} has no {kind} field {name!r}",
                    nearest(name, offered) or _offered(kind, offered),
                    skipped=session.ignore_missing,
                    is_later=catalogue.is_later,
                )
            else:
                yield from _doubt(point.name, name, where, catalogue)


def _offered(kind: str, offered: tuple[str, ...]) -> str:
    return f"it has {', '.join(offered)}" if offered else f"it has no {kind} fields"


def _step(point: Point, by_name: dict[str, Point], place: str) -> Iterator[Problem]:
    """Warn of raw exits whose context the runtime would fill by other fields than they ask for."""
    if not is_raw(point.name) or not point.name.endswith("/exit"):
        return
    enter = by_name.get(sibling_of(point.name) or "")
    if enter is None:
        if point.context_fields:
            yield Problem(
                "warning",
                f"{place}.context_fields",
                "runtimes up to August 2026 take a raw exit's context from its enter point, "
                "which is off",
                f"switch {sibling_of(point.name)} on too",
            )
    elif set(enter.context_fields) != set(point.context_fields):
        yield Problem(
            "warning",
            f"{place}.context_fields",
            "runtimes up to August 2026 take a raw exit's context from its enter point, "
            "which has other fields",
            "give both the same context fields",
        )


def _sinks(session: Session, catalogue: Catalogue) -> Iterator[Problem]:
    if not session.sinks:
        yield Problem("warning", "sinks", "no sink: nothing is sent anywhere", "add a remote sink")
    counts = Counter(session.endpoints)
    for at, sink in enumerate(session.sinks):
        place = f"sinks[{at}]"
        if catalogue.sinks and sink.name not in catalogue.sinks:
            known = nearest(sink.name, catalogue.sinks) or f"it has {', '.join(catalogue.sinks)}"
            message = f"{catalogue.source} has no sink {sink.name!r}"
            yield Problem("error", f"{place}.name", message, known)
        elif sink.name == "null":
            yield Problem(
                "warning",
                f"{place}.name",
                "a null sink: nothing is sent, and `runsc trace create` refuses it in the "
                "releases tried (bad file descriptor)",
                "leave the list of sinks empty instead",
            )
        elif sink.name == REMOTE:
            yield from _remote(sink, f"{place}.config")
            if sink.endpoint and counts.pop(sink.endpoint, 1) > 1:
                message = f"more than one sink sends to {sink.endpoint}: all comes twice"
                yield Problem("warning", f"{place}.config.endpoint", message, "keep one")


def _remote(sink: Sink, place: str) -> Iterator[Problem]:
    yield from _endpoint(sink, place)
    if "retries" in sink.config:
        yield from _retries(sink.config["retries"], f"{place}.retries")
    bad = False
    waits: dict[str, int] = {}
    for key, default in (("backoff", DEFAULT_BACKOFF), ("backoff_max", DEFAULT_BACKOFF_MAX)):
        value = sink.config.get(key, default)
        try:
            if not isinstance(value, str):
                raise ValueError(f"{value!r} is not a string; write a duration such as '5ms'")
            waits[key] = parse_duration(value)
        except ValueError as error:
            bad = True
            yield Problem("error", f"{place}.{key}", str(error))
            continue
        if waits[key] < 0:
            yield Problem("warning", f"{place}.{key}", "a wait below 0 is no wait")
    if not bad and waits["backoff"] > waits["backoff_max"]:
        said = [
            f"{key} ({sink.config.get(key, f'{default}, the default')})"
            for key, default in (
                ("backoff", DEFAULT_BACKOFF),
                ("backoff_max", DEFAULT_BACKOFF_MAX),
            )
        ]
        yield Problem(
            "error", f"{place}.backoff", f"{said[0]} is above {said[1]}", "raise backoff_max"
        )
    for key in _unknown(sink.config):
        hint = nearest(key, _REMOTE_KEYS) or f"the remote sink knows {', '.join(_REMOTE_KEYS)}"
        message = f"the remote sink takes no notice of {key!r}"
        yield Problem("warning", f"{place}.{key}", message, hint)


def _unknown(config: Iterable[str]) -> list[str]:
    return [key for key in config if key not in _REMOTE_KEYS]


def _endpoint(sink: Sink, place: str) -> Iterator[Problem]:
    where = f"{place}.endpoint"
    if "endpoint" not in sink.config:
        yield Problem("error", where, "a remote sink without endpoint", "name the monitor's socket")
        return
    endpoint = sink.config["endpoint"]
    if not isinstance(endpoint, str):
        yield Problem("error", where, f"{endpoint!r} is not a string", "name the monitor's socket")
        return
    size = len(endpoint.encode("utf-8", "surrogatepass"))
    if not endpoint or "\0" in endpoint:
        yield Problem("error", where, "no path of a socket", "name the monitor's socket")
    elif size > MAX_SOCKET_PATH:
        yield Problem(
            "error",
            where,
            f"{size} bytes are too long for a Unix socket's path, which has at most "
            f"{MAX_SOCKET_PATH}",
            "choose a shorter path",
        )
    elif not endpoint.startswith("/"):
        yield Problem(
            "warning",
            where,
            "a relative path: it is looked for where runsc is started",
            "write the whole path",
        )


def _retries(value: object, where: str) -> Iterator[Problem]:
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or (isinstance(value, float) and not value.is_integer())
        or abs(value) >= _WHOLE_LIMIT
    ):
        yield Problem("error", where, f"{value!r} is not a whole number", "write one such as 5")
    elif value < 0:
        yield Problem("warning", where, "retries below 0 are none", "write 0")
    elif value > _MANY_RETRIES:
        yield Problem(
            "warning",
            where,
            f"{value} retries hold the traced program up while the monitor is slow",
            "5 lost nothing when measured",
        )
