from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from gvtui.monitor.attached import AttachedMonitor
from gvtui.monitor.client import MonitorError
from gvtui.monitor.handing import keeping_command
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.watch import Watch
from gvtui.trace.accounting import Accounting
from gvtui.trace.losses import FULL, Loss, Losses
from tests.monitor.sandbox import FakeSandbox, wait_until
from tests.trace.factory import recorded_datagrams

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.monitor.client import MonitorProcess
    from gvtui.monitor.hearing import Hearing

OPTIONS = MonitorOptions(listen=Path("/tmp/x.sock"))


class FakeMonitor:
    def __init__(self, path: Path) -> None:
        self.trace_path = path
        self.events: list[dict[str, Any]] = []
        self.stopped = False
        self.refused = self.left_out = 0
        self.losses = Losses()
        self.is_shared, self.counts, self.is_viewers = False, True, True

    def read_events(self) -> list[dict[str, Any]]:
        events, self.events = self.events, []
        return events

    def account_of(self, indexed: int, *, is_all: bool = True) -> Accounting:
        return Accounting()

    def stop(self, *, keep: bool = False) -> None:
        self.stopped = True


def _watch(monitor: FakeMonitor) -> Watch:
    return Watch(OPTIONS, cast("MonitorProcess", monitor))


def test_faults_come_and_go(tmp_path: Path) -> None:
    monitor = FakeMonitor(tmp_path)
    watch = _watch(monitor)
    full = {"kind": "fault", "about": "trace", "text": "cannot write x\x1b[2J: disk full"}
    monitor.events = [full, {"kind": "opened", "conn": 1}]
    (notice,) = watch.poll()
    assert notice.level == "error"
    assert watch.fault == "Cannot write x\\x1b[2J: disk full: messages are being lost."
    monitor.events = [{"kind": "status", "fault": "cannot write x"}]
    monitor.losses = Losses([Loss(1234, 1, 2, FULL)])
    assert watch.poll() == []
    assert watch.lost == 1234
    monitor.events = [{"kind": "fault", "about": "trace", "text": ""}]
    (notice,) = watch.poll()
    assert notice.level == "info"
    assert "1,234 messages were lost while the disk was full" in notice.text
    assert watch.fault == ""
    assert not watch.dead
    assert len(watch.said) == 2
    # Again and again is in the log and the banner alone.
    monitor.events = [full]
    assert watch.poll() == []
    assert watch.fault
    assert len(watch.said) == 3
    watch.stop()
    assert monitor.stopped


def test_many_notes_are_in_the_log_and_do_not_cover_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monitor = FakeMonitor(tmp_path)
    watch = _watch(monitor)
    lines = [{"kind": "log", "level": "warning", "text": f"line {number}"} for number in range(9)]
    monitor.events = list(lines)
    assert [notice.text for notice in watch.poll()] == ["line 0", "line 1", "line 2"]
    monitor.events = list(lines)
    assert watch.poll() == []
    assert len(watch.said) == 18
    now += 11
    monitor.events = list(lines)
    assert len(watch.poll()) == 3


def test_refusals_are_counted_over_restarts(tmp_path: Path) -> None:
    watch = Watch.start(MonitorOptions(listen=tmp_path / "s", realtime=False))
    try:
        watch.monitor.refused = 3
        watch.monitor.stop()
        watch.restart()
        watch.monitor.refused = 4
        assert watch.refused == 7
    finally:
        watch.stop()


def test_each_fault_stands_until_it_is_over(tmp_path: Path) -> None:
    monitor = FakeMonitor(tmp_path)
    watch = _watch(monitor)
    for about in ("socket", "monitor"):
        monitor.events.append({"kind": "fault", "about": about, "text": f"the {about} is gone"})
    assert [notice.level for notice in watch.poll()] == ["error", "error"]
    assert watch.is_silent
    assert watch.fault == "The socket is gone. The monitor is gone."
    monitor.events = [{"kind": "fault", "about": "monitor", "text": ""}]
    watch.poll()
    assert watch.fault == "The socket is gone."
    assert not watch.is_silent


def test_new_files_are_told(tmp_path: Path) -> None:
    monitor = FakeMonitor(tmp_path)
    watch = _watch(monitor)
    monitor.events = [{"kind": "anew", "text": "x was removed; it goes on", "path": "x"}]
    (notice,) = watch.poll()
    assert (notice.level, notice.text) == ("error", "X was removed; it goes on.")
    assert watch.is_renewed


def test_a_restart_leaves_nothing_of_the_monitor_before(tmp_path: Path) -> None:
    watch = Watch.start(MonitorOptions(listen=tmp_path / "s", realtime=False))
    try:
        before = watch.trace_path
        os.kill(watch.monitor.pid, signal.SIGKILL)
        assert wait_until(lambda: bool(watch.poll()))
        assert watch.dead
        watch.restart()
        assert not watch.dead
        assert before.is_dir()
        watch.forget_finished()
        assert not before.exists()
        assert watch.trace_path.is_dir()
    finally:
        watch.stop()
    assert not (tmp_path / "s").exists()


def test_another_viewer_may_attach_to_the_monitor_of_a_viewer(tmp_path: Path) -> None:
    listen = tmp_path / "s"
    watch = Watch.start(MonitorOptions(listen=listen, realtime=False))
    sandbox = FakeSandbox(listen)
    datagrams = recorded_datagrams("shell-2024")[:20]

    def send_all() -> None:
        for datagram in datagrams:
            sandbox.send(datagram)

    def has_received(hearing: Hearing, count: int) -> bool:
        return (hearing.account.received or 0) == count

    def polled(hearing: Hearing, count: int) -> bool:
        watch.poll()
        return has_received(hearing, count)

    send_all()
    assert wait_until(lambda: polled(watch.monitor, len(datagrams)))
    asked: list[str] = []
    watch.when_opened = lambda event: asked.append(str(event))
    with pytest.raises(MonitorError, match="did not start"):
        watch.share([sys.executable, "-c", "pass"])
    assert not watch.is_shared
    found: list[AttachedMonitor | None] = []
    who = threading.Thread(target=lambda: found.append(AttachedMonitor.find(listen)))
    who.start()

    def is_wanted() -> bool:
        watch.poll()
        return watch.is_wanted

    assert wait_until(is_wanted)
    watch.share(keeping_command())
    who.join()
    [other] = found
    assert other is not None
    assert watch.is_shared
    assert not watch.is_wanted
    assert other.pid == watch.monitor.pid
    told = other.ask()["connections"]
    assert (told["now"], told["total"]) == (1, 1)
    # What is known of the monitor does not begin anew.
    assert has_received(watch.monitor, len(datagrams))
    send_all()
    assert wait_until(lambda: polled(watch.monitor, 2 * len(datagrams)))

    events: list[dict[str, Any]] = []

    def other_hears(condition: Callable[[], bool]) -> bool:
        events.extend(other.read_events())
        return condition()

    assert wait_until(lambda: other_hears(lambda: has_received(other, 2 * len(datagrams))))
    assert asked == []
    # Who ends it ends it for all.
    watch.stop()
    assert wait_until(lambda: other_hears(lambda: any(e["kind"] == "died" for e in events)))
    other.stop()
    sandbox.close()
    assert not listen.exists()
