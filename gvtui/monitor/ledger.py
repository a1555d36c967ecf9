"""What a disk that cannot be written costs: counted, told, and noted in the trace when it can again."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from gvtui.trace.marks import LostMark

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.monitor.control import Control
    from gvtui.trace.writer import TraceWriter

MAX_OWED = 10_000
"""Writes that are tried again; of more, the oldest go."""


class Ledger:
    """Writes to the trace, and keeps account of what could not be written.

    The sandboxes are drained whatever the disk says. Messages that cannot be written are lost, and
    counted. What holds no messages is not lost but owed: a connection whose end is not written
    would seem to stand for ever.
    """

    def __init__(self, writer: TraceWriter, control: Control) -> None:
        self.fault = ""
        """Why the trace cannot be written; "" while it can."""
        self.lost = 0
        """Messages lost so far."""
        self._writer = writer
        self._control = control
        self._noted = 0
        self._since_ns = 0
        self._owed: deque[Callable[[], None]] = deque(maxlen=MAX_OWED)

    @property
    def owed(self) -> int:
        """Writes that still have to be done."""
        return len(self._owed)

    def write(self, write: Callable[[], None], messages: int = 0) -> None:
        """Write, or take note that this was not possible.

        Args:
            write: does it; may raise OSError.
            messages: how many messages it holds; 0 if it has to be done some time.
        """
        try:
            write()
        except OSError as error:
            self.lost += messages
            if not messages:
                self._owed.append(write)
            if not self.fault:
                self._since_ns = time.time_ns()
                self.fault = f"cannot write {self._writer.path}: {error.strerror}"
                self._control.say("fault", text=self.fault, lost=self.lost)

    def recover(self) -> None:
        """Write what is owed and note what was lost; if that goes, the fault is over.

        To be called now and then: a disk that is nearly full takes one write and refuses the next.
        """
        if not self.fault:
            return
        mark = LostMark(self.lost - self._noted, self._since_ns)
        try:
            while self._owed:
                self._owed[0]()
                self._owed.popleft()
            self._writer.mark(time.time_ns(), mark.details())
        except OSError:
            return
        self._noted = self.lost
        self.fault = ""
        self._control.say("fault", text="", lost=self.lost)
