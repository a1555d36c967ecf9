from __future__ import annotations

import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gvtui.monitor import former
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.folder import guard, make_folder
from gvtui.monitor.former import FormerTraces
from gvtui.monitor.leftovers import finish
from gvtui.monitor.options import MonitorOptions
from gvtui.trace import files
from gvtui.trace.bytesource import opened_source
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.monitor.sandbox import FakeSandbox, wait_until
from tests.trace.factory import TIME_NS, read_message
from tests.trace.shrunk import shrink

MESSAGES = 12_000


def write(folder: Path) -> list[Path]:
    """A trace that has ended, of several segments; gives their logs."""
    writer = TraceWriter(folder, keep_bytes=1 << 20, segment_bytes=40_000)
    writer.opened(1, TIME_NS, {"peer_pid": 1})
    for number in range(40):
        writer.received(1, TIME_NS + number, [read_message(fd=number)] * 20)
    writer.close()
    logs = files.logs_of(folder)
    assert len(logs) > 2
    return logs


def all_of(place: Path, own: Path) -> list[Path]:
    traces, found = FormerTraces(place, own), []
    while (log := traces.next()) is not None:
        found.append(log)
    return found


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "t"
    place.mkdir(mode=0o700)
    return place


@pytest.fixture
def own(place: Path) -> Path:
    return write(place / "20260103-9")[0].parent


def test_all_that_is_complete_is_found_once_the_youngest_first(place: Path, own: Path) -> None:
    first, second = write(place / "20260101-a"), write(place / "20260102-b")
    assert all_of(place, own) == [*reversed(second), *reversed(first)]


def test_what_is_compressed_or_was_not_completed_is_left_out(place: Path, own: Path) -> None:
    logs = write(place / "20260101-a")
    shrink(logs[0])
    index = files.index_path(logs[1])
    with index.open("r+b") as file:
        # As its writer leaves it that is killed.
        head = files.IndexHead(b"x" * 16, 0)
        file.write(head.pack())
    with logs[2].open("ab") as log:
        log.write(b"more")
    assert all_of(place, own) == logs[:2:-1]


def guarded(folder: Path) -> None:
    made, lock = make_folder(folder.parent)
    (made / "lock").rename(folder / "lock")
    os.close(lock)
    assert guard(folder) is not None


def of_another(folder: Path) -> None:
    os.chown(folder, 12345, 12345)


def open_to_all(folder: Path) -> None:
    folder.chmod(0o777)


def linked(folder: Path) -> None:
    elsewhere = folder.parent.parent / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)


@pytest.mark.parametrize(
    "change",
    [
        guarded,
        pytest.param(
            of_another, marks=pytest.mark.skipif(os.geteuid() != 0, reason="this needs root")
        ),
        open_to_all,
        linked,
    ],
)
def test_what_others_have_is_left_alone(
    place: Path, own: Path, change: Callable[[Path], None]
) -> None:
    logs = write(place / "20260101-a")
    traces = FormerTraces(place, own)
    assert traces.may_change(logs[0])
    change(logs[0].parent)
    assert not traces.may_change(logs[0])
    assert all_of(place, own) == []


def test_a_log_that_somebody_has_locked_is_left_alone(place: Path, own: Path) -> None:
    logs = write(place / "20260101-a")
    with logs[0].open("rb") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        assert all_of(place, own) == logs[:0:-1]
    assert all_of(place, own) == logs[::-1]


def test_in_a_place_that_others_may_write_nothing_is_touched(place: Path, own: Path) -> None:
    write(place / "20260101-a")
    place.chmod(0o777)
    assert all_of(place, own) == []


def test_what_is_no_trace_and_what_goes_meanwhile_does_no_harm(place: Path, own: Path) -> None:
    logs = write(place / "20260101-a")
    (place / "20260102-x").mkdir()
    os.mkfifo(place / "20260102-x" / "00000001.gvtrace")
    traces = FormerTraces(place, own)
    assert traces.next() == logs[-1]
    logs[-2].unlink()
    assert traces.next() == logs[-3]


