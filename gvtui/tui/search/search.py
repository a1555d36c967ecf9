"""Finds the rows of the view that have a text in them, bit by bit, nearest to the reader first."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from time import perf_counter
from typing import TYPE_CHECKING

from gvtui.query.analysis import Paced
from gvtui.tui.search.match import CallWords, RowMatcher

if TYPE_CHECKING:
    import re

    from gvtui.tui.model.model import Model
    from gvtui.tui.stream.columns import RowLook

SEARCH_SECONDS = 0.01
"""Time for searching in one go; more would make keys wait."""

_SLICE = 256
_MAX_OPEN = 4096
"""Calls that still run which are looked at again."""


class Search:
    """One text in one view.

    Looks at the rows on from where the reader is, and at those before; what it has looked at is
    one run of rows that grows at both its ends.
    """

    def __init__(
        self, model: Model, look: RowLook, text: str, start_row: int, words: CallWords
    ) -> None:
        """Begin.

        Args:
            model: whose view to search.
            look: how rows look: hidden columns are left out.
            text: what to look for; not empty.
            start_row: where the reader is.
            words: words of calls kept from earlier searches of the same trace.
        """
        self.text = text
        self._model, self._look = model, look
        self._view = model.view
        self._key = self._settings()
        self._matcher = RowMatcher(model, look, text, words)
        self._pairs = Paced(model.analysis.pairs.advance)
        self._found: array[int] = array("q")
        first = model.trace.first_row
        # A view that is still being filtered gets rows that come before the reader's place.
        start = start_row if self._view.complete else first
        self._low = self._high = max(start, first)
        """The rows from `low` to before `high` have been looked at."""
        self._open: list[int] = []
        """Calls that had not returned when they were looked at."""
        self._again: list[int] = []
        self._paired_to = model.analysis.pairs.position
        self._is_turn_back = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """What is to be highlighted."""
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
        """Whether the rows or their words are others now, so that it has to begin anew."""
        return self._key != self._settings()

    @property
    def count(self) -> int:
        """Rows found so far."""
        return len(self._found)

    @property
    def reaches_start(self) -> bool:
        """Whether all rows before the reader's place have been looked at."""
        return self._view.position_of(self._low) == 0

    @property
    def reaches_end(self) -> bool:
        """Whether all rows after the reader's place have been looked at."""
        view = self._view
        return view.complete and view.position_of(self._high) >= view.count

    @property
    def complete(self) -> bool:
        """Whether all rows have been looked at."""
        return self.reaches_start and self.reaches_end

    @property
    def progress(self) -> float:
        """How much of the view has been looked at, from 0 to 1."""
        view = self._view
        if not view.count:
            return 1.0 if view.complete else 0.0
        done = view.position_of(self._high) - view.position_of(self._low)
        return done / view.count * view.progress

    def number_of(self, row_id: int) -> int | None:
        """Which of the rows found a row is, counted from 1; None if it is none, or not yet known."""
        if not self.reaches_start:
            return None
        place = bisect_left(self._found, row_id)
        return place + 1 if self.has(row_id) else None

    def has(self, row_id: int) -> bool:
        """Whether a row is among those found."""
        place = bisect_left(self._found, row_id)
        return place < len(self._found) and bool(self._found[place] == row_id)

    def step(self, row_id: int, direction: int) -> int | None:
        """The nearest row found after (1) or before (-1) a row, past the end from the start again.

        Returns:
            Its id; None while it is not known, or when there is none at all.
        """
        found = self._found
        if direction > 0:
            place = bisect_right(found, row_id)
            is_known = self._low <= row_id + 1 or self.reaches_start
            if place < len(found):
                return found[place] if is_known else None
            return found[0] if self.complete and found else None
        place = bisect_left(found, row_id) - 1
        is_known = self._high >= row_id or self.reaches_end
        if place >= 0:
            return found[place] if is_known else None
        return found[-1] if self.complete and found else None

    def advance(self, budget_seconds: float = SEARCH_SECONDS, direction: int = 1) -> bool:
        """Look at more rows for about as long as given.

        Args:
            budget_seconds: time to take.
            direction: where a match is wanted most: after (1) or before (-1) the reader.

        Returns:
            Whether anything was done.
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
        """Forget rows that the trace holds no more."""
        first = self._model.trace.first_row
        if gone := bisect_left(self._found, first):
            del self._found[:gone]
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
                self._found.append(row_id)
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
        matched: list[int] = []
        for at in range(len(ids) - 1, -1, -1):
            if self._test(ids[at], ids[at - 1] if at else before):
                matched.append(ids[at])
            self._low = ids[at]
            if perf_counter() >= deadline:
                break
        self._found[0:0] = array("q", reversed(matched))
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
        """Look at calls that were running when more has been paired since."""
        position = self._model.analysis.pairs.position
        if not self._again and position != self._paired_to:
            self._again, self._open, self._paired_to = self._open, [], position
        first = self._model.trace.first_row
        done = False
        while self._again and perf_counter() < deadline:
            row_id = self._again.pop()
            if row_id >= first and self._test(row_id, None):
                insort(self._found, row_id)
            done = True
        return done
