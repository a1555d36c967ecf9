"""What became of an exec, where its exit alone does not tell."""

from __future__ import annotations

from enum import Enum


class Outcome(Enum):
    """What became of an exec; the value says it to the user."""

    DONE = "done"
    """A program began."""
    FAILED = "failed"
    ASKED = "asked"
    """It was asked for; what became of it is not known."""


def untold(outcome: Outcome | None) -> str:
    """The result of an exec whose exit has no error, in the form of strace; "" if that tells."""
    return _UNTOLD.get(outcome, "")


NOT_SENT = "errno not sent"
"""What stands for the error of a call that failed with one that the sandbox does not send."""

_UNTOLD: dict[Outcome | None, str] = {
    Outcome.FAILED: f"-1 ({NOT_SENT})",
    Outcome.ASKED: "? (asked)",
}
