"""Reads what was done along with the analysis, and what is missing in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.query.activity.activity import Unseen

if TYPE_CHECKING:
    from datetime import tzinfo

    from gvtui.query.activity.knowngaps import KnownGaps
    from gvtui.query.analysis import Analysis
    from gvtui.query.filter.compile import Filter
    from gvtui.trace.survey import Survey

_CHECKING = Unseen("rows", "whether all that came is in the recording has not been checked yet")


@dataclass(frozen=True, slots=True)
class ActivitySubject:
    """Whose activity is shown."""

    words: str = "everything"
    """Escaped for a terminal."""
    expression: str = ""
    """The filter for its rows; "" for all rows."""


class ActivityReading:
    """The activity in the rows that pass a condition, so far as they have been read."""

    def __init__(
        self, analysis: Analysis, condition: Filter | None, known: KnownGaps | None = None
    ) -> None:
        """Begin with the first row of the trace; `advance` reads on.

        Args:
            analysis: what reads the trace; whoever owns it advances it.
            condition: compiled with its context; None for all rows.
            known: what drops and marks in the trace's chunks tell, as far as that was found before;
                takes in what is found.
        """
        # Loaded when an activity is first read: no first screen shows one.
        from gvtui.query.activity.gaps import Gaps
        from gvtui.query.activity.reader import ActivityReader

        self.analysis = analysis
        self.reader = ActivityReader(analysis.context, condition)
        self._gaps = Gaps(analysis.trace, known, self.reader)

    def advance(self, budget: int) -> int:
        """Read up to so many more of the rows that the analysis has read; returns how many."""
        done = self.reader.advance(budget)
        # Where the reader began with what is kept of a recording, it has read far more rows.
        return max(done, self._gaps.advance(budget))

    @property
    def position(self) -> int:
        """What was done, and what is missing, is known of all rows before this one."""
        return min(self.reader.position, self._gaps.position)

    @property
    def is_done(self) -> bool:
        """Whether that is known of all rows."""
        return self.reader.is_done and self._gaps.is_done

    def not_seen(
        self, survey: Survey | None, zone: tzinfo | None, *, is_checking: bool
    ) -> tuple[Unseen, ...]:
        """What may be missing, the gravest first.

        Args:
            survey: the account of the rows that are shown, if there is one.
            zone: the time zone of times; None for the local one.
            is_checking: whether it is yet to be made.
        """
        from gvtui.query.activity.notseen import not_seen

        found = not_seen(self.analysis.trace, self.reader, self._gaps, survey, zone)
        return (*found, _CHECKING) if is_checking else found
