"""Starts a trace again whose files were removed or moved away while it was written."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.monitor.folder import guard
from gvtui.trace.losses import REMOVED
from gvtui.trace.marks import LostMark
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.monitor.ledger import Ledger, Tells


class Renewing:
    """Looks after the files of one trace."""

    def __init__(
        self,
        ledger: Ledger,
        control: Tells,
        *,
        is_spool: bool = False,
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """Begin.

        Args:
            ledger: writes the trace.
            control: gets the lines for the user.
            is_spool: whether what is removed is no loss, being only on its way to somewhere else.
            wall_ns: the clock, Unix nanoseconds.
        """
        self._ledger = ledger
        self._control = control
        self._is_spool = is_spool
        self._wall_ns = wall_ns
        self._trace_gone = ""
        self._told_missing: set[str] = set()

    def look(self) -> None:
        """Start the trace again if its file was removed; to be called now and then."""
        writer = self._ledger.writer
        if not writer.is_removed:
            missing = {str(path) for path in writer.missing}
            told, self._told_missing = self._told_missing, missing
            for path in sorted(missing - told):
                text = f"{path} was removed; it is made again when the trace is opened next"
                self._control.say("log", level="warning", text=text)
            return
        is_elsewhere, held = writer.is_elsewhere, writer.held_messages
        now = self._wall_ns()
        try:
            fresh = writer.begin_anew()
            if writer.is_flight_recorder:
                guard(writer.path)
        except (GvtuiError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            text = f"{writer.path} was removed and cannot be made again: {reason}"
            if text != self._trace_gone:
                self._trace_gone = text
                self._ledger.fail(text, REMOVED)
            return
        writer.close()
        self._trace_gone = ""
        self._told_missing.clear()
        self._ledger.use(fresh)
        what = "moved away" if is_elsewhere else "removed"
        text = f"{writer.path} was {what} while it was written; it goes on in a new file"
        if held and not is_elsewhere and not self._is_spool:
            self._ledger.note(LostMark(held, now, now, REMOVED))
            text += f", and {counted(held, 'message is', 'messages are')} lost"
        self._control.say("anew", text=text, path=str(writer.path), **self._ledger.told())
