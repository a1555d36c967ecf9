"""What is known beforehand where a recording is shown as of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.kept.spaced import LEAST_ROWS, SpacedStates
from gvtui.query.through import ReadingThrough

if TYPE_CHECKING:
    from gvtui.query.kept.spaced import StateAt
    from gvtui.trace.reader import Trace


class Beforehand:
    """Has another process keep the states of a recording at some rows, and takes them up.

    The process begins when the recording is first shown as of a row. Each state is taken up as soon
    as it is kept; until then, all rows before are read. Callers call `close`.
    """

    def __init__(self, audit_variable: str) -> None:
        """Make it; `audit_variable` as for `Analysis`."""
        self._audit_variable = audit_variable
        self._trace: Trace | None = None
        self._states: SpacedStates | None = None
        self._process: ReadingThrough | None = None
        self._is_over = False
        """Whether the process has ended."""

    def best(self, trace: Trace, position: int, reached: int) -> StateAt | None:
        """The state from which an analysis of a recording is soonest at a position; None if it is
        there sooner from the one that it has reached."""
        if trace is not self._trace:
            self.close()
            self._trace, self._states, self._is_over = trace, None, False
        self._look(trace)
        return self._states.best(position, reached) if self._states is not None else None

    def wait(self) -> None:
        """Wait until the process has ended, if there is one."""
        if self._process is not None:
            self._process.wait()

    def _look(self, trace: Trace) -> None:
        """Look for states that are kept; have them made if they are not all there."""
        is_whole = trace.index_files is not None and trace.settling is None
        is_large = trace.available_rows - trace.first_row >= LEAST_ROWS
        if not is_whole or not is_large or (self._states is not None and self._states.is_whole):
            return
        has_ended = self._process is not None and not self._process.is_running
        if self._states is None:
            self._states = SpacedStates.open(trace, self._audit_variable)
        else:
            self._states = self._states.later()
        if has_ended:
            self.close()
            self._is_over = True
        is_complete = self._states is not None and self._states.is_whole
        if self._process is None and not is_complete and not self._is_over:
            self._process = ReadingThrough(trace.path, self._audit_variable, "spaced")

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None
