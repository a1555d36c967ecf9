from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gvtui.monitor import attached
from gvtui.monitor.attached import AttachedMonitor
from gvtui.monitor.doorbell import Doorbell
from gvtui.monitor.listener import Listener, MonitorError
from gvtui.monitor.station import station_path
from gvtui.trace.accounting import Accounting
from gvtui.trace.marks import NoteMark
from tests.monitor.sandbox import wait_until
from tests.monitor.stationed import Stationed


def found(place: Stationed) -> AttachedMonitor:
    monitor = AttachedMonitor.find(place.listen)
    assert monitor is not None
    return monitor


def hears(monitor: AttachedMonitor, name: str, value: object) -> bool:
    """Wait until what it has been told makes this of one of its numbers."""

    def has_come() -> bool:
        monitor.read_events()
        return bool(getattr(monitor, name) == value)

    return wait_until(has_come)


def test_what_the_monitor_says_reaches_its_viewers(tmp_path: Path) -> None:
    with Stationed(tmp_path, realtime=True) as place:
        first, second = found(place), found(place)
        assert first.trace_path == tmp_path / "t"
        assert first.realtime
        account = Accounting(received=7, logged=7).pack()
        place.say(kind="status", refused=3, lost=0, losses=[], account=account)
        for each in (first, second):
            assert hears(each, "refused", 3)
            assert each.account.received == 7
        first.stop()
        assert "goes on" in first.became
        assert second.ask() == {"answer": 42}
        assert second.send_mark(NoteMark("hello"), 5)
        assert wait_until(lambda: [conn for _, conn in place.marks] == [5])
        place.say(kind="anew", text="moved", path="/x/y")
        assert hears(second, "trace_path", Path("/x/y"))
        place.close()
        assert wait_until(lambda: any(each["kind"] == "died" for each in second.read_events()))
        assert second.became == "the monitor has ended, and its trace is not kept"
        second.stop()


def test_a_viewer_can_end_it(tmp_path: Path) -> None:
    place = Stationed(tmp_path)
    with place:
        monitor = found(place)
        monitor.send_mark(NoteMark("x"))
        assert wait_until(lambda: len(place.marks) == 1)
        monitor._send({"kind": "stop"})
        assert wait_until(lambda: place.station.is_told_to_stop)
    monitor.end()
    monitor.stop()


def test_where_nobody_can_be_attached_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert AttachedMonitor.find(tmp_path / "s") is None
    assert AttachedMonitor.find(tmp_path / ("x" * 100)) is None
    path = station_path(tmp_path / "s")
    monkeypatch.setattr(attached, "ANSWER_SECONDS", 0.01)
    with Listener(path), pytest.raises(MonitorError, match="does not answer within"):
        AttachedMonitor.find(tmp_path / "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as left:
        left.bind(str(path))
    # One that was killed has left its socket.
    assert AttachedMonitor.find(tmp_path / "s") is None


def full(path: Path) -> list[socket.socket]:
    """As many as may wait to be let in."""
    waiting: list[socket.socket] = []
    while True:
        one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        one.setblocking(False)
        try:
            one.connect(str(path))
        except BlockingIOError:
            one.close()
            return waiting
        waiting.append(one)


def test_who_finds_many_others_waiting_waits_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Stationed(tmp_path)
    waiting = full(station_path(place.listen))
    begun: list[float] = []

    def sleep(seconds: float) -> None:
        if not begun:
            place.__enter__()
        begun.append(seconds)

    monkeypatch.setattr("gvtui.monitor.attached.time.sleep", sleep)
    monkeypatch.setattr("gvtui.monitor.station.MOST_VIEWERS", 1000)
    monitor = found(place)
    assert begun
    assert monitor.ask() == {"answer": 42}
    monitor.stop()
    for one in waiting:
        one.close()
    place.close()


def test_where_too_many_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attached, "ANSWER_SECONDS", 0.0)
    with Listener(station_path(tmp_path / "s")) as listener:
        waiting = full(listener.path)
        with pytest.raises(MonitorError, match="has let nobody in within 0 s"):
            AttachedMonitor.find(tmp_path / "s")
        for one in waiting:
            one.close()


def test_another_version(tmp_path: Path) -> None:
    with (
        Stationed(tmp_path, protocol=99, program="gvtui 7") as place,
        pytest.raises(MonitorError, match=r"another version of gvtui \(gvtui 7\)"),
    ):
        AttachedMonitor.find(place.listen)


def test_anothers_monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Stationed(tmp_path) as place:
        monkeypatch.setattr(attached, "credentials", lambda _: {"peer_uid": os.geteuid() + 1})
        with pytest.raises(MonitorError, match="is of user"):
            AttachedMonitor.find(place.listen)


def test_a_user_without_rights_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(socket.socket):
        def connect(self, address: object) -> None:
            raise PermissionError(13, "Permission denied", address)

    monkeypatch.setattr("gvtui.monitor.attached.socket.socket", Closed)
    with pytest.raises(MonitorError, match="another user's: only that user can attach"):
        AttachedMonitor.find(tmp_path / "s")


@contextmanager
def heard(bell: Doorbell) -> Iterator[threading.Event]:
    """Have a viewer hear who rings; gives what is set when somebody has."""
    has_rung, ends = threading.Event(), threading.Event()

    def listen() -> None:
        while not ends.wait(0.002):
            if bell.has_rung():
                has_rung.set()

    viewer = threading.Thread(target=listen)
    viewer.start()
    try:
        yield has_rung
    finally:
        ends.set()
        viewer.join()
        bell.close()


def test_a_viewer_is_asked_to_share_its_monitor(tmp_path: Path) -> None:
    attached_to: list[AttachedMonitor | None] = []
    who = threading.Thread(target=lambda: attached_to.append(AttachedMonitor.find(tmp_path / "s")))
    with heard(Doorbell(tmp_path / "s")) as has_rung:
        assert AttachedMonitor.find(tmp_path / "s", asks=False) is None
        assert not has_rung.is_set()
        who.start()
        assert has_rung.wait(60)
    with Stationed(tmp_path):
        who.join()
        [monitor] = attached_to
        assert monitor is not None
        assert monitor.ask() == {"answer": 42}
        monitor.stop()


def test_a_viewer_may_not_share_its_monitor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attached, "COMING_SECONDS", 0.3)
    with (
        heard(Doorbell(tmp_path / "s")) as has_rung,
        pytest.raises(MonitorError, match="does not share it within"),
    ):
        AttachedMonitor.find(tmp_path / "s")
    assert has_rung.is_set()
