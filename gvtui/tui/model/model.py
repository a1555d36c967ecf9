"""The viewer's model: the trace, the filters in force, the rows that pass, and the clock."""

from __future__ import annotations

import time
from functools import partial
from time import monotonic, thread_time
from typing import TYPE_CHECKING

from gvtui.query.analysis import ANALYSIS_SECONDS, Analysis
from gvtui.query.filter.compile import Filter, compile_filter
from gvtui.query.filter.write import conjunction
from gvtui.query.folded import call_view
from gvtui.query.helpers.ahead import Ahead
from gvtui.query.helpers.answers import LastAnswers
from gvtui.query.once import known_of
from gvtui.query.passing import LastPassing
from gvtui.query.processes.events import AUDIT_VARIABLE
from gvtui.query.processes.notices import notice_at
from gvtui.query.repeated import RepeatedRows
from gvtui.query.through import ReadingThrough, is_worthwhile
from gvtui.query.view import RowView
from gvtui.trace.bookmarks import Bookmarks
from gvtui.trace.reader import Trace
from gvtui.tui.model.aside import Aside
from gvtui.tui.model.chips import Chips
from gvtui.tui.model.doubles import DoubledRows
from gvtui.tui.model.moments import Moments
from gvtui.tui.model.rowtext import RowTexts
from gvtui.tui.model.standing import Beforehand

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from gvtui.query.kept.spaced import StateAt
    from gvtui.query.resolved.lookup import Resolved
    from gvtui.trace.connection import Sandbox
    from gvtui.trace.playback import ReplayClock
    from gvtui.tui.options import LiveOptions


_TAKING_SECONDS = 0.02
"""Time for taking in new rows in one go."""
_TURN_SECONDS = 0.008
"""The same between two updates of the screen."""

_STANDING_SECONDS = 0.4
"""For how long rows are read before a recording is shown as of a row."""
_HURRYING_SECONDS = 2.0
"""For how many seconds of the processor rows are read in large slices once one has gone to a row."""

_SHARE_MEANWHILE = 0.25
"""The part of the analysis's time while another process reads the recording through."""
_LEAST_SECONDS = 0.002
"""How many seconds the analysis gets at least, even if filtering used up the budget."""

_RESOLVED_AT_ONCE = 512
"""How many rows are resolved when that is asked for: it takes some milliseconds."""
RESOLVED_UNASKED = 1 << 20
"""How many rows a trace may have for its calls to be resolved without being asked for."""


