"""Makes the text that shows what applying a staged session changes."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.points.costs import session_costs
from gvtui.points.document import dump_session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.points.problems import Problem
    from gvtui.points.session import Session

_MAX_LINES = 3000
_CONTEXT_LINES = 2
_LOOKS = {"+": "$gv-exit", "-": "$gv-failed", "@": "$gv-enter"}


def safe_lines(text: str) -> str:
    """A text of several lines, each escaped."""
    return "\n".join(escape(line) for line in text.splitlines()[:_MAX_LINES])


def diff_lines(old: Session | None, new: Session) -> list[str]:
    """The difference of two sessions' JSON, in lines that begin with `+`, `-`, a space or `@@`."""
    before = dump_session(old).splitlines() if old else []
    after = dump_session(new).splitlines()
    found = difflib.unified_diff(before, after, lineterm="", n=_CONTEXT_LINES)
    return [escape(line) for line in list(found)[2 : _MAX_LINES + 2]]


def preview(
    old: Session | None, new: Session, problems: Iterable[Problem], guessed: bool
) -> list[str | tuple[str, str]]:
    """The text before a change is applied: its problems, and the difference."""
    parts: list[str | tuple[str, str]] = []
    if guessed:
        parts.append(
            ("The session that runs cannot be read; this compares with what it has sent.\n\n",
             "$gv-bad")
        )  # fmt: skip
    for problem in problems:
        look = "$gv-drop" if problem.severity == "error" else "$gv-bad"
        parts.append((f"{problem.severity}: {escape(str(problem))}\n", look))
    parts += [(f"$ {hint}\n", "$gv-bad") for hint in session_costs(new)]
    if parts:
        parts.append("\n")
    lines = diff_lines(old, new)
    if not lines:
        parts.append("Nothing is staged: applying changes nothing.\n\n")
        lines = [f" {escape(line)}" for line in dump_session(new).splitlines()[:_MAX_LINES]]
    for line in lines:
        look = _LOOKS.get(line[:1], "")
        parts.append((f"{line}\n", look) if look else f"{line}\n")
    return parts
