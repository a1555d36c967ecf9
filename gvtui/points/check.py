"""Checks a session against what a runtime offers, before runsc is asked to start it.

The rules are those of `runsc trace create`, tried with releases 0.0~20221219 and 0.0~20240729; a
a session that runsc refuses costs the sandbox the session that it had.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from gvtui.points.catalogue import (
    Catalogue,
    PointSpec,
    is_raw,
    sibling_of,
)
from gvtui.points.duration import parse_duration
from gvtui.points.gojson import Node
from gvtui.points.problems import Hints, Problem, Verdict
from gvtui.points.session import NULL, REMOTE, SESSION_NAME, Point, Session, Sink

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SOCKET_PATH = 107
"""The longest path that a Unix socket can have on Linux, in bytes."""

DEFAULT_BACKOFF = "25us"
"""The remote sink's default wait after the first failed write."""

DEFAULT_BACKOFF_MAX = "10ms"
"""The remote sink's default for the longest wait between two tries."""

_DEFAULT_WAITS = {"backoff": DEFAULT_BACKOFF, "backoff_max": DEFAULT_BACKOFF_MAX}
_REMOTE_KEYS = ("endpoint", "retries", "backoff", "backoff_max")
_MANY_RETRIES = 100
_MAX_SAID = 100
_WHOLE_LIMIT = 2.0**63
_ABSTRACT = ("@", "\0")

_CAPACITY = "execve_hash_cache_capacity"
_DEFAULT_CAPACITY = 512
_LARGE_CAPACITY = 1_000_000
_CAPACITY_BYTES = 100
"""Bytes of memory for each hash that the cache can hold, as measured: 435 MB for 5 million."""

_REFUSED = (Verdict.REFUSED, Verdict.REFUSED)
_NOT_MADE = (Verdict.REFUSED, Verdict.UNTRACED)
"""Refused by the sandbox: `trace create` says so, and a container that starts runs untraced."""
_IDLE = (Verdict.UNTRACED, Verdict.UNTRACED)


