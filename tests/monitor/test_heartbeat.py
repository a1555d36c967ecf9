from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.heartbeat import SILENT_SECONDS, Heartbeat
from gvtui.monitor.options import MonitorOptions
from tests.monitor.sandbox import wait_until


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_silence_is_told_once_and_so_is_its_end() -> None:
    clock = Clock()
    heartbeat = Heartbeat(os.getpid(), clock=clock)
    clock.now = SILENT_SECONDS - 0.1
    assert list(heartbeat.listen(heard=False)) == []
    clock.now = SILENT_SECONDS
    (told,) = heartbeat.listen(heard=False)
    assert f"the monitor (process {os.getpid()}) has said nothing for 4 s: it is stuck" in told
    clock.now += 100
    assert list(heartbeat.listen(heard=False)) == []
    assert list(heartbeat.listen(heard=True)) == [""]
    assert list(heartbeat.listen(heard=True)) == []


def test_whoever_has_not_looked_for_long_hears_what_was_said() -> None:
    clock = Clock()
    heartbeat = Heartbeat(os.getpid(), clock=clock)
    clock.now = 60.0
    assert list(heartbeat.listen(heard=True)) == []


@pytest.mark.parametrize(
    ("state", "words"),
    [("T", "is stopped (kill -CONT 7"), ("D", "waits for a disk"), ("", "stuck")],
)
def test_what_the_kernel_says_of_it_is_told(tmp_path: Path, state: str, words: str) -> None:
    clock = Clock()
    if state:
        (tmp_path / "7").mkdir()
        (tmp_path / "7" / "stat").write_text(f"7 (a) b) {state} 1 7 7")
    heartbeat = Heartbeat(7, clock=clock, proc=tmp_path)
    clock.now = 60.0
    assert words in next(heartbeat.listen(heard=False))


def test_a_monitor_that_is_stopped_is_told_and_so_that_it_goes_on(tmp_path: Path) -> None:
    monitor = MonitorProcess.start(MonitorOptions(listen=tmp_path / "s", realtime=False))
    told: list[str] = []

    def faults(count: int) -> bool:
        events = monitor.read_events()
        told.extend(each["text"] for each in events if each.get("about") == "monitor")
        return len(told) == count

    try:
        os.kill(monitor.pid, signal.SIGSTOP)
        assert wait_until(lambda: faults(1))
        assert (
            f"process {monitor.pid}) is stopped (kill -CONT {monitor.pid} continues it)" in told[0]
        )
        os.kill(monitor.pid, signal.SIGCONT)
        assert wait_until(lambda: faults(2))
        assert told[1] == ""
    finally:
        monitor.stop()


def test_a_monitor_that_is_stopped_can_be_ended(tmp_path: Path) -> None:
    monitor = MonitorProcess.start(MonitorOptions(listen=tmp_path / "s", realtime=False))
    os.kill(monitor.pid, signal.SIGSTOP)
    monitor.stop()
    assert not monitor.was_killed
    assert not (tmp_path / "s").exists()


def test_one_that_does_not_end_is_killed_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "x.gvtrace"
    monitor = MonitorProcess.start(
        MonitorOptions(listen=tmp_path / "s", record=out, realtime=False)
    )
    send = subprocess.Popen.send_signal

    def held(process: subprocess.Popen[bytes], number: int) -> None:
        """It stays stopped, as when a debugger holds it."""
        if number != signal.SIGCONT:
            send(process, number)

    monkeypatch.setattr(subprocess.Popen, "send_signal", held)
    os.kill(monitor.pid, signal.SIGSTOP)
    monitor.stop(0.1)
    assert monitor.was_killed
    assert monitor.became == (
        f"the recording {out} lacks what came last: the monitor did not end and had to be killed"
    )
