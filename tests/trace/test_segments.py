from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from gvtui.trace import files
from gvtui.trace.batches import FORMAT
from gvtui.trace.reach import whole_from
from gvtui.trace.reader import Trace
from gvtui.trace.segment import Segment
from gvtui.trace.segments import Segments
from gvtui.trace.thinned import copied_marks
from gvtui.trace.writer import TraceWriter
from tests.export.parts import make_cut, thinned_folder
from tests.trace.factory import TIME_NS, read_message


@pytest.fixture
def writer(tmp_path: Path) -> TraceWriter:
    """Writes a flight recorder that has several segments; none has gone yet."""
    writer = TraceWriter(tmp_path / "live", keep_bytes=1_000_000, segment_bytes=20_000)
    for second in range(10):
        write(writer, second)
    return writer


def write(writer: TraceWriter, second: int) -> None:
    batch = [read_message(fd=second * 20 + n) for n in range(20)]
    writer.received(1, TIME_NS + second * 1_000_000_000, batch)


def opened(folder: Path) -> Segments:
    found = []
    for number in files.segment_numbers(folder):
        log = files.segment_path(folder, number)
        found.append(Segment.open(number, log, files.index_path(log)))
    return Segments(found, folder)


def test_rows_follow_each_other_over_segments(writer: TraceWriter) -> None:
    segments = opened(writer.path)
    assert len(segments.numbers) > 1
    assert (segments.first_row, segments.end_row) == (0, 200)
    assert segments.read(0, 200)["fd"].tolist() == list(range(200))
    border = segments.oldest.end_row
    assert segments.read(border - 1, border + 1)["fd"].tolist() == [border - 1, border]
    assert [segments.of(row).number for row in (border - 1, border)] == segments.numbers[:2]
    with pytest.raises(IndexError, match="row 200 has been removed"):
        segments.of(200)
    assert segments.formats == {FORMAT}
    segments.close()
    writer.close()


def test_segments_that_come_and_go_are_followed(writer: TraceWriter) -> None:
    segments = opened(writer.path)
    before = segments.numbers
    write(writer, 10)
    for second in range(11, 30):
        write(writer, second)
    assert segments.end_row == 200
    segments.refresh()
    assert segments.end_row == 600
    assert segments.numbers[: len(before)] == before
    log = files.segment_path(writer.path, before[0])
    for path in (log, files.index_path(log)):
        path.unlink()
    segments.refresh()
    assert segments.numbers[0] == before[1]
    assert segments.first_row > 0
    assert len(segments.read(0, 600)) == 600 - segments.first_row
    segments.close()
    writer.close()


def test_a_time_finds_its_row(writer: TraceWriter) -> None:
    segments = opened(writer.path)
    second = 1_000_000_000
    assert segments.row_at_time(0) == 0
    assert segments.row_at_time(TIME_NS) == 0
    assert segments.row_at_time(TIME_NS + 1) == 20
    assert segments.row_at_time(TIME_NS + 7 * second) == 140
    assert segments.row_at_time(TIME_NS + 99 * second) == 200
    segments.close()
    writer.close()


def test_logs_are_given_up_to_their_last_record(writer: TraceWriter) -> None:
    segments = opened(writer.path)
    extents = segments.log_extents()
    sizes = [log.size for log, _ in extents]
    assert [size for _, size in extents] == sizes
    paths = (files.segment_path(writer.path, number) for number in segments.numbers)
    assert sizes == [path.stat().st_size for path in paths]
    assert segments.size_bytes > sum(sizes)
    for log, _ in extents:
        log.close()
    segments.close()
    writer.close()


def test_segments_that_are_let_go_keep_no_descriptors(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    write(writer, 0)
    segments = opened(tmp_path / "live")

    def held() -> list[str]:
        links = (Path("/proc/self/fd", name) for name in os.listdir("/proc/self/fd"))
        told = [os.readlink(link) for link in links if link.is_symlink()]
        return [each for each in told if each.startswith(str(tmp_path)) and "(deleted)" in each]

    seen = set[int]()
    for second in range(1, 200):
        write(writer, second)
        segments.refresh()
        seen |= set(segments.numbers)
    writer.close()
    segments.refresh()
    assert len(seen) > 5 * len(segments.numbers)
    assert held() == []
    segments.close()


@pytest.mark.parametrize("is_copy", [False, True])
def test_of_rows_that_are_held_back_nothing_is_told_to_have_been_let_go(
    tmp_path: Path, is_copy: bool
) -> None:
    path = thinned_folder(tmp_path / "live")
    if is_copy:
        path = make_cut(path, tmp_path / "copy.gvtrace")
    with closing(Trace.open(path)) as trace:
        whole, first, stop = trace.thinned, trace.first_row, trace.end_row
        times = trace.rows(first, stop)["recv_ns"]
        assert len(whole) > 5
        parts = 0
        for row in (*range(first, first + 40), *range(first + 40, stop, 41)):
            trace.go_back(row)
            trace.refresh()
            now = int(times[row - first])
            assert trace.thinned == copied_marks(whole, to_ns=now)
            assert whole_from(trace.thinned, [2]) < now
            parts += any(each.is_at_most for each in trace.thinned)
        assert parts > 1
        trace.limit = None
        assert trace.thinned == whole
        trace.limit = stop
        assert trace.thinned == whole
