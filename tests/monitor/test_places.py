from __future__ import annotations

import fcntl
import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from gvtui.monitor.folder import make_folder
from gvtui.monitor.listener import MonitorError
from gvtui.monitor.places import MonitorPlace, disk_bytes, socket_of, trace_at, traces_in
from gvtui.trace import files
from gvtui.trace.files import segment_numbers
from gvtui.trace.formerpieces import FormerPieces
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message
from tests.trace.test_pieces import Recorder


def write(place: Path, name: str = "") -> Path:
    folder = place / name if name else place
    TraceWriter(folder, keep_bytes=1 << 20).close()
    (folder / "00000009.junk").write_bytes(b"x" * 100_000)
    return folder


def test_the_socket_is_found_by_what_is_written(tmp_path: Path) -> None:
    place = tmp_path / "t"
    one = MonitorPlace(place, tmp_path / "s", 1, is_folder=True)
    first, second = write(place, "20260101"), write(place, "20260102")
    assert traces_in(place) == [first, second]
    assert trace_at(place) == second
    assert trace_at(first) == first
    assert [socket_of(path) for path in (place, first)] == [tmp_path / "s"] * 2
    # A recording that somebody else has put there is not this monitor's.
    assert socket_of(place / "other.gvtrace") is None
    with pytest.raises(MonitorError, match="another monitor writes to"):
        MonitorPlace(place, tmp_path / "s2", 1, is_folder=True)
    one.close()
    assert socket_of(place) is None


def test_a_recording_has_a_note_beside_it(tmp_path: Path) -> None:
    record = tmp_path / "x.gvtrace"
    one = MonitorPlace(record, tmp_path / "s", 1, is_folder=False)
    assert socket_of(record) == tmp_path / "s"
    assert one.let_go() == []
    one.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"listen": 3}', "\xff"])
def test_a_note_of_a_stranger(tmp_path: Path, note: str) -> None:
    (tmp_path / "monitor").write_text(note)
    assert socket_of(tmp_path) is None


def test_the_oldest_go_that_nobody_writes(tmp_path: Path) -> None:
    place = tmp_path / "t"
    one = MonitorPlace(place, tmp_path / "s", 250_000, is_folder=True)
    old = [write(place, f"2026010{number}") for number in range(1, 4)]
    held, lock = make_folder(place)
    write(held)
    assert one.let_go() == old[:2]
    assert traces_in(place) == [old[2], held]
    one._keep_bytes = 0
    assert one.let_go() == [old[2]]
    assert traces_in(place) == [held]
    os.close(lock)
    one.close()


def test_what_a_killed_monitor_was_keeping_is_removed(tmp_path: Path) -> None:
    one = MonitorPlace(tmp_path, tmp_path / "s", 1 << 30, is_folder=True)
    held, lock = make_folder(tmp_path)
    recorder = Recorder(held)
    for _ in range(40):
        recorder.send(1)
        recorder.send(2, 60)
    recorder.writer.close()
    whole = {path.name for path in held.iterdir()}
    name = "kept-00000003-00000003-0007.gvtrace"
    left = [f"{name}{end}" for end in (".new", ".new.index", ".new.packed", ".new.index.packed")]
    # One that does not count: of a segment that never was.
    left += ["kept-00000090-00000090-0000.gvtrace", "kept-00000090-00000090-0000.gvtrace.index"]
    for each in left:
        (held / each).write_bytes(b"unfinished")
    got = recorder.got()
    # As long as any process of its monitor lives, these are nobody else's.
    one.let_go()
    assert whole | set(left) == {path.name for path in held.iterdir()}
    os.close(lock)
    with open(files.segment_path(held, segment_numbers(held)[-1]), "rb") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        one.let_go()
        assert whole | set(left) == {path.name for path in held.iterdir()}
    one.let_go()
    assert whole == {path.name for path in held.iterdir()}
    assert recorder.got() == got
    one.close()


def test_of_a_former_trace_no_more_goes_than_must(tmp_path: Path) -> None:
    old, one = tmp_path / "20260101", MonitorPlace(tmp_path, tmp_path / "s", 1, is_folder=True)
    writer = TraceWriter(old, keep_bytes=1 << 20, segment_bytes=20_000)
    for number in range(600):
        writer.message(1, TIME_NS + number, read_message(fd=number))
    writer.close()
    held, lock = make_folder(tmp_path)
    write(held)
    numbers = segment_numbers(old)
    segment = (old / "00000001.gvtrace").stat().st_blocks * 512
    one._keep_bytes = disk_bytes(old) + disk_bytes(held) - segment
    # There is a process that lets go what loud sandboxes sent: it has its turn first.
    assert one.let_go() == []
    assert segment_numbers(old) == numbers
    assert one.let_go() == []
    assert segment_numbers(old) == numbers[1:]
    assert one.let_go() == []
    with closing(Trace.open(old)) as trace:
        assert trace.row(trace.end_row - 1).fd == 599
    assert one.former == (1, disk_bytes(old))
    one._keep_bytes = 1
    assert one.let_go() == [old]
    assert one.former == (0, 0)
    assert traces_in(tmp_path) == [held]
    os.close(lock)
    one.close()


