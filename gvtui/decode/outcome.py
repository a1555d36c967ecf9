"""What became of a call: of an exec whose exit does not tell it, and of an interrupted call."""

from __future__ import annotations

import errno
from enum import Enum

from gvtui.decode.errno_names import RESTART_TEXTS

RESTARTS = tuple(RESTART_TEXTS)
"""Errors that never reach the program: a signal interrupted the call, which is begun anew, or fails
with EINTR after all. Calls that end so are counted apart, not as failures.
"""


BEGUN = errno.EINPROGRESS
"""The error of a connect that does not wait: it goes on after the call, as connect(2) says."""

NO_FAILURES = (0, BEGUN, *RESTARTS)
"""The errors of calls that have not failed, and 0, which stands for no error."""


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
