"""The viewer's watch on the monitor: its state, its log, its restart."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gvtui.decode.escape import escape
from gvtui.monitor.attached import AttachedMonitor
from gvtui.monitor.client import MonitorError, MonitorProcess
from gvtui.monitor.doorbell import Doorbell
from gvtui.monitor.folder import left_behind
from gvtui.monitor.handing import hand_over
from gvtui.monitor.options import FAULTS_OVER
from gvtui.trace.losses import Losses
from gvtui.words import sentence, upper_first

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gvtui.monitor.folder import LeftBehind
    from gvtui.monitor.hearing import Hearing
    from gvtui.monitor.options import MonitorOptions
    from gvtui.trace.connections import Connections

_KEPT_LINES = 1000
_NOTES = 3
_NOTES_SECONDS = 10.0
"""Seconds between two notes about a fault: notes cover a part of the screen."""
_MAX_LINE = 1000


@dataclass(frozen=True, slots=True)
class Notice:
    """A line from the monitor for the user."""

    level: str
    """`note`, which is for the log alone, `info`, `warning` or `error`."""
    text: str


class Watch:
    """Owns the monitor process from start to stop, or the connection to one that others keep."""

    def __init__(self, options: MonitorOptions, monitor: Hearing) -> None:
        self.options = options
        self.dead = False
        """Whether the monitor has ended."""
        self.is_renewed = False
        """Whether the trace goes on in new files; whoever shows them says False again."""
        self.left_behind: list[LeftBehind] = []
        """What viewers before have left behind that were cut off, the newest first."""
        self.said: list[str] = []
        """The monitor's log, newest line last."""
        self.when_opened: Callable[[dict[str, Any]], None] | None = None
        """Called with the monitor's event for each connection that opens."""
        self.when_seen: Callable[[Connections], None] | None = None
        """Called now and then with the connections of the trace that the viewer shows."""
        self.goes_on = monitor.is_shared
        """Whether the monitor is to go on when this viewer ends."""
        self.is_wanted = False
        """Whether somebody wants to attach to the monitor, which this viewer has for itself: then
        `share` is to be called."""
        self._bell: Doorbell | None = None
        self._is_handing = False
        self._monitor = monitor
        self._finished: list[Hearing] = []
        self._starts = 1
        self._faults: dict[str, str] = {}
        self._told: Counter[str] = Counter()
        self._losses_before = Losses()
        self._refused_before = 0
        self._noted: deque[float] = deque()

    @classmethod
    def start(cls, options: MonitorOptions) -> Watch:
        """Start a monitor and wait until it listens.

        Raises:
            MonitorError: the monitor cannot listen or write.
        """
        found = left_behind()
        watch = cls(options, MonitorProcess.start(options))
        watch.left_behind = found
        watch._bell = Doorbell.beside(options.listen)
        return watch

    @property
    def monitor(self) -> Hearing:
        """The present monitor process, or the last one."""
        return self._monitor

    @property
    def is_shared(self) -> bool:
        """Whether the monitor goes on when this viewer ends, because another process keeps it."""
        return self._monitor.is_shared

    @property
    def asks_to_end(self) -> bool:
        """Whether the user decides if the monitor ends with the viewer: it is this viewer's own,
        or one that a viewer has left running."""
        return not self.dead and self._monitor.is_viewers

    @property
    def counts(self) -> bool:
        """Whether the monitor says what has come, and what was lost; else the trace alone tells."""
        return self._monitor.counts

    @property
    def refused(self) -> int:
        """How many connections were refused so far."""
        return self._refused_before + self._monitor.refused

    @property
    def left_out(self) -> int:
        """Messages that a limit kept out of the trace that is written now."""
        return self._monitor.left_out

    @property
    def trace_path(self) -> Path:
        """The path of the trace that it writes."""
        return self._monitor.trace_path

    @property
    def fault(self) -> str:
        """What is wrong with the monitor now; "" while all is well."""
        return " ".join(self._faults.values())

    @property
    def is_silent(self) -> bool:
        """Whether the monitor lives and says nothing, as one that is stopped."""
        return "monitor" in self._faults

    @property
    def losses(self) -> Losses:
        """All that came and is in no row, those of monitors before included."""
        losses = Losses()
        losses.merge(self._losses_before)
        losses.merge(self._monitor.losses)
        return losses

    @property
    def lost(self) -> int:
        """Messages that came and are in no row."""
        return self.losses.messages

    def note(self, text: str) -> None:
        """Add a sentence that is not the monitor's own to the log."""
        self.said.append(f"{'warning':<8}{escape(text, _MAX_LINE)}")

    def poll(self) -> list[Notice]:
        """Read the monitor's events; gives the notices to show at once; never waits."""
        notices: list[Notice] = []
        quiet: list[Notice] = []
        if self._bell is not None and self._bell.has_rung():
            self.is_wanted = not self.dead
        for event in self._events():
            kind, text = event.get("kind"), escape(str(event.get("text") or ""), _MAX_LINE)
            if kind == "opened":
                if self.when_opened is not None:
                    self.when_opened(event)
            elif kind == "log":
                notice = Notice(str(event.get("level", "info")), text)
                is_shown = notice.level != "note" and self._may_note()
                (notices if is_shown else quiet).append(notice)
            elif kind == "fault":
                about = str(event.get("about") or "trace")
                notice = self._take_fault(about, text)
                # What goes to and fro is in the banner and in the log.
                (notices if self._told[about] <= 1 else quiet).append(notice)
            elif kind == "before":
                self.said += [escape(str(line), _MAX_LINE) for line in event.get("lines") or ()]
            elif kind == "anew":
                self.is_renewed = True
                notices.append(Notice("error", sentence(text)))
            elif kind in ("died", "stopped"):
                self.dead = True
                why = text or "it was told to stop"
                self._faults = {"end": f"The monitor has ended: {why}. Its trace is kept."}
                notices.append(Notice("error", self.fault))
        self.said += [f"{notice.level:<8}{notice.text}" for notice in (*quiet, *notices)]
        del self.said[:-_KEPT_LINES]
        return notices

    def _events(self) -> list[dict[str, Any]]:
        # What the monitor says while it changes hands is for who has it then.
        is_heard = not self.dead and not self._is_handing
        return self._monitor.read_events() if is_heard else []

    def _may_note(self) -> bool:
        now = time.monotonic()
        while self._noted and now - self._noted[0] >= _NOTES_SECONDS:
            self._noted.popleft()
        if len(self._noted) == _NOTES:
            return False
        self._noted.append(now)
        return True

    def _take_fault(self, about: str, text: str) -> Notice:
        """The notice of a new fault or, if the text is empty, of the end of a fault."""
        if text:
            self._told[about] += 1
            end = ": messages are being lost." if about == "trace" else "."
            self._faults[about] = f"{upper_first(text)}{end}"
            return Notice("error", self._faults[about])
        self._faults.pop(about, None)
        lost = self.losses.words() if about == "trace" else ""
        again = upper_first(FAULTS_OVER.get(about, "what was wrong is over"))
        return Notice("info", f"{again}{lost and f'; {lost}'}.")

    def restart(self) -> None:
        """Start another monitor with a new trace, or attach to the one that runs in its place;
        waits, so call it in a thread.

        Raises:
            MonitorError: the monitor cannot be started, or there is none to attach to.
        """
        monitor = self._attached_again() if self.is_shared else self._started_again()
        self._losses_before.merge(self._monitor.losses)
        self._finished.append(self._monitor)
        self._refused_before += self._monitor.refused
        self._monitor = monitor
        self.dead = False
        self._faults.clear()

    def _started_again(self) -> Hearing:
        self._starts += 1
        record = self.options.record
        if record is not None:
            record = record.with_name(f"{record.stem}-{self._starts}{record.suffix}")
        return MonitorProcess.start(replace(self.options, record=record))

    def _attached_again(self) -> Hearing:
        monitor = AttachedMonitor.find(self.options.listen)
        if monitor is None:
            raise MonitorError(f"no monitor of gvtui's listens at {self.options.listen} yet")
        return monitor

    def forget_finished(self) -> None:
        """Delete temporary traces of ended monitors that are no longer shown."""
        while self._finished:
            self._finished.pop().stop()

    def share(self, command: Sequence[str]) -> None:
        """Have another process keep the monitor, and be one of its viewers from then on; waits, so
        call it in a thread.

        Args:
            command: as for `leave_running`.

        Raises:
            MonitorError: this viewer has it for itself as before; or nobody has it.
        """
        former = self._monitor
        assert isinstance(former, MonitorProcess)
        self._is_handing = True
        try:
            self._unhang()
            hand_over(former, self.options, command)
            shared = AttachedMonitor.find(self.options.listen)
            if shared is None:
                raise MonitorError(f"the monitor cannot be attached to at {self.options.listen}")
            shared.go_on_from(former)
            # The process that keeps it finds out about connections.
            self.when_opened = self.when_seen = None
            self._monitor = shared
        except MonitorError:
            self._bell = Doorbell.beside(self.options.listen)
            raise
        finally:
            self._is_handing = self.is_wanted = False

    def _unhang(self) -> None:
        if self._bell is not None:
            self._bell.close()
            self._bell = None

    def leave_running(self, command: Sequence[str]) -> int:
        """Have another process keep the monitor, which goes on; gives its id.

        Args:
            command: what starts that process, see `gvtui.monitor.handing`.

        Raises:
            MonitorError: it does not; `stop` is still to be called.
        """
        assert isinstance(self._monitor, MonitorProcess)
        self._unhang()
        keeper = hand_over(self._monitor, self.options, command)
        self.forget_finished()
        return keeper

    def stop(self, *, keep: bool = False) -> None:
        """End the monitor and delete temporary traces; with `keep`, all but the newest.

        A monitor that others keep goes on, unless the user has decided that it ends.

        Raises:
            MonitorError: it has not ended.
        """
        self._unhang()
        for monitor in self._finished:
            monitor.stop()
        if isinstance(self._monitor, AttachedMonitor) and not self.goes_on and not self.dead:
            self._monitor.end()
        self._monitor.stop(keep=keep)
