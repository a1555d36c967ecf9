"""Predicts how a session file fares with `runsc trace create`, and as a pod init file.

The rules are those of runsc 0.0~20221219, 0.0~20240729 and release-20260905.0: each was given the
same files both ways, with a monitor that listened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gvtui.points.check import check_session
from gvtui.points.document import SessionError, parse_json, wrapped_values
from gvtui.points.gojson import MAX_DEPTH, rest_after_failure
from gvtui.points.problems import Problem, Verdict
from gvtui.points.reading import WRAPPER, Reading, read_pod_init, read_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.points.catalogue import Catalogue
    from gvtui.points.gojson import Node
    from gvtui.points.session import Session

Way = Literal["trace-create", "pod-init"]
"""A way to start a session: in a running sandbox, or together with a container."""

WAYS: dict[Way, str] = {"trace-create": "trace create", "pod-init": "pod init file"}
"""The ways, each with its name in words."""

_SPACE = b" \t\r\n"
_SENT_DEPTH = 2
"""How many levels of JSON runsc puts around a session to send it to the sandbox."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The verdict on one way to start the session."""

    verdict: Verdict
    reason: str = ""
    """The reason, one sentence without its full stop; "" if the container is traced."""

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {"verdict": str(self.verdict), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a session file for one runtime."""

    endings: dict[Way, Ending]
    problems: tuple[Problem, ...]
    """All problems that were found."""
    meant: tuple[Way, ...]
    """The ways that fit the file's form: a bare session cannot serve as a pod init file."""
    session: Session | None = None
    """The session that a starting container gets; None if it gets none."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt of runsc and the sandbox to read the file."""

    problems: tuple[Problem, ...]
    session: Session | None
    """The session that was read; None if runsc could not read the file."""

    def ending(self, way: Way) -> Ending:
        """The ending that the worst problem causes."""
        ends = [
            each.trace_create if way == "trace-create" else each.pod_init for each in self.problems
        ]
        worst = max(ends, default=Verdict.TRACED)
        return Ending(worst, str(self.problems[ends.index(worst)]) if worst else "")


def judge(raw: bytes, catalogue: Catalogue) -> Judgement:
    """Predict how each way to start the session in a file ends.

    Args:
        raw: the file's bytes.
        catalogue: what the runtime offers.
    """
    try:
        node = parse_json(raw)
    except SessionError as error:
        problems = tuple(error.problems)
        refused = Ending(Verdict.REFUSED, str(problems[0]))
        return Judgement(dict.fromkeys(WAYS, refused), problems, tuple(WAYS))
    inner = wrapped_values(node)
    first = _attempt(read_session, node, catalogue)
    started = _attempt(read_pod_init, node, catalogue)
    created = first
    if first.session is None:
        again = _again(raw, node.end, catalogue)
        created = again if inner or again.session is not None else first
    told = list((started if inner else first).problems)
    if raw[node.end :].strip(_SPACE):
        told.insert(0, Problem("warning", "", "something stands after the session", "remove it"))
    endings: dict[Way, Ending] = {
        "trace-create": created.ending("trace-create"),
        "pod-init": started.ending("pod-init"),
    }
    if not inner and started.session is None:
        words = f"the session is bare; a pod init file has it under {WRAPPER!r}"
        endings["pod-init"] = Ending(Verdict.REFUSED, words)
    return Judgement(
        endings,
        tuple(dict.fromkeys([*told, *created.problems])),
        tuple(WAYS) if inner else ("trace-create",),
        started.session,
    )


def _attempt(
    read: Callable[[Node, frozenset[str], str], Reading], node: Node, catalogue: Catalogue
) -> _Attempt:
    reading = read(node, catalogue.lacking_keys, catalogue.source)
    if reading.is_refused:
        return _Attempt(reading.problems, None)
    deep = max((each.depth for each in wrapped_values(node)), default=node.depth)
    problems = [*reading.problems, *check_session(reading.session, catalogue)]
    if deep + _SENT_DEPTH > MAX_DEPTH:
        words = "nested too deep to be sent to the sandbox"
        problems.append(Problem("error", "", words, "flatten it", Verdict.REFUSED))
    return _Attempt(tuple(problems), reading.session)


def _again(raw: bytes, end: int, catalogue: Catalogue) -> _Attempt:
    """The second attempt of `trace create`, after the file proved to be no bare session.

    runsc reads from the start again, but first the bytes that its reader still holds.
    """
    try:
        node = parse_json(rest_after_failure(raw, end))
    except SessionError:
        words = "`runsc trace create` trips over what stands after the session"
        return _Attempt((Problem("error", "", words, "remove it", Verdict.REFUSED),), None)
    return _attempt(read_pod_init, node, catalogue)
