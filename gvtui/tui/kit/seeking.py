"""Finds the entries of a list whose words contain a text, bit by bit where there are many."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.tui.kit.asking import Question

MAX_TEXT = 500
"""How many characters a text to search for may have."""
STEP_SECONDS = 0.008
"""How many seconds one step may take; a longer step would delay keys."""
_CHECK_EVERY = 16
"""How many entries are tested between two checks of the clock."""
_REST_SECONDS = 1.0
"""Seconds until a long list is searched anew for what has changed in it."""


class Asks(Protocol):
    """What a list needs of the app to search: the prompt, and the commands."""

    def ask(self, question: Question) -> None:
        """Open the prompt, in which the user types a line."""

    def run_command(self, line: str) -> None:
        """Run a command by its line."""


class Seek:
    """A search for one text in a list whose entries may change."""

    def __init__(self, text: str, count: Callable[[], int], words: Callable[[int], str]) -> None:
        """Prepare a search; nothing is tested yet.

        Args:
            text: the text; upper and lower case are the same.
            count: gives the number of entries.
            words: gives the words of an entry in full.
        """
        self.text = text[:MAX_TEXT]
        self._folded = self.text.casefold()
        self._count, self._words = count, words
        self.found: list[int] | None = None
        """Indices of the entries that have the text, in order; None until all were tested once."""
        self._fresh: list[int] = []
        self._next = 0
        self._counted = count()
        self._took = 0.0
        self._done_at = 0.0
        self.is_complete = False
        """Whether all entries have been tested since the last `restart`."""

    def restart(self) -> None:
        """Test all entries again; until then `found` is what was found before."""
        self._fresh, self._next, self._took = [], 0, 0.0
        self._counted = self._count()
        self.is_complete = False

    def renew(self) -> None:
        """Test all entries again if they may have changed; a long list only now and then."""
        rested = time.monotonic() - self._done_at >= _REST_SECONDS
        if self._count() != self._counted or (
            self.is_complete and (rested or self._took <= STEP_SECONDS)
        ):
            self.restart()

    def advance(self, seconds: float = STEP_SECONDS) -> bool:
        """Test entries for about the given time; True if all have been tested."""
        if self.is_complete:
            return True
        began = time.thread_time()
        if self._count() != self._counted:
            self.restart()
        while self._next < self._counted:
            if self._folded in self._words(self._next).casefold():
                self._fresh.append(self._next)
            self._next += 1
            if self._next % _CHECK_EVERY == 0 and time.thread_time() - began >= seconds:
                self._took += time.thread_time() - began
                return False
        self._took += time.thread_time() - began
        self.found, self.is_complete = self._fresh, True
        self._done_at = time.monotonic()
        return True

    def step(self, place: int, direction: int, *, is_first: bool = False) -> int | None:
        """The next (1) or previous (-1) entry found; after the last comes the first.

        Args:
            place: the index to start from.
            direction: 1 or -1.
            is_first: whether the entry at `place` itself may be the next one.
        """
        return stepped(self.found or [], place, direction, is_first=is_first)

    def said(self, place: int) -> str:
        """`3 of 1,204`, or that there is none; `place` is the selected entry."""
        return count_words(self.found, place)


def stepped(found: list[int], place: int, direction: int, *, is_first: bool = False) -> int | None:
    """The entry after or before a place among those found, from the end to the start and back."""
    if not found:
        return None
    if direction > 0:
        after = bisect_left(found, place) if is_first else bisect_right(found, place)
        return found[after % len(found)]
    return found[bisect_left(found, place) - 1]


def count_words(found: list[int] | None, place: int) -> str:
    """How many entries were found, and which of them is selected."""
    if found is None:
        return "searching …"
    if not found:
        return "nothing found"
    at = bisect_left(found, place)
    if at < len(found) and found[at] == place:
        return f"{at + 1:,} of {len(found):,}"
    return f"{len(found):,} found"
