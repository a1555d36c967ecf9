from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from gvtui.commands.watching import LostMessagesError, MonitorDiedError, watching
from gvtui.monitor.client import MonitorError
from gvtui.monitor.options import MonitorOptions
from gvtui.trace.reader import Trace
from tests.monitor.sandbox import FakeSandbox


def options(folder: Path) -> MonitorOptions:
    return MonitorOptions(listen=folder / "s", realtime=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_counted_and_handlers_put_back(tmp_path: Path, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with watching(options(tmp_path)) as state:
        assert not state.ending
        os.kill(os.getpid(), number)
        state.wait(120)
        assert state.ending
        os.kill(os.getpid(), number)
        assert state.signals == 2
    assert signal.getsignal(number) == before
    assert not state.monitor.trace_path.exists()


def test_what_the_monitor_says_is_passed_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with watching(options(tmp_path)) as state:
        stranger = FakeSandbox(tmp_path / "s", greet=False)
        stranger.send(b"\xff")
        assert stranger.was_closed()
        stranger.close()
        deadline = time.monotonic() + 120
        said = ""
        while "no handshake" not in said and time.monotonic() < deadline:
            state.wait(0.05)
            said += capsys.readouterr().err
        assert "the first message is no handshake" in said


def test_a_sandbox_that_sends_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gvtui.agent.silent.SILENT_SECONDS", 0)
    with watching(options(tmp_path)) as state:
        trace = Trace.open(state.monitor.trace_path)
        sandbox = FakeSandbox(tmp_path / "s")
        deadline = time.monotonic() + 120
        while not len(trace.connections) and time.monotonic() < deadline:
            state.wait(0.05)
            trace.refresh()
        state.look(trace)
        trace.close()
        sandbox.close()
    assert "connection 1 has connected, and has sent nothing" in capsys.readouterr().err


def test_a_monitor_that_dies(tmp_path: Path) -> None:
    with watching(options(tmp_path)) as state:
        os.kill(state.monitor.pid, signal.SIGKILL)
        with pytest.raises(MonitorDiedError, match="killed by SIGKILL"):
            state.wait(120)


def test_a_monitor_that_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("mine")
    with pytest.raises(MonitorError), watching(options(tmp_path)):
        pass


def test_rows_that_went_unread_are_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        with watching(options(tmp_path)) as state:
            state.miss(2, "printed")
            state.miss(1, "printed")

    with pytest.raises(LostMessagesError, match="3 rows arrived too fast, and are lost"):
        work()
    assert "2 rows removed before being printed" in capsys.readouterr().err
