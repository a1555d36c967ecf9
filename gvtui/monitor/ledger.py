"""Handles a full or broken disk: counts lost messages, reports them, and notes them later."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from gvtui.trace.accounting import Accounting
from gvtui.trace.details import memory_of
from gvtui.trace.losses import FULL, Loss, Losses
from gvtui.trace.marks import LostMark
from gvtui.trace.output import FULL as FULL_CODES
from gvtui.trace.summary import Reception

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.trace.marks import Mark
    from gvtui.trace.summary import SummaryCounts
    from gvtui.trace.writer import TraceWriter

    Write = Callable[[TraceWriter], None]
    """Writes something with the writer it is given."""

MAX_OWED = 10_000
"""How many failed writes are kept to be repeated; the oldest are dropped."""
MAX_OWED_BYTES = 32 << 20
"""How many bytes of memory they may take."""

RETRY_SECONDS = 0.05
"""Between two looks whether the trace can be written again."""

CALM_SECONDS = 5.0
"""Without a new fault for so long, the trace can be written again: a disk that is nearly full takes
one write and refuses the next, and nobody is told of each."""


class Tells(Protocol):
    """Passes on what the user should know."""

    def say(self, kind: str, **details: Any) -> None:  # noqa: ANN401
        """Tell one message of the control channel; see `gvtui.monitor.options`."""


class Ledger:
    """Writes to the trace, and counts what could not be written.

    Sandboxes are read even if the disk is full. Messages that cannot be written are lost and
    counted. Other writes are kept and repeated later: a connection whose end is not written would
    seem to be open for ever. Before messages are written again, what was lost before them is noted.
    """

    def __init__(
        self,
        writer: TraceWriter,
        control: Tells,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin; the writer stays the caller's.

        Args:
            writer: writes the trace.
            control: is told of faults.
            clock: gives seconds.
        """
        self.fault = ""
        """Why the trace cannot be written; "" while it can."""
        self.lost = 0
        """How many messages were lost so far."""
        self.writer = writer
        """Writes the trace now."""
        self._control = control
        self._clock = clock
        self._losses = Losses()
        self.reception = writer.reception = Reception()
        """What became of all that came for the file that is written now."""
        self._gap: Loss | None = None
        self._is_gone = False
        self._owed: deque[tuple[Write, int]] = deque()
        self._owed_bytes = 0
        self._next_try = 0.0
        self._calm_at = 0.0

    @property
    def owed(self) -> int:
        """How many failed writes still have to be repeated."""
        return len(self._owed)

    @property
    def losses(self) -> Losses:
        """All that was lost so far."""
        losses = Losses()
        losses.merge(self._losses)
        if self._gap is not None and self._gap.messages:
            losses.take(self._until_now(self._gap))
        return losses

    def write(self, write: Write, messages: int = 0, size: int = 0) -> None:
        """Write to the trace, or note the failure.

        Args:
            write: does it with the writer it is given; may raise OSError.
            messages: how many messages it writes; 0 for a write that must be repeated until it
                works.
            size: how many bytes of memory one that must be repeated takes meanwhile.
        """
        self.reception.received += messages
        if self._gap is not None and not self._try_again():
            self._miss(write, messages, size)
            return
        try:
            write(self.writer)
        except OSError as error:
            reason = error.strerror or str(error)
            self._begin_gap(FULL if error.errno in FULL_CODES else reason)
            self._miss(write, messages, size)
            self._say(f"cannot write {self.writer.path}: {reason}")

    def refuse(self, limit: str, messages: int) -> None:
        """Take note of messages that a limit keeps out."""
        reception = self.reception
        reception.received += messages
        reception.refused[limit] = reception.refused.get(limit, 0) + messages

    def note(self, mark: Mark) -> None:
        """Write a mark, now or as soon as that is possible; a loss is taken in."""
        if isinstance(mark, LostMark):
            self.lost += mark.messages
            self._losses.take(mark)
            # They came, if not for this file.
            self.reception.received += mark.messages
            self.reception.lost += mark.messages
            self.reception.losses.take(mark)
        details, now = mark.details(), time.time_ns()
        self.write(lambda writer: writer.mark(now, details), size=memory_of(details))

    def fail(self, text: str, why: str) -> None:
        """There is nothing to write to until `use` is called.

        Args:
            text: what is wrong, without full stop.
            why: the reason of the losses that follow, see `gvtui.trace.losses`.
        """
        self._is_gone = True
        self._begin_gap(why)
        self._say(text)

    def use(self, writer: TraceWriter) -> None:
        """Write with another writer from now on."""
        self.writer = writer
        missed = self._gap.messages if self._gap is not None else 0
        self.reception = writer.reception = Reception(received=missed, lost=missed)
        self._is_gone = False
        self._next_try = 0.0

    def recover(self, *, is_last: bool = False) -> None:
        """Write what is owed and note what was lost; to be called now and then.

        Args:
            is_last: the trace is closed next: what has to be noted may take what was kept back.
        """
        if self._gap is not None:
            self._try_again(is_last=is_last)
        if self.fault and self._gap is None and self._clock() >= self._calm_at:
            self._say("")

    def _try_again(self, *, is_last: bool = False) -> bool:
        """Whether what was lost is noted, and messages can be written again."""
        now = self._clock()
        if self._gap is None:
            return True
        if self._is_gone or (now < self._next_try and not is_last):
            return False
        self._next_try = now + RETRY_SECONDS
        if not is_last and not self.writer.has_room():
            return False
        try:
            if self._gap.messages:
                mark = self._until_now(self._gap)
                self.writer.mark(mark.until_ns, mark.details())
                self._losses.take(mark)
                self.reception.losses.take(mark)
                self._gap.messages = 0
            while self._owed:
                self._owed[0][0](self.writer)
                self._forget_oldest()
        except OSError:
            self._calm_at = self._clock() + CALM_SECONDS
            return False
        self._gap = None
        return True

    def _miss(self, write: Write, messages: int, size: int) -> None:
        self.lost += messages
        self.reception.lost += messages
        if self._gap is not None:
            self._gap.messages += messages
        if not messages:
            self._owed.append((write, size))
            self._owed_bytes += size
            while len(self._owed) > MAX_OWED or self._owed_bytes > MAX_OWED_BYTES:
                self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, size = self._owed.popleft()
        self._owed_bytes -= size

    def _begin_gap(self, why: str) -> None:
        if self._gap is None:
            self._gap = Loss(0, time.time_ns(), why=why)
        self._next_try = self._clock() + RETRY_SECONDS

    def _say(self, text: str) -> None:
        self._calm_at = self._clock() + CALM_SECONDS
        if bool(text) != bool(self.fault):
            self._control.say("fault", about="trace", text=text, **self.told())
        self.fault = text

    def told(self) -> dict[str, Any]:
        """What the viewer is told of losses, and of what has been written."""
        counts = self.writer.counts
        return {
            "lost": self.lost,
            "losses": self.losses.pack(),
            "account": self._account(counts).pack(),
        }

    def _account(self, counts: SummaryCounts) -> Accounting:
        """What has happened to all that came for the trace that is written now."""
        reception = self.reception
        return Accounting(
            received=reception.received,
            logged=counts.messages,
            refused=reception.refused,
            lost=reception.lost,
            dropped=counts.dropped,
        )

    @staticmethod
    def _until_now(gap: Loss) -> LostMark:
        return LostMark(gap.messages, gap.since_ns, max(time.time_ns(), gap.since_ns), gap.why)