def test_few_are_looked_at_in_one_turn(
    place: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = write(place / "20260101-a")
    for log in logs[1:]:
        shrink(log)
    monkeypatch.setattr(former, "LOOKS", 2)
    traces = FormerTraces(place, own)
    turns = [traces.next() for _ in range(len(logs))]
    assert turns.index(logs[0]) == (len(logs) - 1) // 2
    assert turns.count(None) == len(logs) - 1


def unfinished(log: Path) -> Callable[[], None]:
    """Have a segment be as one that is written; gives what finishes it."""
    index = files.index_path(log)
    whole = index.read_bytes()
    head = files.IndexHead.unpack(whole)
    assert head is not None
    open_head = files.IndexHead(head.trace_id, head.first_row).pack()
    index.write_bytes(open_head + whole[files.INDEX_HEAD_SIZE :])

    def finish_it() -> None:
        index.write_bytes(whole)

    return finish_it


def test_an_unfinished_one_comes_when_it_has_been_finished(place: Path, own: Path) -> None:
    logs = write(place / "20260101-a")
    end = unfinished(logs[-1])
    now = 0.0
    traces = FormerTraces(place, own, lambda: now)
    assert [traces.next() for _ in logs[:-1]] == logs[-2::-1]
    now += former.LOOK_AGAIN_SECONDS
    assert traces.next() is None
    end()
    assert traces.next() is None
    now += former.LOOK_AGAIN_SECONDS
    assert traces.next() == logs[-1]
    now += former.LOOK_AGAIN_SECONDS
    assert traces.next() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="this needs root")
def test_what_is_left_out_is_told(place: Path, own: Path) -> None:
    logs = write(place / "20260101-a")
    traces = FormerTraces(place, own)
    assert traces.left_out() == ""
    os.chown(logs[0].parent, 65534, 65534)
    assert traces.left_out() == (
        f"1 trace of former monitors in {place} cannot be changed by user 0, and what is not "
        "compressed there stays as it is"
    )
    place.chmod(0o777)
    assert traces.left_out().startswith(f"others may write to {place}: ")


@pytest.mark.skipif(os.geteuid() != 0, reason="this needs root")
def test_first_files_of_one_that_became_another_user_are_compressed() -> None:
    with tempfile.TemporaryDirectory(prefix="gvtui-place-") as name:
        judge_first_files(Path(name))


def judge_first_files(place: Path) -> None:
    own = place / "20260102-a"
    logs = write(place / "20260101-a")
    # The process that receives could read it by its one capability.
    for path in (logs[0], files.index_path(logs[0])):
        path.chmod(0o644)
    os.chown(logs[0].parent, 65534, 65534)
    for log in logs[1:]:
        os.chown(log, 65534, 65534)
        os.chown(files.index_path(log), 65534, 65534)
    place.chmod(0o755)
    pid = os.fork()
    if pid == 0:
        os.setresgid(65534, 65534, 65534)
        os.setresuid(0, 65534, 0)
        os._exit(0 if all_of(place, own) == logs[::-1] else 1)
    assert os.waitpid(pid, 0)[1] == 0


def is_compressed(log: Path) -> bool:
    with opened_source(log) as source, opened_source(files.index_path(log)) as index:
        return source.is_compressed and index.is_compressed


def payloads(folder: Path) -> list[bytes]:
    trace = Trace.open(folder)
    found = [trace.payload(row) for row in range(trace.first_row, trace.end_row)]
    trace.close()
    return found


def test_the_next_monitor_compresses_what_a_killed_one_left(place: Path, tmp_path: Path) -> None:
    def start(*, compresses: bool) -> MonitorProcess:
        return MonitorProcess.start(
            MonitorOptions(
                listen=tmp_path / "s.sock",
                place=place,
                keep_bytes=4 << 20,
                realtime=False,
                compresses=compresses,
            )
        )

    first = start(compresses=False)
    sandbox = FakeSandbox(tmp_path / "s.sock")
    for number in range(MESSAGES):
        sandbox.send(read_message(fd=number))
    folder = first.trace_path
    assert wait_until(lambda: files.segment_path(folder, 2).exists())
    os.kill(first.pid, signal.SIGKILL)
    sandbox.close()
    first.stop()
    logs = files.logs_of(folder)
    assert len(logs) > 1
    assert not any(map(is_compressed, logs))
    before = payloads(shutil.copytree(folder, tmp_path / "copy"))
    second = start(compresses=True)
    try:
        assert wait_until(lambda: all(map(is_compressed, logs[:-1])))
        # The last one has to be finished first.
        assert not is_compressed(logs[-1])
        assert finish(place) == [folder]
        assert wait_until(lambda: is_compressed(logs[-1]))
    finally:
        second.stop()
    assert payloads(folder) == before
    assert not list(folder.glob(".gvtui-*.new"))


@pytest.mark.skipif(os.geteuid() != 0, reason="this needs root")
def test_what_is_left_out_is_told_as_the_monitor_starts(place: Path) -> None:
    os.chown(write(place / "20260101-a")[0].parent, 65534, 65534)
    options = MonitorOptions(
        listen=place.parent / "s.sock", place=place, compresses=True, realtime=False
    )
    monitor = MonitorProcess.start(options)
    told: list[str] = []

    def is_told() -> bool:
        told.extend(each["text"] for each in monitor.read_events() if each["kind"] == "log")
        return any("cannot be changed by user 0" in text for text in told)

    try:
        assert wait_until(is_told), told
    finally:
        monitor.stop()
