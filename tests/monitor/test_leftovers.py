from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gvtui.monitor.folder import guard
from gvtui.monitor.former import is_unfinished
from gvtui.monitor.leftovers import Leftovers, finish
from gvtui.trace import files
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.monitor.sandbox import wait_until
from tests.trace.factory import TIME_NS, read_message

COUNT = 500


def killed(folder: Path, count: int = COUNT) -> Path:
    """What a writer leaves that is killed; gives the log of the last segment."""
    pid = os.fork()
    if pid == 0:
        try:
            writer = TraceWriter(folder, keep_bytes=1 << 20, segment_bytes=40_000)
            writer.opened(1, TIME_NS, {"peer_pid": 1})
            for number in range(count):
                writer.received(1, TIME_NS + number, [read_message(fd=number)])
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    log = files.logs_of(folder)[-1]
    assert is_unfinished(log)
    return log


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "t"
    place.mkdir(mode=0o700)
    return place


def test_what_killed_monitors_left_is_finished_the_youngest_first(place: Path) -> None:
    logs = [killed(place / f"2026010{day}-a") for day in (1, 2)]
    TraceWriter(place / "20260103-a", keep_bytes=1 << 20).close()
    assert finish(place) == [logs[1].parent, logs[0].parent]
    assert not any(map(is_unfinished, logs))
    assert finish(place) == []
    for log in logs:
        with closing(Trace.open(log.parent)) as trace:
            assert trace.connections.messages == COUNT
            assert not trace.damage


def locked(log: Path) -> int:
    fd = os.open(log, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


def guarded(log: Path) -> int:
    lock = log.parent / "lock"
    lock.touch()
    fd = guard(log.parent)
    assert fd is not None
    return fd


@pytest.mark.parametrize("hold", [locked, guarded])
def test_what_may_be_written_is_left_alone(place: Path, hold: Callable[[Path], int]) -> None:
    log = killed(place / "20260101-a")
    fd = hold(log)
    assert finish(place) == []
    assert is_unfinished(log)
    os.close(fd)
    assert finish(place) == [log.parent]


def test_what_others_may_write_is_left_alone(place: Path) -> None:
    log = killed(place / "20260101-a")
    log.parent.chmod(0o777)
    assert finish(place) == []
    log.parent.chmod(0o700)
    place.chmod(0o777)
    assert finish(place) == []
    assert is_unfinished(log)


def test_what_cannot_be_read_is_in_nobodys_way(place: Path) -> None:
    log = killed(place / "20260101-a")
    (place / "20260102-a").mkdir()
    os.mkfifo(place / "20260102-a" / "00000001.gvtrace")
    (place / "20260103-a").mkdir()
    (place / "20260103-a" / "00000001.gvtrace").write_bytes(b"no trace")
    finish(place)
    assert not is_unfinished(log)


def test_another_process_does_it(place: Path) -> None:
    log = killed(place / "20260101-a")
    leftovers = Leftovers(place)
    assert wait_until(lambda: leftovers.is_done)
    assert not is_unfinished(log)
    leftovers.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="this needs root")
def test_traces_of_the_user_that_receives_are_finished(place: Path) -> None:
    log = killed(place / "20260101-a")
    os.chown(log.parent, 65534, 65534)
    others = Leftovers(place)
    assert wait_until(lambda: others.is_done)
    assert is_unfinished(log)
    leftovers = Leftovers(place, 65534)
    assert wait_until(lambda: leftovers.is_done)
    assert not is_unfinished(log)


def test_it_can_be_ended_at_once(place: Path) -> None:
    leftovers = Leftovers(place)
    leftovers.close()
    assert leftovers.is_done
