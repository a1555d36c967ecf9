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
LEAST_ANSWER, LONGEST_ANSWER = 1.0, 5.0
"""Seconds after which an answer counts as lost, on the fastest line and on the slowest."""
_PATIENCE = 4.0
"""How many times as long as its bytes should take an answer may take."""
_MEMORY = 0.9
"""What is kept of the slowest answer with each faster one."""
MOST_LOST = 2
"""After so many lost answers in a row none is asked for any more, until one comes late."""
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
        self._unanswered: deque[tuple[int, float]] = deque()
        """Bytes and time of each frame whose query is not answered."""
        self._latency = self._seconds_per_byte = 0.0
        """How long the slowest answers took lately, to small frames and to large ones."""
        self._is_measured = False
        """Whether a large frame has been answered."""
        self._lost = 0
        """How many answers were lost in a row."""
        self._sent_at = self._free_at = clock()
        self._frame_seconds = 0.0
        self._is_under_way = False

    @property
    def is_free(self) -> bool:
        """Whether the terminal has taken the last frame."""
        with self._lock:
            return self._is_free()

    def _is_free(self) -> bool:
        return not self._unwritten and self._unanswered_bytes() <= UNANSWERED_BYTES

    def _unanswered_bytes(self) -> int:
        return sum(size for size, _ in self._unanswered)

    def _patience(self) -> float:
        """After how many seconds the answers that are awaited count as lost.

        A slow line needs long for a large frame; a terminal that has answered large frames at once
        must not stand still for as long when it loses an answer.
        """
        if not self._is_measured:
            return LONGEST_ANSWER
        due = self._latency + self._unanswered_bytes() * self._seconds_per_byte
        return min(LONGEST_ANSWER, LEAST_ANSWER + _PATIENCE * due)

    def _measure(self, size: int, seconds: float) -> None:
        if size > UNANSWERED_BYTES:
            self._seconds_per_byte = max(_MEMORY * self._seconds_per_byte, seconds / size)
            self._is_measured = True
        else:
            self._latency = max(_MEMORY * self._latency, seconds)

    @property
    def is_rested(self) -> bool:
        """Whether the terminal has been free for as long as the last frame took: then the answer to
        a key that comes now does not wait for a frame."""
        now = self._clock()
        with self._lock:
            if self._unanswered and now - self._sent_at > self._patience():
                self._unanswered.clear()
                self._lost += 1
                self.answers = self._lost < MOST_LOST
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
                self._unanswered.append((size, self._sent_at))

    def wrote(self) -> None:
        """A text has been written, or lost."""
        with self._lock:
            self._unwritten = max(0, self._unwritten - 1)
        self._look()

    def answered(self) -> bool:
        """A query has been answered; False if it was none behind a frame."""
        with self._lock:
            self.answers, self._lost = True, 0
            if not self._unanswered:
                return False
            size, sent_at = self._unanswered.popleft()
            self._measure(size, self._clock() - sent_at)
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
