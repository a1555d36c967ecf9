"""What filters ask of pairs and processes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.source import CHUNK
from gvtui.trace.row import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.processes.processes import Processes

_UNKNOWN = -1


class QueryContext:
    """Answers a filter's questions about latency, parents and command lines.

    The answers are for rows that `Pairs` and `Processes` have looked at: bring them up with
    `advance` before a filter is asked about new rows.
    """

    def __init__(self, pairs: Pairs, processes: Processes) -> None:
        self.pairs = pairs
        self.processes = processes

    @property
    def position(self) -> int:
        """Rows before this one can be asked about."""
        return min(self.pairs.position, self.processes.position)

    def advance(self, budget: int = 4 * CHUNK) -> int:
        """Look at up to `budget` more rows; returns how many, 0 when all have been looked at."""
        self.pairs.advance(budget)
        return self.processes.advance(budget)

    def exec_codes(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
        """What is known of execs whose exits have no error: a `Code` for each row.

        It may be asked of any rows that are there. An answer may change once.
        """
        return self.pairs.execs.codes(start, len(rows))

    def exec_changes(self) -> int:
        """How many answers about execs have changed so far."""
        return self.pairs.execs.outcomes.changes()

    def execs_changed_since(self, mark: int) -> list[int] | None:
        """The rows whose answer has changed since `exec_changes` gave `mark`; None if too many."""
        self.pairs.execs.advance()
        return self.pairs.execs.outcomes.changed_since(mark)

    def latency_ns(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """How long each row's call took; -1 where it is not known.

        Asked of an enter, the answer would depend on whether its exit has come yet: so exits alone
        have one, and a filter finds the same rows live and later.
        """
        durations = self.pairs.durations(start, rows)
        return np.where(rows["direction"] == Direction.EXIT, durations, _UNKNOWN)

    def parent_pid(self, start: int, rows: npt.NDArray[np.void]) -> npt.NDArray[np.int64]:
        """Process id of the parent of each row's process; -1 where it is not known."""
        result = np.full(len(rows), _UNKNOWN, np.int64)
        for places, process in self.processes.tree.spans.runs(start, rows):
            parent = process.parent.pid if process.parent is not None else process.parent_pid
            result[places] = parent or _UNKNOWN
        return result

    def command_line(
        self, start: int, rows: npt.NDArray[np.void]
    ) -> tuple[npt.NDArray[np.intp], Sequence[str]]:
        """Command lines without repetition, and for each row the place of its own in them.

        A row has the command line that its process had at that time; -1 where it is not known.
        """
        result = np.full(len(rows), _UNKNOWN, np.intp)
        lines: dict[str, int] = {}
        for places, process in self.processes.tree.spans.runs(start, rows):
            changes = np.array([entry.row for entry in process.programs], np.int64)
            which = np.searchsorted(changes, places + start, "right")
            for index in np.unique(which).tolist():
                own = places[which == index]
                args = process.args_at(start + int(own[0]))
                if args:
                    result[own] = lines.setdefault(shlex.join(args), len(lines))
        return result, list(lines)