def test_room_that_is_reserved_for_files_to_grow_is_not_taken(tmp_path: Path) -> None:
    one = MonitorPlace(tmp_path, tmp_path / "s", 1, is_folder=True)
    old = write(tmp_path, "20260101")
    held, lock = make_folder(tmp_path)
    writer = TraceWriter(held, keep_bytes=64 << 20)
    writer.message(1, TIME_NS, read_message())
    reserved = sum(each.stat().st_blocks * 512 for each in held.iterdir())
    assert reserved > 500_000
    assert disk_bytes(held) < 20_000
    one._keep_bytes = disk_bytes(old) + 100_000
    assert one.let_go() == []
    assert one.let_go() == []
    assert traces_in(tmp_path) == [old, held]
    writer.close()
    os.close(lock)
    one.close()


def test_what_a_link_leads_to_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "t"
    one = MonitorPlace(place, tmp_path / "s", 0, is_folder=True, keep_seconds=1)
    elsewhere = write(tmp_path / "elsewhere", "20260101")
    (place / "20260101").symlink_to(elsewhere)
    assert traces_in(place) == [place / "20260101"]
    assert one.let_go() == one.let_go() == one.let_old_go(1 << 62) == []
    assert segment_numbers(elsewhere) == [1]
    one.close()


def test_what_has_two_names_takes_its_room_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 5000)
    assert disk_bytes(tmp_path) == 8192
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert disk_bytes(tmp_path) == 8192
    # A link takes room of its own, and not that of what it leads to.
    (tmp_path / "c").symlink_to(tmp_path / "a")
    assert disk_bytes(tmp_path) <= 8192 + 4096
    assert disk_bytes(tmp_path / "nothing") == 0


def test_of_a_former_trace_nothing_is_left_but_what_stands_for_others(tmp_path: Path) -> None:
    one = MonitorPlace(tmp_path, tmp_path / "s", 1 << 30, is_folder=True)
    untouched = tmp_path / "20260101"
    TraceWriter(untouched, keep_bytes=1 << 20).close()
    recorder = Recorder(tmp_path / "20260102")
    recorder.send(1, 9)
    recorder.writer.close()
    pieces = FormerPieces(recorder.folder)
    assert pieces.look()
    assert one.let_go() == []
    pieces.let_go([frozenset(pieces.held[0].by_sender)], 0)
    assert segment_numbers(recorder.folder) == [2]
    assert one.let_go() == [recorder.folder]
    assert traces_in(tmp_path) == [untouched]
    one.close()


def test_what_cannot_be_removed_is_not_told_to_have_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = MonitorPlace(tmp_path, tmp_path / "s", 1, is_folder=True, keep_seconds=100)
    old = write(tmp_path, "20260101")
    monkeypatch.setattr("gvtui.monitor.places.shutil.rmtree", lambda *_, **__: None)
    assert one.let_go() == []
    assert one.former[0] == 1
    assert one.let_old_go(1 << 62) == []
    assert traces_in(tmp_path) == [old]
    one.close()


def test_where_nothing_else_makes_room_the_oldest_goes_whoever_sent_it(tmp_path: Path) -> None:
    place = MonitorPlace(tmp_path, tmp_path / "s", 1, is_folder=True)
    former = Recorder(tmp_path / "20260101")
    for _ in range(60):
        former.send(1)
        former.send(2, 60)
    former.writer.close()
    assert former.got()[1] == former.sent[1]
    held, lock = make_folder(tmp_path)
    now = Recorder(held)
    for _ in range(12):
        now.send(2, 60)
    place._keep_bytes = disk_bytes(former.folder) + disk_bytes(held) - 60_000
    place.let_go()
    place.let_go()
    assert former.got()[1] != former.sent[1]
    assert now.got()[2] == now.sent[2]
    now.writer.close()
    os.close(lock)
    place.close()


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    place = tmp_path / "t"
    second = 1_000_000_000
    one = MonitorPlace(place, tmp_path / "s", 1, is_folder=True, keep_seconds=100)
    empty = write(place, "20260100")
    old = place / "20260101"
    writer = TraceWriter(old, keep_bytes=1 << 20, segment_bytes=20_000)
    for number in range(600):
        writer.message(1, TIME_NS + number * second, read_message(fd=number))
    writer.close()
    held, lock = make_folder(place)
    TraceWriter(held, keep_bytes=1 << 20).close()
    assert one.let_old_go(TIME_NS + 100 * second) == []
    with closing(Trace.open(old)) as trace:
        assert trace.end_row - trace.first_row == 600
    # What is left began before, with what came until its segment was complete.
    assert one.let_old_go(TIME_NS + 500 * second) == []
    with closing(Trace.open(old)) as trace:
        first = trace.row(trace.first_row).fd
        assert 250 < first <= 400
        assert trace.end_row - trace.first_row == 600 - first
    assert one.let_old_go(TIME_NS + 700 * second) == [old]
    # Of one without rows it counts when it was written.
    assert traces_in(place) == [empty, held]
    assert one.let_old_go(time.time_ns() + 101 * second) == [empty]
    assert traces_in(place) == [held]
    os.close(lock)
    one.close()


def test_without_a_bound_nothing_is_too_old(tmp_path: Path) -> None:
    one = MonitorPlace(tmp_path, tmp_path / "s", 1, is_folder=True)
    old = write(tmp_path, "20260101")
    assert one.let_old_go(1 << 62) == []
    assert traces_in(tmp_path) == [old]
    one.close()


def test_a_place_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(MonitorError, match="cannot write to"):
        MonitorPlace(tmp_path / "f" / "t", tmp_path / "s", 1, is_folder=True)
