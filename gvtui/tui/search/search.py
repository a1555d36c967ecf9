"""Finds the rows of a view that contain a text, step by step, nearest to the cursor first."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from gvtui.query.analysis import Paced
from gvtui.query.rowset import RowSet
from gvtui.tui.search.match import CallWords, RowMatcher

if TYPE_CHECKING:
    import re

    from gvtui.tui.model.model import Model
    from gvtui.tui.stream.columns import RowLook

SEARCH_SECONDS = 0.01
"""How many seconds one step of a search may take; a longer step would delay keys."""

_SLICE = 256
_MAX_OPEN = 4096
"""How many running calls are tested again when they return."""


class Search:
    """The search for one text in one view.

    It tests the rows after the cursor and those before it; the tested rows are one range that grows
    at both ends.
    """

    def __init__(
        self, model: Model, look: RowLook, text: str, start_row: int, words: CallWords
    ) -> None:
        """Prepare a search; nothing is tested yet.

        Args:
            model: the model whose view is searched.
            look: the columns and times in use; hidden columns are not searched.
            text: the text; not empty.
            start_row: the id of the row to start from.
            words: the cached words of calls, from earlier searches of the same trace.
        """
        self.text = text
        self._model, self._look = model, look
        self._view = model.view
        self._key = self._settings()
        self._matcher = RowMatcher(model, look, text, words)
        self._pairs = Paced(model.analysis.pairs.advance)
        self._found = RowSet(model.trace.side_folders)
        first = model.trace.first_row
        # A view that is still being filtered gets further rows before the start.
        start = start_row if self._view.complete else first
        self._low = self._high = max(start, first)
        """The rows from `low` to before `high` have been tested."""
        self._open: list[int] = []
        """Calls that had not returned when they were tested."""
        self._again: list[int] = []
        self._paired_to = model.analysis.pairs.position
        self._is_turn_back = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern to highlight."""
        return self._matcher.pattern

    def _settings(self) -> tuple[object, ...]:
        model, look = self._model, self._look
        return (
            model.generation,
            id(model.trace),
            look.time_mode,
            look.hidden,
            look.added,
        )

    @property
    def is_stale(self) -> bool:
        """Whether rows or their words have changed, so that a new search is needed."""
        return self._key != self._settings()

    @property
    def count(self) -> int:
        """How many rows were found so far."""
        return len(self._found)

    @property
    def reaches_start(self) -> bool:
        """Whether all rows before the start have been tested."""
        return self._view.position_of(self._low) == 0

    @property
    def reaches_end(self) -> bool:
        """Whether all rows after the start have been tested."""
        view = self._view
        return view.complete and view.position_of(self._high) >= view.count

    @property
    def complete(self) -> bool:
        """Whether all rows have been tested."""
        return self.reaches_start and self.reaches_end

    @property
    def progress(self) -> float:
        """The tested share of the view, from 0 to 1."""
        view = self._view
        if not view.count:
            return 1.0 if view.complete else 0.0
        done = view.position_of(self._high) - view.position_of(self._low)
        return done / view.count * view.progress

    def number_of(self, row_id: int) -> int | None:
        """A row's number among the rows found, from 1; None if it is not found, or not yet
        known."""
        if not self.reaches_start:
            return None
        return self._found.count_before(row_id) + 1 if self.has(row_id) else None

    def has(self, row_id: int) -> bool:
        """Whether a row is among those found."""
        return row_id in self._found

    def step(self, row_id: int, direction: int) -> int | None:
        """The next (1) or previous (-1) match from a row; after the last comes the first.

        Returns:
            Its row id; None while it is not known, or if no row matches.
        """
        found = self._found
        if direction > 0:
            nearest, farthest = found.after(row_id), found.after
            is_known = self._low <= row_id + 1 or self.reaches_start
            end = -1
        else:
            nearest, farthest = found.before(row_id), found.before
            is_known = self._high >= row_id or self.reaches_end
            end = self._model.trace.end_row
        if nearest is not None:
            return nearest if is_known else None
        return farthest(end) if self.complete else None

    def advance(self, budget_seconds: float = SEARCH_SECONDS, direction: int = 1) -> bool:
        """Test more rows for about the given time.

        Args:
            budget_seconds: how long to work.
            direction: the direction in which a match is wanted first: after (1) or before (-1).

        Returns:
            Whether any row was tested.
        """
        deadline = perf_counter() + budget_seconds
        self._let_go()
        done = self._look_again(deadline)
        while perf_counter() < deadline:
            ways = [self._forward, self._backward]
            if self._goes_back(direction):
                ways.reverse()
            if not any(way(deadline) for way in ways) and self._pairs.run(deadline) == 0:
                break
            done = True
        return done

    def _goes_back(self, direction: int) -> bool:
        if self.reaches_start:
            return False
        if self.reaches_end:
            return True
        if not self._found:
            return direction < 0
        self._is_turn_back = not self._is_turn_back
        return self._is_turn_back

    def _let_go(self) -> None:
        """Drop rows that have been removed from the trace."""
        first = self._model.trace.first_row
        self._found.let_go(first)
        self._low, self._high = max(self._low, first), max(self._high, first)

    def _forward(self, deadline: float) -> bool:
        view = self._view
        place = view.position_of(self._high)
        ids = view.slice(place, place + _SLICE).tolist()
        if not ids:
            return False
        previous = view[place - 1] if place else None
        paired_to = self._model.analysis.pairs.position
        for row_id in ids:
            if row_id >= paired_to:
                return bool(row_id != ids[0])
            if self._test(row_id, previous):
                self._found.add(row_id)
            previous = row_id
            self._high = row_id + 1
            if perf_counter() >= deadline:
                break
        return True

    def _backward(self, deadline: float) -> bool:
        view = self._view
        place = view.position_of(self._low)
        start = max(0, place - _SLICE)
        ids = view.slice(start, place).tolist()
        before = view[start - 1] if start else None
        if not ids or ids[-1] >= self._model.analysis.pairs.position:
            return False
        for at in range(len(ids) - 1, -1, -1):
            if self._test(ids[at], ids[at - 1] if at else before):
                self._found.add(ids[at])
            self._low = ids[at]
            if perf_counter() >= deadline:
                break
        return True

    def _test(self, row_id: int, previous: int | None) -> bool:
        try:
            match = self._matcher.match(row_id, previous)
        except IndexError:
            return False
        if not match.is_final and not match.found and len(self._open) < _MAX_OPEN:
            self._open.append(row_id)
        return bool(match.found)

    def _look_again(self, deadline: float) -> bool:
        """Test calls again that were running, after more rows have been paired."""
        position = self._model.analysis.pairs.position
        if not self._again and position != self._paired_to:
            self._again, self._open, self._paired_to = self._open, [], position
        first = self._model.trace.first_row
        done = False
        while self._again and perf_counter() < deadline:
            row_id = self._again.pop()
            if row_id >= first and self._test(row_id, None):
                self._found.add(row_id)
            done = True
        return done
