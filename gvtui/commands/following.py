"""Prints a recording that somebody else writes, for as long as it grows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gvtui.commands.print import nobody_reads, turn_end, write_rows
from gvtui.ending import ending_asks
from gvtui.saying import say
from gvtui.trace.growing import is_growing
from gvtui.trace.reader import Trace
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvtui.export.formats import Lines
    from gvtui.export.selection import Selection

_BATCH = 2048
"""How many rows are printed in one step."""
_READ_SECONDS = 0.2
"""How long new rows are read at a time."""
_PAUSE_SECONDS = 0.1
"""How many seconds to wait when there is nothing new."""


class Following:
    """A growing recording while it is printed. Owns its reader, until `close`."""

    def __init__(
        self,
        file: Path,
        select: Callable[[Trace], Selection],
        make: Callable[[Selection], Lines],
    ) -> None:
        """Open it.

        Args:
            file: a recording, or a flight recorder's folder.
            select: says which of its rows are printed, and how.
            make: makes the lines of rows.

        Raises:
            TraceError: it is no trace.
        """
        self.missed = 0
        """How many rows a flight recorder let go before they were printed."""
        self.trace = Trace.open(file)
        self.selection = select(self.trace)
        self._file = file
        self._export = make(self.selection)
        self._done = self.trace.first_row
        self._signals = 0

    def run(self) -> None:
        """Print until nobody writes it any more, a signal asks for the end, or nobody reads."""

        def count(_: int) -> None:
            self._signals += 1

        with ending_asks(count):
            while not self._signals:
                # Asked first: what came before its end is then read.
                grows = is_growing(self._file)
                self.trace.refresh(_READ_SECONDS)
                is_all = self._print(grows=grows)
                if is_all and not grows:
                    say(f"gvtui: nobody writes {self._file} any more")
                    return
                if is_all:
                    if nobody_reads():
                        return
                    time.sleep(_PAUSE_SECONDS)

    def _print(self, *, grows: bool) -> bool:
        """Print some of what is new; True if no more can be printed now."""
        trace, done = self.trace, self._done
        if done < trace.first_row:
            self.missed += trace.first_row - done
            say(f"gvtui: {counted(trace.first_row - done, 'row')} removed before being printed")
            done = trace.first_row
        stop = min(done + _BATCH, trace.end_row)
        if grows:
            # The outcome of an exec tells more of its rows, and comes soon.
            stop = self.selection.ready(done, stop, time.monotonic())
        if done < stop:
            stop = turn_end(trace, done, stop)
            write_rows(self._export, done, stop)
        is_all = done == stop
        self._done = stop
        return is_all and (grows or stop >= trace.available_rows)

    def close(self) -> None:
        """Close the recording."""
        self.trace.close()
