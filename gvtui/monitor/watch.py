"""The monitor as the viewer sees it: whether it lives, what it says, how it is started again."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gvtui.decode.escape import escape
from gvtui.monitor.client import MonitorProcess
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvtui.monitor.options import MonitorOptions

_KEPT_LINES = 1000
_NOTES = 3
_NOTES_SECONDS = 10.0
"""No more notes in so long: on the screen they lie over what else there is to see."""
_MAX_LINE = 1000


@dataclass(frozen=True, slots=True)
class Notice:
    """A line from the monitor for the user."""

    level: str
    """`note`, which is for the log alone, `info`, `warning` or `error`."""
    text: str


class Watch:
    """Owns the monitor's process from start to stop."""

    def __init__(self, options: MonitorOptions, monitor: MonitorProcess) -> None:
        self.options = options
        self.fault = ""
        """What has gone wrong with the monitor; "" while all is well."""
        self.dead = False
        """Whether the monitor has gone."""
        self.lost = 0
        """Messages that came and could not be written: they are in no row."""
        self.said: list[str] = []
        """What it has said, newest last."""
        self.when_opened: Callable[[dict[str, Any]], None] | None = None
        """Called with what the monitor says of each connection that opens."""
        self._monitor = monitor
        self._finished: list[MonitorProcess] = []
        self._starts = 1
        self._faults = 0
        self._refused_before = 0
        self._noted: deque[float] = deque()

    @classmethod
    def start(cls, options: MonitorOptions) -> Watch:
        """Start a monitor and wait until it listens.

        Raises:
            MonitorError: it cannot.
        """
        return cls(options, MonitorProcess.start(options))

    @property
    def monitor(self) -> MonitorProcess:
        """The monitor that runs, or ran last."""
        return self._monitor

    @property
    def refused(self) -> int:
        """Connections refused so far."""
        return self._refused_before + self._monitor.refused

    @property
    def trace_path(self) -> Path:
        """The trace it writes."""
        return self._monitor.trace_path

    def note(self, text: str) -> None:
        """Put a sentence that is not the monitor's own into what it has said."""
        self.said.append(f"{'warning':<8}{escape(text, _MAX_LINE)}")

    def poll(self) -> list[Notice]:
        """What to tell the user at once of what the monitor has said; never waits."""
        notices: list[Notice] = []
        quiet: list[Notice] = []
        for event in self._monitor.read_events() if not self.dead else []:
            kind, text = event.get("kind"), escape(str(event.get("text") or ""), _MAX_LINE)
            self.lost = max(self.lost, int(event.get("lost") or 0))
            if kind == "opened":
                if self.when_opened is not None:
                    self.when_opened(event)
            elif kind == "log":
                notice = Notice(str(event.get("level", "info")), text)
                is_shown = notice.level != "note" and self._may_note()
                (notices if is_shown else quiet).append(notice)
            elif kind == "fault":
                notice = self._take_fault(text)
                # A disk that is nearly full goes to and fro; the banner and the log tell it all.
                (notices if self._faults <= 1 else quiet).append(notice)
            elif kind in ("died", "stopped"):
                self.dead = True
                why = text or "it was told to stop"
                self.fault = f"The monitor has gone: {why}. What came before is kept."
                notices.append(Notice("error", self.fault))
        self.said += [f"{notice.level:<8}{notice.text}" for notice in (*quiet, *notices)]
        del self.said[:-_KEPT_LINES]
        return notices

    def _may_note(self) -> bool:
        now = time.monotonic()
        while self._noted and now - self._noted[0] >= _NOTES_SECONDS:
            self._noted.popleft()
        if len(self._noted) == _NOTES:
            return False
        self._noted.append(now)
        return True

    def _take_fault(self, text: str) -> Notice:
        """What to say of a fault that has come, or of one that has gone: then its text is empty."""
        if text:
            self._faults += 1
            self.fault = f"{text[:1].upper()}{text[1:]}: messages are lost from the record."
            return Notice("error", self.fault)
        self.fault = ""
        lost = counted(self.lost, "message")
        return Notice("info", f"The monitor can write again; {lost} could not be written.")

    def restart(self) -> None:
        """Start another monitor with a trace of its own; waits, so call it from a thread.

        Raises:
            MonitorError: it cannot be started.
        """
        self._starts += 1
        record = self.options.record
        if record is not None:
            record = record.with_name(f"{record.stem}-{self._starts}{record.suffix}")
        monitor = MonitorProcess.start(replace(self.options, record=record))
        self._finished.append(self._monitor)
        self._refused_before += self._monitor.refused
        self._monitor = monitor
        self.dead = False
        self.fault = ""
        self.lost = 0

    def forget_finished(self) -> None:
        """Remove the temporary traces of monitors that have gone, once they are shown no more."""
        while self._finished:
            self._finished.pop().stop()

    def stop(self, *, keep: bool = False) -> None:
        """End the monitor and remove temporary traces; with `keep`, all but the newest."""
        for monitor in self._finished:
            monitor.stop()
        self._monitor.stop(keep=keep)