def check_session(session: Session, catalogue: Catalogue) -> list[Problem]:
    """All errors and warnings for a session, in the order of the file.

    Args:
        session: what to check.
        catalogue: what the runtime offers. Points and fields that are in doubt give warnings.
    """
    problems: list[Problem] = []
    hints = Hints()
    if session.name != SESSION_NAME:
        problems.append(
            Problem(
                "error",
                "name",
                f"gVisor takes no session name but {SESSION_NAME!r}, not {session.name!r}",
                f"name it {SESSION_NAME!r}",
                *_NOT_MADE,
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
    problems += _options(session, catalogue, hints)
    problems += _points(session, catalogue, hints)
    problems += _sinks(session, catalogue, hints)
    return problems


def doubts_about(session: Session, catalogue: Catalogue) -> list[Problem]:
    """Warnings for the points and fields of a session that the catalogue has in doubt."""
    problems: list[Problem] = []
    for at, point in enumerate(session.points):
        place = f"points[{at}]"
        problems += _doubt(point.name, "", f"{place}.name", catalogue)
        for kind in ("optional_fields", "context_fields"):
            for number, name in enumerate(getattr(point, kind)):
                problems += _doubt(point.name, name, f"{place}.{kind}[{number}]", catalogue)
    return problems


def _options(session: Session, catalogue: Catalogue, hints: Hints) -> Iterator[Problem]:
    options = session.options or {}
    if session.options is not None and (why := catalogue.doubts.get(("", "options"))):
        message = f"it cannot be told whether {catalogue.source} has the key 'options'"
        yield Problem("warning", "options", message, why)
    for key in options:
        if key != _CAPACITY:
            hint = hints.nearest(key, (_CAPACITY,)) or f"gVisor knows {_CAPACITY}"
            words = f"gVisor takes no notice of the option {key!r}"
            yield Problem("warning", f"options.{key}", words, hint)
    if _CAPACITY in options:
        words = _capacity_words(options[_CAPACITY])
        if words:
            yield Problem("warning", f"options.{_CAPACITY}", words, "write a whole number from 0")


def _capacity_words(value: object) -> str:
    """What gVisor does with an unusual capacity; tried with the release of September 2026."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"no number: gVisor takes {_DEFAULT_CAPACITY} instead"
    number = float(value)
    if abs(number) >= _WHOLE_LIMIT:
        return "out of range: gVisor on x86_64 takes 0 instead, and keeps no hashes"
    if number < 0:
        return "below 0: gVisor takes 0 instead, and keeps no hashes"
    if not number.is_integer():
        return f"no whole number: gVisor cuts it to {int(number):,}"
    if number > _LARGE_CAPACITY:
        size = f"{number * _CAPACITY_BYTES / 1e6:,.0f} MB"
        return f"the sandbox sets some {size} of memory aside for them at once"
    return ""


def _points(session: Session, catalogue: Catalogue, hints: Hints) -> Iterator[Problem]:
    if not session.points:
        words = "no points: nothing is traced"
        yield Problem("warning", "points", words, "start from a preset", *_IDLE)
    elif _skips_all(session, catalogue):
        words = "ignore_missing skips every point: nothing is traced"
        yield Problem("warning", "points", words, "start from a preset", *_IDLE)
    seen: dict[str, int] = {}
    by_name = {point.name: point for point in session.points}
    for at, point in enumerate(session.points):
        place = f"points[{at}]"
        if not point.name:
            yield _missing(
                f"{place}.name",
                "a point without a name",
                "name or remove it",
                skipped=session.ignore_missing,
                is_later=False,
            )
            continue
        if point.name in seen:
            yield Problem(
                "warning",
                f"{place}.name",
                f"the point {point.name!r} stands at points[{seen[point.name]}] already, whose "
                "fields do not count",
                "keep one of them",
            )
        seen[point.name] = at
        spec = catalogue.get(point.name)
        if spec is None:
            yield _unknown_point(point, place, session, catalogue, hints)
        else:
            yield from _doubt(point.name, "", f"{place}.name", catalogue)
            yield from _fields(point, spec, place, session, catalogue, hints)
        yield from _step(point, by_name, place)


def _skips_all(session: Session, catalogue: Catalogue) -> bool:
    known = catalogue.is_later or any(point.name in catalogue for point in session.points)
    return session.ignore_missing and not known


def _unknown_point(
    point: Point, place: str, session: Session, catalogue: Catalogue, hints: Hints
) -> Problem:
    is_foreign = point.name in catalogue.lacking
    return _missing(
        f"{place}.name",
        f"{catalogue.source} has no point {point.name!r}",
        f"{catalogue.architecture} has no such system call"
        if is_foreign
        else hints.nearest(point.name, catalogue.points),
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
    return Problem("error", place, message, hint, *_NOT_MADE)


def _fields(
    point: Point,
    spec: PointSpec,
    place: str,
    session: Session,
    catalogue: Catalogue,
    hints: Hints,
) -> Iterator[Problem]:
    kinds = (
        ("optional", point.optional_fields, spec.optional_fields),
        ("context", point.context_fields, spec.context_fields),
    )
    for kind, wanted, offered in kinds:
        seen: set[str] = set()
        for at, name in enumerate(wanted):
            where = f"{place}.{kind}_fields[{at}]"
            if name in seen:
                yield Problem(
                    "warning", where, f"the field {name!r} stands twice", "once is enough"
                )
            elif name not in offered:
                yield _missing(
                    where,
                    f"{point.name} has no {kind} field {name!r} in {catalogue.source}",
                    hints.nearest(name, offered) or _offered(kind, offered),
                    skipped=session.ignore_missing,
                    is_later=catalogue.is_later,
                )
            else:
                yield from _doubt(point.name, name, where, catalogue)
            seen.add(name)


def _offered(kind: str, offered: tuple[str, ...]) -> str:
    return f"it has {', '.join(offered)}" if offered else f"it has no {kind} fields"


def _step(point: Point, by_name: dict[str, Point], place: str) -> Iterator[Problem]:
    """Warn of raw exits that would get the context fields of their enter point, not their own."""
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


def _sinks(session: Session, catalogue: Catalogue, hints: Hints) -> Iterator[Problem]:
    if not session.sinks:
        words = "no sink: nothing is sent anywhere"
        yield Problem("warning", "sinks", words, "add a remote sink", *_IDLE)
    elif all(sink.name == NULL for sink in session.sinks):
        words = "no sink but null ones: nothing is sent anywhere"
        yield Problem("warning", "sinks", words, "add a remote sink", *_IDLE)
    counts = Counter(session.endpoints)
    # A sink that fails in the sandbox ends the list; the sinks before it still send.
    sends = stopped = False
    for at, sink in enumerate(session.sinks):
        place = f"sinks[{at}]"
        for problem in _sink(sink, place, catalogue, hints):
            if problem.pod_init is Verdict.UNTRACED and sends:
                words = f"{problem.message}; the sinks before it send, and no session is listed"
                yield replace(problem, message=words, pod_init=Verdict.TRACED)
            else:
                yield problem
            stopped = stopped or (problem.severity == "error" and sink.name != NULL)
        sends = sends or (sink.name != NULL and not stopped)
        if sink.endpoint and counts.pop(sink.endpoint, 1) > 1:
            words = f"more than one sink sends to {sink.endpoint}: all comes twice"
            yield Problem("warning", f"{place}.config.endpoint", words, "keep one")


def _sink(sink: Sink, place: str, catalogue: Catalogue, hints: Hints) -> Iterator[Problem]:
    unset = _NOT_MADE if sink.ignore_setup_error else _REFUSED
    if catalogue.sinks and sink.name not in catalogue.sinks:
        known = hints.nearest(sink.name, catalogue.sinks) or f"it has {', '.join(catalogue.sinks)}"
        message = f"{catalogue.source} has no sink {sink.name!r}"
        yield Problem("error", f"{place}.name", message, known, *unset)
    elif sink.name == NULL:
        yield Problem(
            "error",
            f"{place}.name",
            "`runsc trace create` refuses a null sink (bad file descriptor)",
            "leave the list of sinks empty instead, to have nothing sent",
            Verdict.REFUSED,
        )
    elif sink.name == REMOTE:
        yield from _endpoint(sink, f"{place}.config.endpoint", unset)
        yield from _retries(sink, f"{place}.config.retries")
        yield from _waits(sink, f"{place}.config")
        for key in sink.config:
            if key not in _REMOTE_KEYS:
                hint = hints.nearest(key, _REMOTE_KEYS)
                hint = hint or f"the remote sink knows {', '.join(_REMOTE_KEYS)}"
                message = f"the remote sink takes no notice of {key!r}"
                yield Problem("warning", f"{place}.config.{key}", message, hint)


def _endpoint(sink: Sink, where: str, unset: tuple[Verdict, Verdict]) -> Iterator[Problem]:
    hint = "name the monitor's socket"
    if "endpoint" not in sink.config:
        yield Problem("error", where, "a remote sink without endpoint", hint, *unset)
        return
    endpoint = sink.config["endpoint"]
    if not isinstance(endpoint, str):
        yield Problem("error", where, f"{_said(endpoint)} is not a string", hint, *unset)
        return
    size = len(endpoint.encode("utf-8", "surrogatepass"))
    if endpoint in ("", "\0"):
        yield Problem("error", where, "no path of a socket", hint, *unset)
    elif size > MAX_SOCKET_PATH:
        words = (
            f"{size} bytes are too long for a Unix socket's path, which has at most "
            f"{MAX_SOCKET_PATH}"
        )
        yield Problem("error", where, words, "choose a shorter path", *unset)
    elif endpoint.startswith(_ABSTRACT):
        yield Problem("warning", where, "an abstract socket, which no file stands for", hint)
    elif "\0" in endpoint:
        yield Problem("warning", where, "the path ends at its NUL character", "cut it there")
    elif not endpoint.startswith("/"):
        yield Problem(
            "warning",
            where,
            "a relative path: it is looked for where runsc is started",
            "write the whole path",
        )


def _retries(sink: Sink, where: str) -> Iterator[Problem]:
    value = sink.config.get("retries", 0)
    # Go compares as doubles: the smallest 64-bit integer is one, the largest is not.
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not float(value).is_integer()
        or not -_WHOLE_LIMIT <= float(value) < _WHOLE_LIMIT
    ):
        words = f"{_said(value)} is not a whole number"
        yield Problem("error", where, words, "write one such as 5", *_NOT_MADE)
    elif value < 0:
        yield Problem("warning", where, "retries below 0 are none", "write 0")
    elif value > _MANY_RETRIES:
        yield Problem(
            "warning",
            where,
            f"{value} retries hold the traced program up while the monitor is slow",
            "5 lost nothing when measured",
        )


def _waits(sink: Sink, place: str) -> Iterator[Problem]:
    waits: dict[str, int] = {}
    for key, default in _DEFAULT_WAITS.items():
        value = sink.config.get(key, default)
        try:
            if not isinstance(value, str):
                raise ValueError(f"{_said(value)} is not a string; write a duration such as '5ms'")
            waits[key] = parse_duration(value)
        except ValueError as error:
            yield Problem("error", f"{place}.{key}", str(error), "", *_NOT_MADE)
            continue
        if waits[key] < 0:
            yield Problem("warning", f"{place}.{key}", "a wait below 0 is no wait")
    if len(waits) == len(_DEFAULT_WAITS) and waits["backoff"] > waits["backoff_max"]:
        first, longest = (
            f"{key} ({sink.config.get(key, f'{default}, the default')})"
            for key, default in _DEFAULT_WAITS.items()
        )
        words = f"{first} is above {longest}"
        yield Problem("error", f"{place}.backoff", words, "raise backoff_max", *_NOT_MADE)


def _said(value: object) -> str:
    """A value as a sentence shows it, cut if it is long."""
    return "a long value" if isinstance(value, (dict, list, Node)) else repr(value)[:_MAX_SAID]
