"""Checks the monitor's files, socket and clock periodically, and repairs what is missing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import trio

from gvtui.errors import GvtuiError
from gvtui.monitor.fdstore import Storing
from gvtui.monitor.renewing import Renewing
from gvtui.monitor.systemd import LISTENER_NAME
from gvtui.trace.losses import SOCKET, Loss
from gvtui.trace.marks import ALARM, ClockMark, LostMark, NoteMark

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.monitor.control import Control
    from gvtui.monitor.ledger import Ledger
    from gvtui.monitor.listener import Listener
    from gvtui.monitor.options import MonitorOptions

LOOK_SECONDS = 0.5
"""Seconds between two checks, so that a removed file is noticed within a second."""

STEP_NS = 500_000_000
"""The smallest step of the clock that is reported, in nanoseconds."""

STILL_NS = 3_000_000_000
"""The time between two checks, in nanoseconds, beyond which the monitor stood still."""


def _since_boot_ns() -> int:
    """A clock that cannot be set, and that counts while the machine sleeps."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class House:
    """Checks and repairs the monitor's files and socket."""

    def __init__(
        self,
        options: MonitorOptions,
        listener: Listener,
        ledger: Ledger,
        control: Control,
        *,
        wall_ns: Callable[[], int] = time.time_ns,
        steady_ns: Callable[[], int] = _since_boot_ns,
        storing: Storing | None = None,
    ) -> None:
        """Begin; the listener and the channel stay the caller's, and the writers whoever's closes them.

        Args:
            options: the monitor's options.
            listener: the monitor's socket.
            ledger: writes the trace.
            control: gets the lines for the user.
            wall_ns: the clock that may be set, Unix nanoseconds.
            steady_ns: a clock that cannot be set.
            storing: has the socket kept for the next monitor; None if nobody keeps it.
        """
        self._listener = listener
        self._storing = storing or Storing()
        self._ledger = ledger
        self._control = control
        self._wall_ns, self._steady_ns = wall_ns, steady_ns
        self._offset_ns = wall_ns() - steady_ns()
        self._looked_ns = steady_ns()
        self._deaf: Loss | None = None
        self._renewing = Renewing(ledger, control, is_spool=options.is_spool, wall_ns=wall_ns)

    async def keep(self) -> None:
        """Check everything until cancelled."""
        while True:
            await trio.sleep(LOOK_SECONDS)
            self.look_at_clock()
            self.look_at_trace()
            await self.look_at_socket()

    def look_at_clock(self) -> None:
        """Note steps of the clock, and times in which the monitor stood still."""
        wall, steady = self._wall_ns(), self._steady_ns()
        step = wall - steady - self._offset_ns
        if abs(step) >= STEP_NS:
            self._offset_ns += step
            mark = ClockMark(step)
            self._ledger.note(mark)
            self._control.log("warning", mark.text)
        stood = steady - self._looked_ns
        self._looked_ns = steady
        if stood >= STILL_NS:
            text = (
                f"the monitor stood still for {stood / 1e9:,.1f} s before this: it was stopped, or "
                "had no processor; sandboxes may have dropped points"
            )
            self._ledger.note(NoteMark(text, ALARM))
            self._control.log("warning", text)

    def look_at_trace(self) -> None:
        """Start the trace again if its file was removed."""
        self._renewing.look()

    async def look_at_socket(self) -> None:
        """Create the socket again if it was removed."""
        if self._listener.is_in_place:
            return
        path = self._listener.path
        if self._deaf is None:
            self._deaf = Loss(0, self._wall_ns() - int(LOOK_SECONDS * 1e9), why=SOCKET)
        try:
            old = await trio.to_thread.run_sync(self._listener.renew)
        except GvtuiError as error:
            text = f"the socket {path} was removed: no sandbox can connect: {error}"
            self._control.say("fault", about="socket", text=text, **self._ledger.told())
            return
        trio.lowlevel.notify_closing(old)
        old.close()
        self._storing.let_go(LISTENER_NAME)
        self._storing.keep(LISTENER_NAME, self._listener.socket)
        deaf, self._deaf = self._deaf, None
        mark = LostMark(0, deaf.since_ns, max(self._wall_ns(), deaf.since_ns), SOCKET)
        self._ledger.note(mark)
        self._control.say("fault", about="socket", text="", **self._ledger.told())
        self._control.log("error", f"the socket {path} was removed, and is made anew: {mark.text}")
