"""Problems of a session: each says what is wrong, where, and what to do about it."""

from __future__ import annotations

import difflib
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_NEAREST = 3
MAX_HINTS = 20
"""For how many unknown words of a file gvtui looks for a similar known word."""

_MAX_COMPARED = 200
_LIKENESS = 0.6

Severity = Literal["error", "warning"]


class Verdict(enum.IntEnum):
    """How an attempt to start a session ends while a monitor listens; a higher value is worse."""

    TRACED = 0
    UNTRACED = 1
    """Nothing reports an error, and the monitor receives nothing."""
    REFUSED = 2
    """runsc ends with an error; a container that was to start does not."""

    def __str__(self) -> str:
        """In words."""
        return _VERDICTS[self]


_VERDICTS = {
    Verdict.TRACED: "started and traced",
    Verdict.UNTRACED: "started untraced, silently",
    Verdict.REFUSED: "refused",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding."""

    severity: Severity
    """`error`: the runtime refuses the file, or the user cannot have meant it; else `warning`."""
    place: str
    """The part of the file, such as `points[3].context_fields[0]`; "" for the whole file."""
    message: str
    """What is wrong, one sentence without its full stop."""
    hint: str = ""
    """What to do; may be empty."""
    trace_create: Verdict = Verdict.TRACED
    """How `runsc trace create` ends because of the problem."""
    pod_init: Verdict = Verdict.TRACED
    """How the start of a container with the pod init file ends because of the problem."""

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{place}{self.message}{hint}"

    def as_dict(self) -> dict[str, Any]:
        """The problem as plain values, for JSON."""
        return {
            "severity": self.severity,
            "place": self.place,
            "message": self.message,
            "hint": self.hint,
            "trace_create": str(self.trace_create),
            "pod_init": str(self.pod_init),
        }


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """The problems that are errors."""
    return [problem for problem in problems if problem.severity == "error"]


def refusals(problems: Iterable[Problem]) -> list[Problem]:
    """The problems for which `runsc trace create` refuses a session."""
    return [problem for problem in problems if problem.trace_create is Verdict.REFUSED]


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the most similar known word; "" if none is similar."""
    if len(word) > _MAX_COMPARED:
        return ""
    known = list(known)
    exact = [each for each in known if each.lower() == word.lower()]
    found = exact or difflib.get_close_matches(word, known, _MAX_NEAREST, _LIKENESS)
    return f"did you mean {found[0]!r}?" if found else ""


class Hints:
    """Suggests known words for the first unknown words of a file.

    A suggestion takes some milliseconds, and a file may have thousands of unknown words.
    """

    def __init__(self, most: int = MAX_HINTS) -> None:
        """Give at most `most` suggestions."""
        self._left = most

    def nearest(self, word: str, known: Iterable[str]) -> str:
        """As the function `nearest`; "" after the last suggestion has been given."""
        if self._left <= 0:
            return ""
        self._left -= 1
        return nearest(word, known)
