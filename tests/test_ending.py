from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from gvtui.ending import (
    ENDING,
    EndedBySignalError,
    ending_asks,
    signal_behind,
    undisturbed,
)


@pytest.mark.parametrize("number", ENDING)
def test_signals_call_the_function_and_handlers_are_put_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    seen: list[int] = []
    with ending_asks(seen.append):
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
    assert seen == [number, number]
    assert signal.getsignal(number) is before


def test_a_lost_terminal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        seen: list[int] = []
        with ending_asks(seen.append):
            os.kill(os.getpid(), signal.SIGHUP)
        assert seen == []
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_thread_takes_no_signals() -> None:
    before = [signal.getsignal(number) for number in ENDING]
    during: list[object] = []

    def work() -> None:
        with ending_asks(lambda _: None):
            during.extend(signal.getsignal(number) for number in ENDING)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert during == before


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_waits_for_the_end_of_a_change(number: signal.Signals) -> None:
    steps = []

    def change() -> None:
        with undisturbed():
            os.kill(os.getpid(), number)
            steps.append("done")

    with pytest.raises(EndedBySignalError) as caught:
        change()
    assert caught.value.number == number
    assert steps == ["done"]


def test_a_change_that_fails_tells_its_failure() -> None:
    def change() -> None:
        with undisturbed():
            os.kill(os.getpid(), signal.SIGINT)
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        change()


@pytest.mark.parametrize("number", ENDING)
def test_signals_raise_unless_they_are_ignored(number: signal.Signals) -> None:
    program = f"""
import os, signal
from gvtui.ending import raise_at_signals, signal_behind
signal.signal({int(number)}, signal.SIG_IGN)
raise_at_signals()
os.kill(os.getpid(), {int(number)})
signal.signal({int(number)}, signal.SIG_DFL)
raise_at_signals()
try:
    os.kill(os.getpid(), {int(number)})
    signal.pause()
except KeyboardInterrupt as error:
    print(int(signal_behind(error)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == f"{int(number)}\n"


def test_the_signal_behind_an_error_is_found() -> None:
    wrapped = RuntimeError("Error calling __set_name__")
    wrapped.__cause__ = EndedBySignalError(signal.SIGTERM)
    assert signal_behind(wrapped) == signal.SIGTERM
    assert signal_behind(KeyboardInterrupt()) == signal.SIGINT
    assert signal_behind(RuntimeError()) == 0
    assert signal_behind(None) == 0
