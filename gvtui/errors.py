"""The base classes of errors that gvtui reports to its user, with their exit codes."""

from __future__ import annotations


class GvtuiError(Exception):
    """An error that the user can act on. It says what happened, to what, and what to do."""

    exit_code = 1


class UsageError(GvtuiError):
    """The command was called wrongly."""

    exit_code = 2


class ReadOnlyError(GvtuiError):
    """A change was refused: this gvtui only looks, for --readonly or as it follows a recording."""

    def __init__(self) -> None:
        super().__init__(
            "gvtui follows a recording or was started with --readonly: it changes no sandbox and no "
            "session file"
        )
