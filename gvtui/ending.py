"""Signals that ask gvtui to end: Ctrl-C's, that of a service manager, and that of a lost terminal.

By itself Python raises an exception wherever the main thread stands, which may be halfway through
what puts the terminal back. Who has something to finish takes the signals with `ending_asks`.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that ask a program to end and leave it time to do so."""


class EndedBySignalError(KeyboardInterrupt):
    """A signal has asked gvtui to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def raise_at_signals() -> None:
    """Have SIGTERM and SIGHUP raise `EndedBySignalError`, and Ctrl-C `KeyboardInterrupt`.

    What gvtui was started to ignore, as by nohup, stays ignored.
    """
    for number in ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            # Libraries know Python's own handler, and put theirs in its place only.
            ours = signal.default_int_handler if number == signal.SIGINT else _raise
            signal.signal(number, ours)


def signal_behind(error: BaseException | None) -> int:
    """The number of the signal that an error comes from; 0 if it comes from none.

    Click and Python put errors of their own in the place of what a signal raises in them.
    """
    while error is not None:
        if isinstance(error, EndedBySignalError):
            return error.number
        if isinstance(error, KeyboardInterrupt) and error.__cause__ is None:
            return signal.SIGINT
        error = error.__cause__
    return 0


@contextmanager
def ending_asks(act: Callable[[int], None]) -> Iterator[None]:
    """Have the signals call a function with their number while the block runs.

    Only the main thread can take signals: in another one the block runs as it is. The loss of the
    terminal stays ignored where gvtui was started so, as by nohup.

    Args:
        act: called between any two steps of the main thread; it may raise.
    """

    def catch(number: int, _: object) -> None:
        act(number)

    is_main = threading.current_thread() is threading.main_thread()
    former = {
        number: signal.signal(number, catch)
        for number in ENDING
        if is_main and not (number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN)
    }
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Delay the signals to the end of the block, so that no change is left half done.

    Raises:
        EndedBySignalError: a signal came meanwhile, and the block did not fail.
    """
    held: list[int] = []
    with ending_asks(held.append):
        yield
    if held:
        raise EndedBySignalError(held[0])


def _raise(number: int, _: object) -> None:
    raise EndedBySignalError(number)
