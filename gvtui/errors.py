"""The errors that gvtui reports to its user, each with the exit code it ends a command with."""

from __future__ import annotations


class GvtuiError(Exception):
    """Something the user can act on: what happened, to what, and what to do, in one sentence or two."""

    exit_code = 1


class UsageError(GvtuiError):
    """The command was called wrongly."""

    exit_code = 2


class ReadOnlyError(GvtuiError):
    """A change was asked for, of a gvtui that makes none."""

    def __init__(self) -> None:
        super().__init__(
            "gvtui was started with --readonly: it changes no sandbox and no session file"
        )
