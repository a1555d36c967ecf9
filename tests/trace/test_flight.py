from __future__ import annotations

import contextlib
import resource
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest

from gvtui.trace import files
from gvtui.trace.flight import LEAST_SEGMENT_BYTES, Flight
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.disks import filled, small_disk
from tests.trace.factory import TIME_NS, read_message


def open_all(path: Path, held: list[BinaryIO]) -> None:
    """Open a file until there are no more descriptors."""
    with contextlib.suppress(OSError):
        while True:
            held.append(path.open("wb"))


def write_until_refused(writer: TraceWriter, most: int) -> str:
    """Write messages; gives why there was an end to it."""
    try:
        for number in range(most):
            writer.message(1, TIME_NS, read_message(fd=number))
    except OSError as error:
        return str(error)
    return ""


def segment(folder: Path, number: int) -> Path:
    log = files.segment_path(folder, number)
    log.touch()
    files.index_path(log).touch()
    return log


def test_the_oldest_goes_when_the_disk_it_may_use_is_used(tmp_path: Path) -> None:
    flight = Flight(tmp_path, 1000, 100)
    logs = [segment(tmp_path, number) for number in range(1, 12)]
    for number in range(1, 12):
        flight.add(number, 100, 7, 50)
    assert [log.exists() for log in logs] == [False] * 3 + [True] * 8
    assert (flight.dropped, flight.dropped_messages, flight.held_bytes) == (3, 21, 800)


def test_the_oldest_waits_for_what_is_kept_of_it_as_long_as_there_is_room(tmp_path: Path) -> None:
    flight = Flight(tmp_path, 950, 100)
    flight.waits_for_pieces = True
    logs = [segment(tmp_path, number) for number in range(1, 13)]
    for number in range(1, 10):
        flight.add(number, 100, 7, 0)
    # 50 too much, while nothing is written yet.
    assert flight.is_late
    flight.make_room(40, 0)
    assert (flight.is_late, logs[0].exists()) == (True, True)
    # The segment being written needs the room.
    flight.make_room(50, 0)
    assert (flight.is_late, logs[0].exists()) == (False, False)
    # Here what is kept is there in time.
    flight.add(10, 100, 7, 0)
    assert flight.is_late
    segment(tmp_path, 2).rename(tmp_path / files.Piece(2, 2, 0).name)
    logs[1].touch()
    flight.make_room(20, 0)
    assert (flight.is_late, logs[1].exists(), flight.dropped) == (False, False, 2)
    # It is looked now and then.
    flight.add(11, 100, 7, 0)
    segment(tmp_path, 3).rename(tmp_path / files.Piece(3, 3, 0).name)
    logs[2].touch()
    flight.make_room(1, 0)
    assert flight.is_late
    flight.make_room(10, 0)
    assert (flight.is_late, logs[2].exists(), flight.held_bytes) == (False, False, 800)


def test_what_is_older_than_it_may_be_goes_pieces_first(tmp_path: Path) -> None:
    now = 0.0
    flight = Flight(tmp_path, 1 << 30, 100, clock=lambda: now, keep_seconds=80)
    piece = tmp_path / files.Piece(1, 2, 0).name
    for path in (piece, files.index_path(piece)):
        path.touch()
    logs = [segment(tmp_path, number) for number in range(1, 6)]
    for number in range(1, 6):
        now += 10
        flight.add(number, 100, 7, 0)
    for log in logs[:2]:
        log.unlink()
        files.index_path(log).unlink()
    flight._old = flight._old[2:]

    def there() -> list[bool]:
        return [each.exists() for each in (piece, *logs[2:])]

    now = 99
    flight.let_old_go()
    assert there() == [True] * 4
    now = 100
    flight.let_old_go()
    assert there() == [False, True, True, True]
    now = 125
    flight.let_old_go()
    assert there() == [False, False, False, True]
    assert (flight.segments, flight.dropped_messages) == (1, 14)
    assert [flight.is_old(since) for since in (116, 115)] == [False, True]
    # Without a bound nothing is.
    assert not Flight(tmp_path, 1 << 30, 100, clock=lambda: now).is_old(0)


def test_on_a_full_disk_one_goes_and_the_next_waits(tmp_path: Path) -> None:
    now = 0.0
    flight = Flight(tmp_path, 1 << 40, 64 << 20, clock=lambda: now)
    for number in range(1, 5):
        segment(tmp_path, number)
        flight.add(number, 8 << 20, 7, 0)
    assert flight.let_oldest_go(8 << 20)
    # A quarter of what the disk held, so that the next time less goes.
    assert flight.segment_bytes == 10 << 20
    # A reader may have it open still: what was let go has made no room yet.
    assert not flight.let_oldest_go(8 << 20)
    now = 0.3
    assert flight.let_oldest_go(8 << 20)
    now = 0.6
    assert not flight.let_oldest_go(8 << 20)
    flight.has_room()
    assert flight.let_oldest_go(8 << 20)
    assert files.segment_numbers(tmp_path) == [4]


def test_a_disk_with_room_again_has_larger_segments(tmp_path: Path) -> None:
    flight = Flight(tmp_path, 1 << 40, 8 << 20)
    segment(tmp_path, 1)
    flight.add(1, 100, 7, 0)
    flight.let_oldest_go(100)
    assert flight.segment_bytes == LEAST_SEGMENT_BYTES
    for number in range(2, 9):
        flight.add(number, 100, 7, 0)
    assert flight.segment_bytes == 8 << 20


