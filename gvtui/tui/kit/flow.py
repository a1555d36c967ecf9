"""Keeps what waits on a terminal's line short: a frame is sent when the last one has been taken."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

UNANSWERED_BYTES = 1024
"""How much may be unconfirmed when a frame is sent, so that a far terminal shows keys as typed."""
LONGEST_ANSWER = 5.0
"""Seconds after which an answer counts as lost."""
LONGEST_REST = 2.0
"""Seconds that a slow terminal is left alone at most after a frame."""


class Flow:
    """What a terminal was given, and what it has taken.

    A text counts as taken when it has been written, and a frame of a terminal that answers when the
    query behind it is answered: a connection may hold much that the terminal has not seen. One
    thread gives, one writes, and one reads the answers.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.answers = False
        """Whether the terminal answers queries."""
        self.when_free: Callable[[], None] = lambda: None
        """Called when the terminal has taken a frame, in the thread that found out."""
        self._clock = clock
        self._lock = threading.Lock()
        self._all_answered = threading.Condition(self._lock)
        self._unwritten = 0
        self._unanswered: deque[int] = deque()
        self._sent_at = self._free_at = clock()
        self._frame_seconds = 0.0
        self._is_under_way = False

    @property
    def is_free(self) -> bool:
        """Whether the terminal has taken the last frame."""
        with self._lock:
            return self._is_free()

    def _is_free(self) -> bool:
        return not self._unwritten and sum(self._unanswered) <= UNANSWERED_BYTES

    @property
    def is_rested(self) -> bool:
        """Whether the terminal has been free for as long as the last frame took: then the answer to
        a key that comes now does not wait for a frame."""
        now = self._clock()
        with self._lock:
            if now - self._sent_at > LONGEST_ANSWER:
                self._unanswered.clear()
            rest = min(self._frame_seconds, LONGEST_REST)
            return self._is_free() and now >= self._free_at + rest

    def gave(self) -> None:
        """A text goes to the thread that writes."""
        with self._lock:
            self._unwritten += 1

    def framed(self, size: int) -> None:
        """A frame follows, of so many bytes; a query stands behind it if the terminal answers."""
        with self._lock:
            self._sent_at, self._is_under_way = self._clock(), True
            if self.answers:
                self._unanswered.append(size)

    def wrote(self) -> None:
        """A text has been written, or lost."""
        with self._lock:
            self._unwritten = max(0, self._unwritten - 1)
        self._look()

    def answered(self) -> bool:
        """A query has been answered; False if it was none behind a frame."""
        with self._lock:
            self.answers = True
            if not self._unanswered:
                return False
            self._unanswered.popleft()
            self._all_answered.notify_all()
        self._look()
        return True

    def _look(self) -> None:
        with self._lock:
            if not self._is_under_way or not self._is_free():
                return
            self._is_under_way = False
            self._free_at = self._clock()
            self._frame_seconds = self._free_at - self._sent_at
        self.when_free()

    def await_answers(self, seconds: float) -> None:
        """Wait until all queries have been answered, or so long; then none is awaited any more."""
        with self._lock:
            self._all_answered.wait_for(lambda: not self._unanswered, seconds)
            self._unanswered.clear()

    def begin(self) -> None:
        """Begin anew with a thread that has written all that it was given."""
        with self._lock:
            self._unwritten = 0
            self._unanswered.clear()
