"""A trace that grows, while the screen shows it as of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gvtui.query.analysis import ANALYSIS_SECONDS

if TYPE_CHECKING:
    from gvtui.query.analysis import Analysis
    from gvtui.trace.bookmarks import Bookmarks
    from gvtui.trace.reader import Trace
    from gvtui.tui.model.doubles import DoubledRows
    from gvtui.tui.model.rowtext import RowTexts

_TAKING_SECONDS = 0.01
"""Time for taking in new rows in one go."""
_BUSY_SECONDS = 0.002
"""Time for finding out what they mean while what is on the screen changes."""


class Aside(NamedTuple):
    """What is known of a trace that is not on the screen now.

    It is opened a second time to be shown as of a row: what is found out meanwhile of the rows that
    come is found out here, and is there when the whole trace is shown again.
    """

    trace: Trace
    analysis: Analysis
    texts: RowTexts
    doubles: DoubledRows
    bookmarks: Bookmarks
    first_row_ever: int
    base_ns: int
    named: int
    renamed: int
    sessions_told: int
    """What of names, and of exec sessions, the analysis and the view had heard."""

    def go_on(self, *, is_idle: bool) -> None:
        """Take in what has come, and find out what it means, with most of the time if there is
        nothing else to do."""
        self.trace.refresh(_TAKING_SECONDS)
        self.analysis.advance(ANALYSIS_SECONDS if is_idle else _BUSY_SECONDS)
