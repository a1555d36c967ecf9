"""What filters ask of calls that have not returned: which they are, and how old they are."""

from __future__ import annotations

import time
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from gvtui.query.filter.batch import UNKNOWN
from gvtui.trace.row import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from gvtui.query.calls.call import OpenCall
    from gvtui.query.calls.pairs import Pairs
    from gvtui.query.filter.batch import AgeTest

_MAX_CHANGES = 1 << 16
_LONG_SECONDS = 0.002
_CALM = 10
"""How many times as long as finding the calls took, if that was long, it takes at least until they
are found anew."""

RUNNING, AGE = "evt.running", "evt.age"


class RunningCalls:
    """The calls that had not returned where `Pairs` have read to.

    As in the list of running calls, a call of a kind of which no exit has been seen is among them: it
    may be the first one, and hang, or the session may send no exits of such calls.
    """

    def __init__(self, pairs: Pairs, clock: Callable[[], float] = time.monotonic) -> None:
        self._pairs = pairs
        self._clock = clock
        self._position = -1
        self._calm_until = 0.0
        self._calls: list[OpenCall] = []
        self._rows: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._changed: deque[int] = deque(maxlen=_MAX_CHANGES)
        self._changes = 0

    def refresh(self, *, with_ended: bool) -> None:
        """Find the calls anew if there are new rows; where that takes long, only now and then.

        Args:
            with_ended: whether to give also those in which threads were when their connection
                ended, as in a recording.
        """
        if self._position == self._pairs.position or self._clock() < self._calm_until:
            return
        began = self._clock()
        self._position = self._pairs.position
        found = sorted(self._pairs.each_running(with_ended=with_ended), key=lambda call: call.row)
        before, self._calls = self._rows, found
        self._rows = np.array([call.row for call in self._calls], np.int64)
        changed = np.setxor1d(before, self._rows).tolist()
        self._changed.extend(changed)
        self._changes += len(changed)
        took = self._clock() - began
        if took > _LONG_SECONDS:
            self._calm_until = began + took * (1 + _CALM)

    @property
    def changes(self) -> int:
        """How many calls have begun to run or ceased to so far."""
        return self._changes

    def changed_since(self, mark: int) -> list[int] | None:
        """The rows of calls that have begun to run or ceased to since `changes` was `mark`; None if
        there were too many."""
        count = self._changes - mark
        if count > len(self._changed):
            return None
        return list(islice(self._changed, len(self._changed) - count, None))

    def aged(self, before_ns: int, now_ns: int, tests: Sequence[AgeTest]) -> list[int]:
        """The rows of calls that run whose age passes one of the tests at one of two moments, and
        not at the other."""
        if not self._calls or before_ns == now_ns:
            return []
        before, now = _ages(self._calls, before_ns), _ages(self._calls, now_ns)
        differs = np.zeros(len(before), np.bool_)
        for test in tests:
            differs |= test(before) != test(now)
        rows: list[int] = self._rows[differs].tolist()
        return rows

    def numbers(
        self, what: str, start: int, rows: npt.NDArray[np.void], now_ns: int
    ) -> npt.NDArray[np.int64]:
        """`evt.running` or `evt.age` for consecutive rows, the first of which has the id `start`;
        `UNKNOWN` if it is not known."""
        result = np.full(len(rows), UNKNOWN, np.int64)
        if what == RUNNING:
            result[(rows["direction"] != Direction.NONE) & (rows["tid"] != 0)] = 0
        low, high = np.searchsorted(self._rows, (start, start + len(rows))).tolist()
        places = self._rows[low:high] - start
        result[places] = 1 if what == RUNNING else _ages(self._calls[low:high], now_ns)
        return result


def _ages(calls: Sequence[OpenCall], now_ns: int) -> npt.NDArray[np.int64]:
    return np.array([call.age_ns(now_ns) for call in calls], np.int64)
