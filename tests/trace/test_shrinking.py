from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gvtui.trace import files
from gvtui.trace.bytesource import opened_source
from gvtui.trace.reader import Trace
from gvtui.trace.shrinking import MOST_TRIES, ShrinkAnswer, shrink_segment
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message

LARGE = 1 << 20


class Worker:
    """Compresses in this process, when it is told to."""

    def __init__(self) -> None:
        self.is_gone = False
        self._fds: tuple[int, ...] = ()
        self._answer: ShrinkAnswer | None = None

    @property
    def is_ready(self) -> bool:
        return not self.is_gone and not self._fds

    def begin(self, opened: Sequence[int]) -> None:
        self._fds = tuple(map(os.dup, opened))

    def work(self, problem: str = "") -> None:
        is_done = not problem and shrink_segment(*self._fds)
        for fd in self._fds:
            os.close(fd)
        self._fds = ()
        self._answer = ShrinkAnswer(is_done, problem)

    def kill(self) -> None:
        for fd in self._fds:
            os.close(fd)
        self._fds = ()
        self.is_gone = True

    def answer(self) -> ShrinkAnswer | None:
        answer, self._answer = self._answer, None
        return answer

    def forget(self) -> None:
        self._answer = None


def fill(writer: TraceWriter, segments: int, first: int = 0) -> None:
    """Write until so many segments more are complete."""
    count = writer._files.segment.number + segments
    number = first
    while writer._files.segment.number < count:
        batch = [read_message(fd=number + place) for place in range(50)]
        writer.received(1, TIME_NS + number, batch)
        number += 50


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def writer(tmp_path: Path, worker: Worker) -> TraceWriter:
    writer = TraceWriter(
        tmp_path / "live", keep_bytes=LARGE, segment_bytes=40_000, compressor=worker
    )
    writer.opened(1, TIME_NS, {"peer_pid": 1})
    return writer


def is_compressed(log: Path) -> tuple[bool, bool]:
    with opened_source(log) as source, opened_source(files.index_path(log)) as index:
        return source.is_compressed, index.is_compressed


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith(".new")]


def payloads(path: Path) -> list[bytes]:
    trace = Trace.open(path)
    found = [trace.payload(row) for row in range(trace.first_row, trace.end_row)]
    assert not trace.damage
    trace.close()
    return found


def test_a_complete_segment_is_compressed_and_reads_the_same(
    writer: TraceWriter, worker: Worker
) -> None:
    fill(writer, 2)
    before = payloads(writer.path)
    plain = files.segment_path(writer.path, 2)
    size = plain.stat().st_size
    held = writer._files.flight.held_bytes  # type: ignore[union-attr]
    assert writer.compress_on() == ""
    assert len(left_over(writer.path)) == 2
    worker.work()
    assert writer.compress_on() == ""
    assert is_compressed(plain) == (True, True)
    assert is_compressed(files.segment_path(writer.path, 1)) == (False, False)
    assert plain.stat().st_size * 2 < size
    assert plain.stat().st_mode & 0o777 == 0o600
    assert writer._files.flight.held_bytes < held  # type: ignore[union-attr]
    assert payloads(writer.path) == before
    worker.work()
    writer.compress_on()
    assert is_compressed(files.segment_path(writer.path, 1)) == (True, True)
    assert left_over(writer.path) == []
    writer.close()
    assert payloads(writer.path) == before
    on_disk = sum(
        path.stat().st_size
        for number in (1, 2)
        for path in (
            files.segment_path(writer.path, number),
            files.index_path(files.segment_path(writer.path, number)),
        )
    )
    assert writer._files.flight.held_bytes == on_disk  # type: ignore[union-attr]


def test_a_reader_that_looks_on_sees_the_same_and_lets_the_plain_file_go(
    writer: TraceWriter, worker: Worker
) -> None:
    fill(writer, 2)
    trace = Trace.open(writer.path)
    before = [trace.payload(row) for row in range(trace.end_row)]
    held = trace.size_bytes
    for _ in range(2):
        writer.compress_on()
        worker.work()
    writer.compress_on()
    assert [trace.payload(row) for row in range(trace.end_row)] == before
    for _ in range(3):
        trace.refresh()
    assert trace.compressed.segments == 2
    assert trace.size_bytes < held
    assert [trace.payload(row) for row in range(trace.end_row)] == before
    trace.close()
    writer.close()


