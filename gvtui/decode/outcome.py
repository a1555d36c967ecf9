"""The outcome of an exec, for exits that do not tell it themselves."""

from __future__ import annotations

from enum import Enum


class ExecOutcome(Enum):
    """The outcome of an exec; the value is the word that the user reads."""

    DONE = "done"
    """The new program began."""
    FAILED = "failed"
    ASKED = "asked"
    """The exec was asked for; whether it succeeded is not known."""


def untold(outcome: ExecOutcome | None) -> str:
    """The result shown for an exec's exit without an error; "" if the exit tells the outcome."""
    return _UNTOLD.get(outcome, "")


NOT_SENT = "errno not sent"
"""Shown in place of the error of a failed call whose error the sandbox does not send."""

_UNTOLD: dict[ExecOutcome | None, str] = {
    ExecOutcome.FAILED: f"-1 ({NOT_SENT})",
    ExecOutcome.ASKED: "? (asked)",
}
