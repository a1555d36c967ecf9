"""What is known beforehand where a recording is shown as of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.query.kept.spaced import LEAST_ROWS, SpacedStates
from gvtui.query.through import ReadingThrough
from gvtui.trace.keptplace import states_place

if TYPE_CHECKING:
    from gvtui.query.kept.spaced import StateAt
    from gvtui.trace.keptplace import StatesPlace
    from gvtui.trace.reader import Trace


_GROWN = 1.5
"""How many times as many rows there must be as when the process ended for it to begin again."""


class Beforehand:
    """Has another process keep the states of a trace at some rows, and takes them up.

    The process begins when the trace is first shown as of a row. Each state is taken up as soon as it
    is kept; until then, all rows before are read. Callers call `close`.
    """

    def __init__(self, audit_variable: str) -> None:
        """Make it; `audit_variable` as for `Analysis`."""
        self._audit_variable = audit_variable
        self._trace: Trace | None = None
        self._states: SpacedStates | None = None
        self._process: ReadingThrough | None = None
        self._over: tuple[list[Any], int] | None = None
        """Of what the process was that has ended by itself, and how many rows there were then."""

    def best(self, trace: Trace, position: int, reached: int) -> StateAt | None:
        """The state from which an analysis of a trace is soonest at a position; None if it is there
        sooner from the one that it has reached."""
        if trace is not self._trace:
            self.close()
            self._trace, self._states, self._over = trace, None, None
        self._look(trace)
        return self._states.best(position, reached) if self._states is not None else None

    def wait(self) -> None:
        """Wait until the process has ended, if there is one."""
        if self._process is not None:
            self._process.wait()

    def _look(self, trace: Trace) -> None:
        """Look for states that are kept; have them made if they are not all there."""
        place = states_place(trace)
        is_large = trace.available_rows - trace.first_row >= LEAST_ROWS
        if place is None or not is_large:
            self._states = None
            return
        if self._states is None:
            self._states = SpacedStates.open(trace, self._audit_variable)
        else:
            self._states = self._states.later()
        if self._process is not None and not self._process.is_running:
            self.close()
            self._over = (place.identity, trace.available_rows)
        is_complete = self._states is not None and self._states.is_whole
        if self._process is None and not is_complete and not self._is_over(place, trace):
            self._process = ReadingThrough(trace.path, self._audit_variable, "spaced")

    def _is_over(self, place: StatesPlace, trace: Trace) -> bool:
        """Whether the process has ended, and would find no more than it did."""
        if self._over is None:
            return False
        identity, rows = self._over
        return identity == place.identity and trace.available_rows < rows * _GROWN

    def leave(self) -> None:
        """The trace is shown whole again: what may grow is not read along meanwhile."""
        place = states_place(self._trace) if self._trace is not None else None
        if place is not None and place.may_grow:
            self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None