def test_a_segment_that_is_let_go_meanwhile_does_not_come_back(
    writer: TraceWriter, worker: Worker
) -> None:
    fill(writer, 1)
    writer.compress_on()
    flight = writer._files.flight
    assert flight is not None
    flight._drop()
    worker.work()
    assert writer.compress_on() == ""
    assert not files.segment_path(writer.path, 1).exists()
    assert left_over(writer.path) == []
    writer.close()


def test_another_file_in_its_place_is_not_replaced(writer: TraceWriter, worker: Worker) -> None:
    fill(writer, 1)
    log = files.segment_path(writer.path, 1)
    writer.compress_on()
    log.rename(log.with_suffix(".moved"))
    log.write_bytes(b"another's")
    worker.work()
    writer.compress_on()
    assert log.read_bytes() == b"another's"
    writer.close()


def test_what_goes_wrong_is_told_once_and_leaves_the_segment_plain(
    writer: TraceWriter, worker: Worker
) -> None:
    fill(writer, 1)
    log = files.segment_path(writer.path, 1)
    writer.compress_on()
    worker.work("No space left on device")
    told = [writer.compress_on() for _ in range(3)]
    assert told[1:] == ["", ""]
    assert f"cannot compress {log}: No space" in told[0]
    assert is_compressed(log) == (False, False)
    assert left_over(writer.path) == []
    writer.close()


def test_what_a_process_that_ended_was_at_is_begun_again_by_the_next(
    writer: TraceWriter, worker: Worker
) -> None:
    fill(writer, 1)
    log = files.segment_path(writer.path, 1)
    writer.compress_on()
    worker.kill()
    assert [writer.compress_on() for _ in range(3)] == ["", "", ""]
    assert left_over(writer.path) == []
    assert is_compressed(log) == (False, False)
    worker.is_gone = False
    writer.compress_on()
    worker.work()
    assert writer.compress_on() == ""
    assert is_compressed(log) == (True, True)
    writer.close()


def test_what_ends_each_process_is_left_as_it_is_and_told_and_the_others_have_their_turn(
    writer: TraceWriter, worker: Worker
) -> None:
    fill(writer, 2)
    last, first = (files.segment_path(writer.path, number) for number in (2, 1))
    told = []
    for _ in range(MOST_TRIES):
        writer.compress_on()
        worker.kill()
        told.append(writer.compress_on())
        worker.is_gone = False
    assert told == [
        "",
        f"{last} stays as it is: the process that compresses it has ended 2 times",
    ]
    assert writer.compress_on() == ""
    worker.work()
    assert writer.compress_on() == ""
    assert is_compressed(first) == (True, True)
    assert is_compressed(last) == (False, False)
    writer.close()


class Left:
    """A former trace, of which nobody knows."""

    def __init__(self, folder: Path) -> None:
        self.waiting = files.logs_of(folder)
        self.is_free = True

    def next(self) -> Path | None:
        return self.waiting.pop() if self.waiting else None

    def may_change(self, log: Path) -> bool:
        return self.is_free


@pytest.fixture
def former(tmp_path: Path) -> Left:
    writer = TraceWriter(tmp_path / "former", keep_bytes=LARGE, segment_bytes=40_000)
    writer.opened(1, TIME_NS, {"peer_pid": 1})
    fill(writer, 2)
    writer.close()
    return Left(writer.path)


@pytest.fixture
def later(tmp_path: Path, worker: Worker, former: Left) -> TraceWriter:
    """A writer that comes after another."""
    writer = TraceWriter(
        tmp_path / "later",
        keep_bytes=LARGE,
        segment_bytes=40_000,
        compressor=worker,
        former=former,
    )
    writer.opened(1, TIME_NS, {"peer_pid": 1})
    return writer


def test_what_another_left_is_compressed_when_nothing_of_its_own_waits(
    later: TraceWriter, worker: Worker, former: Left, tmp_path: Path
) -> None:
    folder = tmp_path / "former"
    before = payloads(folder)
    held = later._files.flight.held_bytes  # type: ignore[union-attr]
    fill(later, 1)
    own = files.segment_path(later.path, 1)
    for _ in range(4):
        assert later.compress_on() == ""
        if is_compressed(own) != (True, True):
            assert len(former.waiting) == 3
        if not worker.is_ready:
            worker.work()
    later.compress_on()
    assert is_compressed(own) == (True, True)
    assert [is_compressed(log) for log in files.logs_of(folder)][:2] == [(True, True)] * 2
    assert payloads(folder) == before
    assert left_over(folder) == []
    assert later._files.flight.held_bytes > held  # type: ignore[union-attr]
    later.close()