class Model:
    """The state that panes draw. Only the app and its actions change it."""

    def __init__(
        self,
        trace: Trace,
        *,
        live: LiveOptions | None = None,
        zone: tzinfo | None = None,
        clock: Callable[[], int] = time.time_ns,
        audit_variable: str = "",
        named: str = "",
    ) -> None:
        self._audit_variable = audit_variable or AUDIT_VARIABLE
        self.named = named
        """What the user calls the trace, if not by its path; "" if so."""
        self.live = live
        """How the sandboxes are watched; None for a recording."""
        self.zone = zone
        """The time zone of displayed times; None is the local one."""
        self.chips = Chips()
        self.generation = 0
        """Grows when the view is rebuilt, which makes all positions of before invalid."""
        self.shows_digests = False
        """Whether programs that started are shown with the digests of their files."""
        self.whole_calls = False
        """Whether a call is shown as one row, not as enter and exit."""
        self.shows_doubles = False
        """Whether raw rows are shown which a decoded row of the same call repeats."""
        self.monitor_gone = False
        """Whether the monitor has ended, so that no messages arrive although sandboxes may run."""
        self.monitor_silent = False
        """Whether the monitor lives and says nothing, so that nothing comes."""
        self.moments = Moments(self, clock)
        """When it is, and when things happened."""
        self._answers = LastAnswers()
        self._passing = LastPassing()
        self._aside: Aside | None = None
        """The trace that grows, while it is shown as of a row."""
        self.beforehand = Beforehand(self._audit_variable)
        """What is known beforehand where a recording is shown as of a row."""
        self._hurries_until = 0.0
        """Until when, by this thread's processor time, rows are read in large slices."""
        self._repeated_of: tuple[Trace | None, RepeatedRows | None] = None, None
        """What is known of the repeated rows of a trace, as of whatever row it is shown."""
        self._state: StateAt | None = None
        """What had been found out before a row, where the analysis begins with it."""
        self._take(trace)

    def _take(self, trace: Trace) -> None:
        self.trace = trace
        repeated = self._repeated_before(self._state)
        self._begin_anew()
        self.condition: Filter | None = None
        """All filters in force as one condition; None lets every row pass."""
        self.view = RowView(trace, None)
        self.doubles = DoubledRows(trace, repeated)
        self.bookmarks = Bookmarks(trace)
        self.cursor: int | None = None
        """The id of the selected row."""
        self.following = self.is_live or self.trace.limit is not None
        """Whether the stream shows the newest rows; a whole recording begins at its start."""
        self._through: ReadingThrough | None = None
        self._reads_through = True
        self.first_row_ever = trace.first_row
        """The oldest row at the viewer's start; rows from it to `trace.first_row` have been
        removed."""
        self.moments.base_ns = 0

    def _repeated_before(self, state: StateAt | None) -> RepeatedRows | None:
        """What is known of the rows that are repeated, from before or from a state; None for what
        goes on for ever, where nobody asks for it again."""
        if self.is_live:
            return None
        trace, former = self._repeated_of
        if trace is not self.trace or former is None:
            former = RepeatedRows(self.trace)
        if state is not None and state.row > former.position:
            former = state.repeated() or former
        self._repeated_of = self.trace, former
        return former

    def _begin_anew(self) -> None:
        """Look at all rows of the trace as if none had been looked at."""
        is_kept = not self.is_live and self.trace.limit is None
        self.analysis = Analysis(
            self.trace, audit_variable=self._audit_variable, is_kept=is_kept, state=self._state
        )
        # What is taken up once has become the analysis's own.
        self._state = None
        if self.is_live:
            self.analysis.context.clock = self.moments.clock
        noticed = partial(notice_at, self.analysis.processes)
        self.texts = RowTexts(self.trace, self.analysis.pairs, noticed)
        self.texts.shows_digests = self.shows_digests
        self._named = self.trace.connections.naming.version
        self._renamed = self.trace.connections.claims.renamed
        self._sessions_told = 0
        self._grew = False
        """Whether rows were taken in since the last refresh."""

    def replace_trace(self, trace: Trace) -> None:
        """Switch to another trace, with the same filters."""
        self._end_looking()
        self._take(trace)
        self.apply_chips()

    def stand_at(self, replay: ReplayClock, row_id: int | None) -> None:
        """Show all of a recording as of a row; None for the whole recording.

        What comes before the row is read in one go as far as that takes a moment, and then on.
        """
        deadline = monotonic() + _STANDING_SECONDS
        cursor = self.cursor
        if row_id is None:
            replay.leave()
            self.beforehand.leave()
            if self._aside is not None:
                self._take_back(self._aside)
                self.apply_chips()
            else:
                self.replace_trace(self.trace)
        else:
            is_back = replay.go_to(row_id)
            reached = 0 if is_back else self.analysis.pairs.position
            state = self.beforehand.best(self.trace, replay.position, reached)
            if state is not None and state.take_in():
                self._state = state
            self.trace.refresh(_STANDING_SECONDS)
            if is_back or state is not None:
                self.replace_trace(self.trace)
            self._hurries_until = thread_time() + _HURRYING_SECONDS
            self.analysis.hurry(deadline - monotonic())
        while self.refresh(_TURN_SECONDS) or self.trace.is_behind:
            if monotonic() >= deadline:
                break
        if row_id is None:
            self.cursor = cursor

    def put_aside(self) -> None:
        """Open a trace that grows once more, to show it as of a row; `stand_at` leads back.

        Raises:
            TraceError: it cannot be opened again.
        """
        trace = Trace.open(self.trace.path, limit=0)
        self._end_looking()
        self._aside = Aside(
            self.trace,
            self.analysis,
            self.texts,
            self.doubles,
            self.bookmarks,
            self.first_row_ever,
            self.moments.base_ns,
            self._named,
            self._renamed,
            self._sessions_told,
        )
        self._take(trace)
        self.apply_chips()

    def _take_back(self, aside: Aside) -> None:
        """Show a trace again that was put aside, and close the one that is shown."""
        self._end_looking()
        self.trace.close()
        self._aside = None
        self.trace, self.analysis, self.texts, self.doubles, self.bookmarks, *rest = aside
        self.first_row_ever, self.moments.base_ns, *rest = rest
        self._named, self._renamed, self._sessions_told = rest
        self.texts.shows_digests = self.shows_digests
        self._grew = True
        self.following = True

    def close(self) -> None:
        """End the processes that look at the trace, which stays open."""
        self.beforehand.close()
        self._end_looking()
        if self._aside is not None:
            self._take_back(self._aside)

    def _end_looking(self) -> None:
        self.view.close()
        if self._through is not None:
            self._through.close()
            self._through = None

    def _read_through(self) -> None:
        """Have a large recording read through by another process, and take up what it has found
        out."""
        if self._through is None:
            if is_worthwhile(self.analysis):
                self._through = ReadingThrough(self.trace.path, self._audit_variable)
        elif self._reads_through and not self._through.is_running:
            self._reads_through = False
            if self._through.has_kept:
                self._begin_anew()
                self.apply_chips()

    def settle(self) -> None:
        """Look whether the index of the recording is made; then show all of it, at the same row.

        Raises:
            TraceError: it could not be made: there is no more than is shown.
        """
        former, cursor = self.trace, self.cursor
        settled = former.settled()
        if settled is not None:
            settled.refresh(_TAKING_SECONDS)
            self.replace_trace(settled)
            self.cursor = cursor if cursor is not None and cursor < settled.end_row else None
            former.close()

    @property
    def is_live(self) -> bool:
        """Whether sandboxes may still send messages, and these are shown."""
        return self.live is not None and self._aside is None

    @property
    def is_watching(self) -> bool:
        """Whether sandboxes may still send messages, also while the trace is shown as of a row."""
        return self.live is not None

    @property
    def watched_trace(self) -> Trace:
        """The trace to which messages come, also while it is shown as of a row."""
        return self._aside.trace if self._aside is not None else self.trace

    @property
    def watched_analysis(self) -> Analysis:
        """What is found out of `watched_trace`."""
        return self._aside.analysis if self._aside is not None else self.analysis

    def catch_up(self) -> bool:
        """Take in more rows of a recording between two refreshes; False if all are there."""
        if self.is_live or not self.trace.is_behind:
            return False
        grew = self.trace.refresh(_TURN_SECONDS)
        self._grew = self._grew or grew
        return grew

    def refresh(self, budget_seconds: float) -> bool:
        """Filter and analyse new rows for about the budget; True if anything changed."""
        changed = self._refresh(budget_seconds)
        if self._aside is not None:
            self._aside.go_on(is_idle=not changed)
        return changed

    def _refresh(self, budget_seconds: float) -> bool:
        began = thread_time()
        grew = self.trace.refresh(_TAKING_SECONDS) or self._grew
        self._grew = False
        if self._renamed != self.trace.connections.claims.renamed:
            # It has come out that earlier rows are of another sandbox than it seemed.
            self._begin_anew()
            self.apply_chips()
        self.moments.look()
        self._read_through()
        naming = self.trace.connections.naming
        if self._named != naming.version:
            self._named = naming.version
            if self.condition is not None and self.condition.asks_names:
                # Names are told after the first rows of their containers.
                self.apply_chips()
        told = self.analysis.processes.sessions_told
        if self._sessions_told != told:
            self._sessions_told = told
            if self.condition is not None and self.condition.asks_sessions:
                self.apply_chips()
        looked, both = self.doubles.look()
        if both and not self.shows_doubles:
            self.apply_chips()
        changed = self.view.advance(budget_seconds) or grew or looked
        if thread_time() < self._hurries_until:
            return self.analysis.hurry(budget_seconds) or changed
        left = max(budget_seconds - (thread_time() - began), _LEAST_SECONDS)
        share = _SHARE_MEANWHILE if self._through is not None and self._reads_through else 1.0
        budget = min(left, share * ANALYSIS_SECONDS)
        return self.analysis.advance(budget, is_idle=not changed) or changed

    @property
    def sandboxes(self) -> list[Sandbox]:
        """The sandboxes that have connected, in order of their first connection."""
        return self.trace.connections.sandboxes()

    @property
    def rate(self) -> float:
        """Messages a second over all connections."""
        now = self.moments.now_ns
        return sum(conn.rate(now) for conn in self.trace.connections.values() if conn.connected)

    def resolved_at_hand(self) -> Resolved | None:
        """What calls did, for parts of the screen that show it unasked; None where nobody has
        asked for it, and the trace is so large that finding out takes long."""
        analysis = self.analysis
        if analysis.context.is_resolving:
            return analysis.resolved
        if self.trace.end_row - self.trace.first_row > RESOLVED_UNASKED:
            return None
        if not analysis.is_behind:
            # Where all else is known, the answer for a short trace comes with the question.
            analysis.resolved.advance(_RESOLVED_AT_ONCE)
        return analysis.resolved

    def check(self, expression: str) -> Filter:
        """Compile a filter without applying it.

        Raises:
            FilterError: the expression is not a filter.
        """
        return compile_filter(expression, self.analysis.context, zone=self.zone)

    def apply_chips(self) -> None:
        """Rebuild the view from the chips that are on."""
        self.condition = self.narrowed()
        self.view.close()
        ahead = None
        if self.condition is not None and self.condition.is_slow:
            ahead = Ahead(
                self.trace, self.condition, answers=self._answers.of(self.trace, self.condition)
            )
        condition = self.condition
        if condition is not None and condition.is_of_messages and not self.is_live:
            condition = self._passing.noted(self.trace, condition)
        shown = self.doubles.narrowed(condition, shown=self.shows_doubles)
        if self.whole_calls:
            self.view = call_view(self.trace, shown, self.analysis.pairs, ahead)
        else:
            self.view = RowView(self.trace, shown, ahead, known_of(shown))
        self.generation += 1

    def stand_in(self, row_id: int) -> int:
        """The row that shows another one: itself, its decoded twin where it is left out as doubled,
        or the other side of its call where calls are one row; itself if none of them is shown."""
        sides = self.analysis.sides if self.whole_calls else None
        return self.doubles.stand_in(row_id, self.view, sides)

    def narrowed(self, expression: str = "") -> Filter | None:
        """The filters in force and one more as one condition; None if there is none at all.

        Raises:
            FilterError: the expression is not a filter.
        """
        parts = [*self.chips.active(), *([expression] if expression else [])]
        return self.check(conjunction(parts)).among(self.chips.among()) if parts else None

    @property
    def filtered(self) -> bool:
        """Whether any filter is in force."""
        return bool(self.chips.active())
