"""Runs a monitor for commands without a screen, and handles the signals that end them."""

from __future__ import annotations

import select
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gvtui.agent.listing import ProcessNotes
from gvtui.agent.notes import ConnectionNotes
from gvtui.agent.silent import SilentSandboxes
from gvtui.decode.escape import escape
from gvtui.ending import ending_asks
from gvtui.errors import GvtuiError
from gvtui.faults import FaultError
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import FAULTS_OVER
from gvtui.saying import say
from gvtui.trace.losses import Losses
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gvtui.monitor.options import MonitorOptions
    from gvtui.trace.reader import Trace


_LOOK_SECONDS = 0.5
"""Between two looks at which sandboxes are quiet."""

_HASTE_SECONDS, _HASTY_LOOK_SECONDS = 2.0, 0.1
"""How long after a connection has opened is looked more often, and how often: its sandbox may be
killed at once, and may be known by its first messages alone."""

_ASKING_SECONDS = 1.0
"""How long the trace is read for who is connected, before all are asked."""

_MAX_LINE = 1000
"""How many characters of a monitor's sentence are shown: it may quote a sandbox."""


class MonitorDiedError(GvtuiError):
    """The monitor process has ended without being asked to."""


class LostMessagesError(GvtuiError):
    """Messages that were received are not in the output."""


class Watching:
    """A running monitor, and the signals that have asked for the end."""

    def __init__(self, monitor: MonitorProcess) -> None:
        self.monitor = monitor
        self._notes = ConnectionNotes(monitor.send_mark)
        self._processes = ProcessNotes(monitor.send_mark)
        self._silent = SilentSandboxes()
        self._looked = 0.0
        self._haste_until = 0.0
        self.missed = 0
        """How many rows the flight recorder removed before they were read."""
        self.signals = 0
        """How many signals have asked for the end."""
        self.is_renewed = False
        """Whether the trace continues in new files; the reader of them resets it."""
        self.lost_here = Losses()
        """What was lost on the way from the monitor's trace to the output."""
        self.has_told = False
        """Whether the user knows what was lost."""
        self.when_said: Callable[[dict[str, Any]], None] | None = None
        """Called with each of the monitor's messages."""

    def miss(self, rows: int, words: str) -> None:
        """Count and report rows that were removed before being read; `words` completes the
        sentence."""
        self.missed += rows
        say(f"gvtui: {counted(rows, 'row')} removed before being {words}")

    @property
    def losses(self) -> Losses:
        """All that was lost so far."""
        losses = Losses()
        losses.merge(self.monitor.losses)
        losses.merge(self.lost_here)
        return losses

    @property
    def ending(self) -> bool:
        """Whether it is time to end."""
        return self.signals > 0

    def wait(self, seconds: float) -> None:
        """Wait, and pass on the monitor's sentences; returns early when it is time to end, or when
        the trace should be looked at because somebody has just connected.

        Raises:
            MonitorDiedError: the monitor has ended.
        """
        deadline = time.monotonic() + seconds
        while not self.ending:
            now = time.monotonic()
            left = deadline - now
            if left <= 0 or (now < self._haste_until and now - self._looked >= _HASTY_LOOK_SECONDS):
                return
            # A signal interrupts a select only if its handler raises, so each select is short.
            select.select([self.monitor], [], [], min(left, 0.1))
            self.pass_on()

    def pass_on(self) -> None:
        """Write the monitor's new sentences to standard error.

        Raises:
            MonitorDiedError: the monitor has ended.
        """
        for event in self.monitor.read_events():
            if self.when_said is not None:
                self.when_said(event)
            self._tell(event)

    def look(self, trace: Trace) -> None:
        """Have noted what operators call the containers, what ran in them before their session, the
        drops of quiet sandboxes that no message tells of, and which sandboxes were cut off; tell of
        those that send nothing, or do not answer. Never waits."""
        now = time.monotonic()
        pause = _HASTY_LOOK_SECONDS if now < self._haste_until else _LOOK_SECONDS
        if now - self._looked >= pause:
            self._looked = now
            self._notes.look(trace.connections, now)
            problems = self._processes.look(trace.connections, now)
            for words in (*problems, *self._silent.look(trace.connections, time.time_ns())):
                say(f"gvtui: {words}")

    def ask_all(self, trace: Trace) -> None:
        """Ask all sandboxes that are connected for such drops, and those that have not been asked for
        what ran in them; wait for the answers, for some seconds at most."""
        trace.refresh(_ASKING_SECONDS)
        for words in self._processes.finish(trace.connections):
            say(f"gvtui: {words}")
        self._notes.ask_all(trace.connections)

    def stop(self) -> None:
        """End the monitor after the binaries of all connections have been noted."""
        for event in self.monitor.read_events():
            if event.get("kind") == "opened":
                self._notes.opened(event)
        self._notes.finish()
        self.monitor.stop()

    def _tell(self, event: dict[str, Any]) -> None:
        kind, text = event.get("kind"), escape(str(event.get("text") or ""), _MAX_LINE)
        if kind == "opened":
            self._haste_until = time.monotonic() + _HASTE_SECONDS
            self._notes.opened(event)
        elif kind == "log":
            say(f"gvtui: {text}")
        elif kind == "fault":
            self._tell_fault(str(event.get("about") or ""), text)
        elif kind == "anew":
            self.is_renewed = True
            say(f"gvtui: {text}")
        elif kind == "died" or (kind == "stopped" and not self.ending):
            raise MonitorDiedError(f"the monitor has ended: {text or 'it was told to stop'}")

    def _tell_fault(self, about: str, text: str) -> None:
        if words := text or FAULTS_OVER.get(about, ""):
            say(f"gvtui: {words}")


@contextmanager
def watching(options: MonitorOptions) -> Iterator[Watching]:
    """Run a monitor; at the end it is stopped and its flight recorder is deleted.

    Ctrl-C, SIGTERM and SIGHUP are counted instead of interrupting the work.

    Raises:
        MonitorError: the monitor cannot start.
        LostMessagesError: messages that were received are not in the output.
        FaultError: the block has failed because of a fault of gvtui's own.
    """
    with watching_over(MonitorProcess.start(options)) as state:
        yield state


@contextmanager
def watching_over(monitor: MonitorProcess) -> Iterator[Watching]:
    """As `watching`, for a monitor that runs already."""
    state = Watching(monitor)

    def count(_: int) -> None:
        state.signals += 1

    fault: Exception | None = None
    try:
        with ending_asks(count):
            yield state
    except (GvtuiError, FaultError, OSError):
        raise
    except Exception as error:
        fault = error
    finally:
        monitor.stop()
    if fault is not None:
        raise FaultError(monitor.became) from fault
    if state.losses and not state.has_told:
        raise LostMessagesError(state.losses.words())
    if monitor.unaccounted:
        raise LostMessagesError(f"{monitor.unaccounted}; please report this")
    if monitor.was_killed:
        raise LostMessagesError(monitor.became)
    if state.missed:
        raise LostMessagesError(f"{counted(state.missed, 'row')} arrived too fast, and are lost")
