"""Keeps a monitor running: looks after its trace, lets viewers attach, and tells how it is."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from gvtui.errors import GvtuiError
from gvtui.export.status import MonitorRates, status_document
from gvtui.monitor.station import Hello, Station
from gvtui.saying import say
from gvtui.trace.reach import Reach
from gvtui.trace.reader import Trace
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.commands.watching import Watching
    from gvtui.monitor.fdstore import DescriptorStore
    from gvtui.monitor.options import MonitorOptions
    from gvtui.monitor.places import MonitorPlace
    from gvtui.monitor.systemd import Notifier

_TURN_SECONDS = 0.1
"""After how many seconds viewers are looked at."""
_LOOK_SECONDS = 1.0
"""After how many seconds the trace is looked at."""
_READ_SECONDS, _LAST_READ_SECONDS = 0.1, 2.0
"""How long new rows are read at a time, and at the end: under full load there are always more."""


class Supervisor:
    """Keeps one monitor for its viewers. Owns the reader of its trace, until `close`."""

    def __init__(
        self,
        state: Watching,
        options: MonitorOptions,
        *,
        notifier: Notifier | None = None,
        place: MonitorPlace | None = None,
        store: DescriptorStore | None = None,
        is_left: bool = False,
    ) -> None:
        """Let viewers attach.

        Args:
            state: the running monitor.
            options: how it was started.
            notifier: tells the service manager that all is well; None if there is none.
            place: where the monitor writes; None for the user's cache.
            store: keeps connections for the next monitor; None if nobody does.
            is_left: whether a viewer has left the monitor running.

        Raises:
            MonitorError: no viewer could attach.
            TraceError: the trace cannot be read.
        """
        self.when_told: Callable[[dict[str, Any]], None] | None = None
        """Called every second with how the monitor is."""
        self._state, self._options = state, options
        self._notifier, self._place, self._store = notifier, place, store
        self._is_left = is_left
        self._since_ns = time.time_ns()
        self._rates = MonitorRates()
        self._faults: dict[str, str] = {}
        self._looked_at = 0.0
        self._trouble = ""
        self.trace = Trace.open(state.monitor.trace_path)
        self._reach = Reach(state.monitor.trace_path)
        try:
            self.station = Station(
                options.listen,
                self._hello,
                pass_mark=state.monitor.pass_mark,
                describe=self.describe,
            )
        except BaseException:
            self.trace.close()
            raise
        state.when_said = self._hear

    def _hello(self) -> Hello:
        options = self._options
        return Hello(
            pid=self._state.monitor.pid,
            keeper=os.getpid(),
            listen=str(options.listen.absolute()),
            trace=str(self._state.monitor.trace_path.absolute()),
            recording=options.record is not None,
            keep_bytes=options.keep_bytes,
            realtime=self._state.monitor.realtime,
            user=options.user,
            is_left=self._is_left,
            since_ns=self._since_ns,
        )

    @property
    def is_informed(self) -> bool:
        """Whether the monitor has said how it is, and how much comes: before, that is not known
        here."""
        return self._rates.is_known

    def describe(self) -> dict[str, Any]:
        """How the monitor is, see `gvtui.export.status`."""
        # What is told of sandboxes is of the same moment as what is told of all.
        self.trace.refresh(_READ_SECONDS)
        monitor = self._state.monitor
        who = {
            "pid": monitor.pid,
            "keeper": os.getpid(),
            "listen": str(self._options.listen.absolute()),
            "since_ns": self._since_ns,
            "viewers": self.station.viewers,
        }
        self._reach.look()
        options = self._options
        kept = None if options.record else (options.keep_bytes, options.keep_seconds)
        faults = [*self._faults.values(), *filter(None, [self._trouble])]
        return status_document(
            monitor,
            self.trace,
            self._rates,
            who=who,
            faults=faults,
            now_ns=time.time_ns(),
            reach=self._reach,
            kept=kept,
            former=self._place.former if self._place is not None else (0, 0),
        )

    def _hear(self, event: dict[str, Any]) -> None:
        if self._store is not None and event.get("kind") == "opened":
            self._store.turn()
        kind, text = event.get("kind"), str(event.get("text") or "")
        if kind == "fault":
            about = str(event.get("about") or "")
            self._faults.pop(about, None)
            if text:
                self._faults[about] = text
        elif kind == "status":
            account = self._state.monitor.account
            self._rates.take(account.received or 0, account.dropped)
        self.station.say(event)

    def run(self) -> None:
        """Serve until a signal or a viewer asks for the end.

        Raises:
            MonitorDiedError: the monitor has ended.
        """
        while not self._state.ending and not self.station.is_told_to_stop:
            self._state.wait(_TURN_SECONDS)
            self.station.turn()
            if self._store is not None:
                self._store.turn()
            now = time.monotonic()
            if now - self._looked_at >= _LOOK_SECONDS:
                self._looked_at = now
                self._look()
            for words in self._place.turn(now) if self._place is not None else ():
                say(f"gvtui: {words}")
            self._state.look(self.trace)

    def _look(self) -> None:
        self._renew()
        self.trace.refresh(_READ_SECONDS)
        try:
            self.station.look_after()
            self._trouble = ""
        except GvtuiError as error:
            trouble = f"no viewer can attach: {error}"
            if trouble != self._trouble:
                self._trouble = trouble
                say(f"gvtui: {trouble}")
        told = self.describe()
        if self.when_told is not None:
            self.when_told(told)
        # While the monitor is stuck its manager may start it anew.
        if self._notifier is not None and "monitor" not in self._faults:
            now = counted(told["connections"]["now"], "connection")
            rate = told["messages"]["per_second"]
            self._notifier.beat(f"{now}, {rate:,.0f} messages a second")

    def _renew(self) -> None:
        if self._state.is_renewed:
            self._state.is_renewed = False
            self.trace.close()
            self.trace = Trace.open(self._state.monitor.trace_path)
            self._reach = Reach(self._state.monitor.trace_path)

    def end(self) -> str:
        """End the monitor; gives in words what has been written."""
        state = self._state
        state.ask_all(self.trace)
        state.stop()
        self._renew()
        self.trace.refresh(_LAST_READ_SECONDS)
        monitor = state.monitor
        messages = counted(monitor.account.logged, "message")
        return f"{messages} of {counted(monitor.connections, 'connection')}"

    def close(self) -> None:
        """Let all viewers go."""
        self._state.when_said = None
        self.station.close()
        self.trace.close()