@pytest.mark.parametrize("what", ["locked", "removed", "gone"])
def test_what_is_not_its_own_any_more_is_left_alone(
    later: TraceWriter, worker: Worker, former: Left, tmp_path: Path, what: str
) -> None:
    folder = tmp_path / "former"
    log = former.waiting[-1]
    if what == "gone":
        shutil.rmtree(folder)
    assert later.compress_on() == ""
    if what != "gone":
        worker.work()
    if what == "locked":
        former.is_free = False
        former.waiting.clear()
    elif what == "removed":
        shutil.rmtree(folder)
    assert later.compress_on() == ""
    if what == "locked":
        assert is_compressed(log) == (False, False)
        assert left_over(folder) == []
    else:
        assert not folder.exists()
    later.close()


def test_what_another_left_waits_for_room_on_the_disk(
    later: TraceWriter, worker: Worker, former: Left, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The last is too small.
    former.waiting.pop()
    log = former.waiting[-1]
    flight = later._files.flight
    monkeypatch.setattr(flight, "has_room_beside", lambda _: False)
    for _ in range(3):
        assert later.compress_on() == ""
    assert worker.is_ready
    monkeypatch.undo()
    later.compress_on()
    worker.work()
    later.compress_on()
    assert is_compressed(log) == (True, True)
    later.close()


def test_on_a_disk_without_room_nothing_is_begun(
    writer: TraceWriter, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(writer, 1)
    real: Callable[[Path], os.statvfs_result] = os.statvfs
    full = list(real(writer.path))
    full[4] = 1
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(full))
    assert writer.compress_on() == ""
    assert worker.is_ready
    assert left_over(writer.path) == []
    monkeypatch.setattr(os, "statvfs", real)
    writer.compress_on()
    assert not worker.is_ready
    worker.work()
    writer.close()


def test_a_file_that_cannot_be_made_is_told(
    writer: TraceWriter, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(writer, 1)
    real = os.open

    def refuse(path: object, flags: int, mode: int = 0o777) -> int:
        if str(path).endswith(".new"):
            raise OSError(errno.EMFILE, "Too many open files", str(path))
        return real(path, flags, mode)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)
    assert "Too many open files" in writer.compress_on()
    monkeypatch.setattr(os, "open", real)
    assert worker.is_ready
    writer.close()
    assert payloads(writer.path)


def test_no_more_is_kept_than_there_is_room_for_with_a_copy_beside(
    tmp_path: Path, worker: Worker
) -> None:
    writer = TraceWriter(
        tmp_path / "small", keep_bytes=100_000, segment_bytes=20_000, compressor=worker
    )
    writer.opened(1, TIME_NS, {"peer_pid": 1})
    most = 0
    for number in range(200):
        writer.received(1, TIME_NS + number, [read_message(fd=number)] * 50)
        writer.compress_on()
        most = max(most, sum(path.stat().st_size for path in writer.path.iterdir()))
        if not worker.is_ready and number % 3:
            worker.work()
            most = max(most, sum(path.stat().st_size for path in writer.path.iterdir()))
    assert writer.dropped_segments
    assert most <= 100_000
    writer.close()


def test_a_killed_writer_leaves_a_trace_that_opens_whole(
    writer: TraceWriter, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(writer, 1)
    before = payloads(writer.path)
    writer.compress_on()
    worker.work()
    real = Path.replace

    def once(made: Path, plain: Path) -> Path:
        found = real(made, plain)
        monkeypatch.setattr(Path, "replace", killed)
        return found

    def killed(made: Path, plain: Path) -> Path:
        raise OSError(errno.EIO, "killed here")

    monkeypatch.setattr(Path, "replace", once)
    writer.compress_on()
    monkeypatch.undo()
    assert is_compressed(files.segment_path(writer.path, 1)) == (True, False)
    assert payloads(writer.path) == before
    writer.close()
    assert payloads(writer.path) == before
