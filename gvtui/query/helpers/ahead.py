"""Tests the rows of a trace ahead of whoever filters them, in other processes."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import weakref
from collections import deque
from typing import TYPE_CHECKING

import msgpack
import numpy as np

from gvtui.python import python
from gvtui.query.helpers.process import ANSWER, ASK, DAMAGE, LENGTH
from gvtui.trace.sharing import MOST_FILES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.query.filter.batch import Mask, Rows
    from gvtui.query.filter.compile import Filter
    from gvtui.query.helpers.answers import KnownAnswers
    from gvtui.trace.reader import Trace

UNIT = 1 << 15
"""How many rows a process is asked for at once."""
_ASKED = 8
"""How many such ranges each process is asked for in advance."""
_MAX_LEAD = 1 << 24
"""How many rows may be tested in advance: a bit of memory for each."""
_MOST_PROCESSES = 8

_LEAST_SECONDS = 0.05
"""After how long it is decided whether the rest takes long."""
WORTH_SECONDS = 0.5
"""For what takes less, no process is started."""


class Helper:
    """One process that tests rows. Owned until `close`."""

    def __init__(self) -> None:
        """Start it; it does nothing yet.

        Raises:
            OSError: no further process can be started.
        """
        self.link, other = socket.socketpair()
        with other:
            self._process = subprocess.Popen(
                python("-m", "gvtui.query.helpers.process"),
                stdin=other.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self.asked: deque[int] = deque()
        """The first rows of the ranges that were asked for, and not answered."""
        self._data = b""
        self._end = weakref.finalize(self, _end, self.link, self._process)

    def begin(self, trace: Trace, condition: Filter) -> None:
        """Send what it works on.

        Raises:
            OSError: it has ended.
        """
        share = trace.share()
        words = msgpack.packb(
            {"filter": condition.text, "now": condition.now_ns, "trace": share.words}
        )
        socket.send_fds(self.link, [LENGTH.pack(len(words))], share.files)
        self.link.sendall(words)
        self.link.setblocking(False)

    def ask(self, start: int, stop: int) -> None:
        """Ask for a range of rows.

        Raises:
            OSError: it has ended.
        """
        self.link.sendall(ASK.pack(start, stop))
        self.asked.append(start)

    def answers(self) -> list[tuple[int, Mask, list[tuple[int, int]]]]:
        """What has come: the first row, for each row whether it may pass, and damaged records.

        Raises:
            OSError: it has ended.
        """
        with contextlib.suppress(BlockingIOError):
            while piece := self.link.recv(1 << 18):
                self._data += piece
            raise ConnectionResetError
        found = []
        at = 0
        while at + ANSWER.size <= len(self._data):
            start, count, damaged = ANSWER.unpack_from(self._data, at)
            size = (count + 7) // 8
            end = at + ANSWER.size + size + damaged * DAMAGE.size
            if end > len(self._data):
                break
            bits = np.frombuffer(self._data, np.uint8, size, at + ANSWER.size)
            mask = np.unpackbits(bits, count=count).astype(np.bool_)
            records = self._data[at + ANSWER.size + size : end]
            found.append((start, mask, list(DAMAGE.iter_unpack(records))))
            self.asked.popleft()
            at = end
        self._data = self._data[at:]
        return found

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    @property
    def is_ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End it."""
        self._end()


def _end(link: socket.socket, process: subprocess.Popen[bytes]) -> None:
    link.close()
    process.kill()
    process.wait()


def helpers(count: int | None = None) -> list[Helper]:
    """Start processes, one for each processor by default; none where none can be started."""
    count = count or min(len(os.sched_getaffinity(0)), _MOST_PROCESSES)
    with contextlib.suppress(OSError):
        return [Helper() for _ in range(count)]
    return []


