"""Starts processes again that work for the receiving process and have ended unasked, and tells it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.monitor.ledger import Ledger, Tells

FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0
"""Seconds until a process is started again: at first, and at most. Each wait is twice the one before,
so that one that ends again and again takes nothing from receiving."""

STEADY_SECONDS = 60.0
"""A process that has run for so long has got over what ended the one before."""


class Tended(Protocol):
    """Has a process that can be started again."""

    @property
    def pid(self) -> int | None:
        """The process; None before the first has been started."""

    @property
    def ending(self) -> str:
        """How the process has ended, in words for a sentence; "" while it runs."""

    def start(self) -> None:
        """Start the process, in place of the one before.

        Raises:
            OSError: no further process can be started.
        """


@dataclass(slots=True)
class _Charge:
    about: str
    tended: Tended
    name: str
    meanwhile: str
    wait: float = FIRST_WAIT
    started_at: float = 0.0
    start_at: float | None = None
    """When it is to be started again; None while it runs."""
    fault: str = ""


class Tending:
    """Looks after such processes, which stay their owners'."""

    def __init__(
        self, control: Tells, ledger: Ledger, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with none.

        Args:
            control: gets the lines for the user.
            ledger: tells what goes with a fault.
            clock: gives seconds.
        """
        self._control, self._ledger, self._clock = control, ledger, clock
        self._charges: list[_Charge] = []

    def take(self, about: str, tended: Tended, name: str, meanwhile: str) -> None:
        """Look after a process, which is started now if it has not been.

        Args:
            about: what a fault is about, in one word.
            tended: starts it.
            name: the process in words, such as "the process that compresses".
            meanwhile: what becomes of the work without it, in words.
        """
        charge = _Charge(about, tended, name, meanwhile, started_at=self._clock())
        self._charges.append(charge)
        if tended.pid is None:
            self._start(charge)

    def look(self) -> None:
        """Start again what has ended, if it is time for that; to be called now and then."""
        now = self._clock()
        for charge in self._charges:
            if charge.start_at is None and (ending := charge.tended.ending):
                if now - charge.started_at >= STEADY_SECONDS:
                    charge.wait = FIRST_WAIT
                self._wait(charge, f"{charge.name} (process {charge.tended.pid}) {ending}")
            elif charge.start_at is not None and now >= charge.start_at:
                self._start(charge)

    def _start(self, charge: _Charge) -> None:
        try:
            charge.tended.start()
        except OSError as error:
            self._wait(charge, f"{charge.name} cannot be started: {error.strerror}")
            return
        charge.start_at, charge.started_at = None, self._clock()
        self._say(charge, "")

    def _wait(self, charge: _Charge, why: str) -> None:
        charge.start_at = self._clock() + charge.wait
        charge.wait = min(charge.wait * 2, LONGEST_WAIT)
        self._say(charge, f"{why}: {charge.meanwhile} until another one runs")

    def _say(self, charge: _Charge, text: str) -> None:
        if text != charge.fault:
            charge.fault = text
            self._control.say("fault", about=charge.about, text=text, **self._ledger.told())