def test_on_a_full_disk_the_newest_are_there(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "16m") as disk:
        folder = disk / "live"
        writer = TraceWriter(folder, keep_bytes=1 << 30)
        trace = Trace.open(folder)
        first = 0
        for number in range(400):
            batch = [read_message(fd=number * 500 + n) for n in range(500)]
            writer.received(1, TIME_NS, batch)
            trace.refresh()
            assert trace.end_row == (number + 1) * 500
            assert trace.row(trace.end_row - 1).fd == number * 500 + 499
            first = trace.first_row
        assert first > 0
        assert writer.dropped_segments > 1
        # Not all that there was had to go.
        assert trace.end_row - first > 20_000
        # Another fills what is left: the new is there all the same.
        with filled(disk):
            for number in range(400, 600):
                writer.received(1, TIME_NS, [read_message(fd=number)] * 500)
                trace.refresh()
            assert trace.row(trace.end_row - 1).fd == 599
        trace.close()
        writer.close()


def test_without_descriptors_it_keeps_to_its_disk(tmp_path: Path) -> None:
    """As when sandboxes have taken all that there are."""
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # This process may hold some from before.
    most = 100 + max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    held: list[BinaryIO] = []
    try:
        open_all(tmp_path / "other", held)
        assert len(held) <= most
        assert write_until_refused(writer, 3000) == ""
    finally:
        for file in held:
            file.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    used = sum(path.stat().st_size for path in (tmp_path / "live").iterdir())
    assert used <= 100_000
    writer.close()


def test_a_rotation_that_failed_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    with monkeypatch.context() as patch:
        patch.setattr(writer._files._spares, "close", lambda: None)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        # One more descriptor: the log of a segment can be made, its index cannot.
        with (tmp_path / "probe").open("wb") as probe:
            lowest = probe.fileno()
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 1, hard))
        try:
            assert "Too many open files" in write_until_refused(writer, 3000)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    # It does not grow without end, and goes on when it can.
    assert sum(path.stat().st_size for path in (tmp_path / "live").iterdir()) < 60_000
    for number in range(3000):
        writer.message(1, TIME_NS, read_message(fd=number))
    assert sum(path.stat().st_size for path in (tmp_path / "live").iterdir()) <= 100_000
    assert writer.dropped_segments > 1
    writer.close()


def test_a_segment_that_became_smaller_leaves_room_for_others(tmp_path: Path) -> None:
    flight = Flight(tmp_path, keep_bytes=100, segment_bytes=10)
    for number in range(1, 5):
        flight.add(number, 20, 1, 0)
    assert flight.resized(2, 5) == (-3, 0.25)
    assert flight.held_bytes == 65
    assert flight.resized(9, 5) == (0, 1.0)
    assert flight.holds(2)
    assert not flight.holds(9)
    flight.add(5, 20, 1, 0)
    assert flight.dropped == 0


def test_with_copies_there_is_room_for_one_half_as_large(tmp_path: Path) -> None:
    flight = Flight(tmp_path, keep_bytes=100, segment_bytes=20, keeps_room=True)
    for number in range(1, 5):
        flight.add(number, 20, 1, 0)
    assert flight.held_bytes == 60


def test_on_a_full_disk_the_oldest_piece_goes_first(tmp_path: Path) -> None:
    flight = Flight(tmp_path, 1 << 40, 64 << 20)
    for number in (3, 4):
        segment(tmp_path, number)
        flight.add(number, 100, 7, 0)
    pieces = [tmp_path / files.Piece(number, number, 0).name for number in (1, 2)]
    for piece in pieces:
        piece.touch()
        files.index_path(piece).touch()
    assert flight.let_oldest_go(100)
    assert [piece.exists() for piece in pieces] == [False, True]
    assert not files.index_path(pieces[0]).exists()
    assert files.segment_numbers(tmp_path) == [3, 4]
    assert flight.dropped == 0


def test_pieces_take_of_the_disk_that_it_may_use(tmp_path: Path) -> None:
    flight = Flight(tmp_path, 1000, 100)
    (tmp_path / files.Piece(1, 1, 0).name).write_bytes(bytes(300))
    logs = [segment(tmp_path, number) for number in range(2, 9)]
    for number in range(2, 9):
        flight.add(number, 100, 7, 50)
    assert [log.exists() for log in logs] == [False] * 2 + [True] * 5
    flight.remove_all()
    assert list(tmp_path.iterdir()) == []


def test_what_other_traces_keep_is_not_its_own(tmp_path: Path) -> None:
    flight = Flight(tmp_path, 1000, 100)
    limit = flight.limit(50)
    flight.others = lambda: 300
    assert flight.limit(50) == limit - 300
    logs = [segment(tmp_path, number) for number in range(2, 9)]
    for number in range(2, 9):
        flight.add(number, 100, 7, 50)
    assert [log.exists() for log in logs] == [False] * 2 + [True] * 5


def test_with_others_it_is_asked_at_each_segment_and_now_and_then(tmp_path: Path) -> None:
    asked: list[tuple[int, ...]] = []
    for shares in (False, True):
        writer = TraceWriter(tmp_path / f"{shares}", keep_bytes=10 << 20, segment_bytes=20_000)
        flight = writer._files.flight
        assert flight is not None
        now = [100.0]
        flight._clock = partial(now.__getitem__, 0)
        writer.when_nearly_full = lambda *question: asked.append(question)
        if shares:
            writer.share_disk(lambda: 5 << 20)
        for number in range(300):
            writer.message(1, TIME_NS, read_message(fd=number))
        segments = flight.segments
        assert segments > 1
        assert len(asked) == segments * shares
        asked.clear()
        for seconds in (0, 1, 4, 6, 7):
            now[0] = 100.0 + seconds
            writer.ask_again()
        assert len(asked) == 2 * shares
        fresh = writer.begin_anew()
        fresh_flight = fresh._files.flight
        assert fresh_flight is not None
        assert fresh_flight.others() == (5 << 20) * shares
        fresh.close()
        writer.close()