class Ahead:
    """What other processes find out about the rows in front of one that filters a trace in order.

    They begin when it turns out that the rows that are there take long, and end with them.
    """

    def __init__(
        self,
        trace: Trace,
        condition: Filter,
        ready: Sequence[Helper] | None = None,
        answers: KnownAnswers | None = None,
    ) -> None:
        """Make it; nothing is started.

        Args:
            trace: the trace; it stays the caller's.
            condition: the filter, of which `is_slow` holds.
            ready: processes that were started already, and are owned from now on; None where
                they can be started at any time.
            answers: what is known of these rows, for this filter, which `is_of_messages`; what is
                found out is added. None where nothing is to be remembered.
        """
        self._trace, self._condition = trace, condition
        self._ready = ready
        self._answers = answers
        self._helpers: list[Helper] = []
        self._known: dict[int, Mask] = {}
        self._from = self._asked_to = self._end = 0
        """Rows that are tested elsewhere, and how far they can be."""
        self._seconds, self._rows = 0.0, 0

    @property
    def is_running(self) -> bool:
        """Whether other processes are at work."""
        return bool(self._helpers)

    def test(self, rows: Rows, start: int) -> Mask | None:
        """Which of some rows may pass, found out here; None where nothing is to be remembered."""
        if self._answers is None:
            return None
        mask = self._condition.local_mask(self._trace, rows, start)
        self._answers.add(start, mask)
        return mask

    def took(self, seconds: float, rows: int, next_row: int) -> None:
        """Note how long some rows took, up to `next_row`; start the processes if it is worth it."""
        self._seconds += seconds
        self._rows += rows
        if self._helpers or self._seconds < _LEAST_SECONDS:
            return
        left = self._trace.end_row - next_row
        if left * self._seconds / self._rows > WORTH_SECONDS:
            self._begin(next_row)
        self._seconds, self._rows = 0.0, 0

    def _begin(self, next_row: int) -> None:
        share = self._trace.share()
        if len(share.files) > MOST_FILES:
            return
        self._helpers = list(helpers() if self._ready is None else self._ready)
        if self._ready is not None:
            self._ready = ()
        self._from = self._asked_to = next_row + UNIT
        self._end = share.end_row
        try:
            for helper in self._helpers:
                helper.begin(self._trace, self._condition)
        except OSError:
            self.close()

    def look(self, start: int, stop: int, *, is_waiting: bool = False) -> tuple[int, Mask | None]:
        """How far the rows from `start` can be tested now, at most to `stop`, and which may pass.

        Args:
            start: the first row.
            stop: the row after the last one.
            is_waiting: whether to wait for rows that others test.

        Returns:
            The row after the last one, which is `start` while others test it; and what
            `Filter.local_mask` gives for these rows, None where the caller has to find it.
        """
        if self._answers is not None:
            found = self._answers.get(start, stop)
            if found is not None:
                return start + len(found), found
        while self._helpers:
            self._feed(start)
            if not self._helpers or start >= self._asked_to:
                break
            if start < self._from:
                return min(stop, self._from), None
            unit = start - (start - self._from) % UNIT
            mask = self._known.get(unit)
            if mask is not None:
                if start >= unit + len(mask):
                    # The rows were gone when they were asked for.
                    self.close()
                    break
                stop = min(stop, unit + len(mask))
                if stop >= self._end:
                    self.close()
                mask = mask[start - unit : stop - unit]
                if self._answers is not None:
                    self._answers.add(start, mask)
                return stop, mask
            if not is_waiting:
                return start, None
            coming = select.poll()
            for helper in self._helpers:
                coming.register(helper.link, select.POLLIN)
            coming.poll()
        return stop, None

    def _feed(self, start: int) -> None:
        """Take in what has come, and ask for more."""
        try:
            for helper in self._helpers:
                for first, mask, damaged in helper.answers():
                    self._known[first] = mask
                    for segment, offset in damaged:
                        self._trace.damage.note(segment, offset)
            if start >= self._asked_to:
                self._from = self._asked_to = start + UNIT
            for unit in [unit for unit in self._known if unit + UNIT <= start]:
                del self._known[unit]
            end = min(self._end, self._trace.end_row, start + _MAX_LEAD)
            while self._asked_to < end:
                helper = min(self._helpers, key=lambda each: len(each.asked))
                if len(helper.asked) >= _ASKED:
                    break
                stop = min(self._asked_to + UNIT, self._end)
                if stop > end:
                    break
                helper.ask(self._asked_to, stop)
                self._asked_to = stop
            if start >= self._end:
                self.close()
        except OSError:
            # One has ended: what it was asked for would never come.
            self.close()

    def close(self) -> None:
        """End the processes; may be called again."""
        for helper in (*self._helpers, *(self._ready or ())):
            helper.close()
        self._helpers = []
        self._known.clear()
        # None can be started any more, where they had to be started before.
        if self._ready is not None:
            self._ready = ()
