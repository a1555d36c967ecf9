from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtui.export.info import info_text
from gvtui.export.repairing import repair
from gvtui.export.rewriting import RepairReport
from gvtui.trace.bookmarks import Bookmarks
from gvtui.trace.files import logs_in, segment_numbers, segment_path
from gvtui.trace.marks import LostMark
from gvtui.trace.origin import OriginMark
from gvtui.trace.reader import Trace
from gvtui.trace.records import TraceError
from gvtui.trace.row import Kind
from gvtui.trace.scanning import Begin, Messages, scan_log
from gvtui.trace.survey import survey
from gvtui.trace.thinned import ThinnedMark
from gvtui.trace.writer import TraceWriter
from tests.export.parts import (
    dropped,
    in_batches,
    make_merge,
    marks,
    payloads,
    recording,
    thinned,
    thinned_folder,
    worn_folder,
)
from tests.trace.factory import TIME_NS, TRACES, read_message, to_format_1, write_trace
from tests.trace.test_pieces import Recorder as FlightRecorder


def mend(source: Path, name: str = "mended.gvtrace") -> tuple[Path, RepairReport]:
    out = source.with_name(name)
    for path in source.parent.glob(f"{name}*"):
        path.unlink()
    return out, repair(source, out)


def rows(path: Path) -> list[tuple[int, ...]]:
    """All rows but marks of losses and origin, without what depends on their places."""
    trace = Trace.open(path)
    try:
        found = trace.rows(0, trace.end_row)
        names = ("kind", "conn", "recv_ns", "time_ns", "pid", "result", "dropped", "fd", "errno")
        return [
            tuple(int(found[name][row]) for name in names)
            for row in range(trace.end_row)
            if trace.row(row).kind != Kind.MARK
            or trace.details(row).get("kind") not in ("origin", "lost")
        ]
    finally:
        trace.close()


@pytest.mark.parametrize("make", [to_format_1, lambda path: path])
def test_of_a_sound_recording_nothing_is_lost(tmp_path: Path, make: object) -> None:
    whole = recording(tmp_path / "a.gvtrace")
    assert callable(make)
    make(whole)
    out, report = mend(whole)
    assert (report.messages, report.lost, report.words) == (len(payloads(whole)), 0, [])
    assert report.notes == []
    assert rows(out) == rows(whole)
    assert [each for each in marks(out) if not isinstance(each, OriginMark)] == marks(whole)
    origin = marks(out)[0]
    assert isinstance(origin, OriginMark)
    assert (origin.how, origin.sources[0].name) == ("repaired", "a.gvtrace")
    trace, old = Trace.open(out), Trace.open(whole)
    assert trace.host == old.host
    assert trace.connections.dropped == old.connections.dropped
    trace.close()
    old.close()


def test_of_a_save_file_all_messages_are_kept(tmp_path: Path) -> None:
    data = (TRACES / "shell-2024.trace").read_bytes()
    source = tmp_path / "a.trace"
    source.write_bytes(data)
    out, report = mend(source)
    assert report.words == []
    whole = payloads(source)
    assert payloads(out) == whole
    source.write_bytes(data[:-3])
    out, report = mend(source)
    assert payloads(out) == whole[:-1]
    assert report.words


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording whose last message tells of drops, in batches of several messages."""
    return in_batches(tmp_path_factory.mktemp("batches") / "a.gvtrace")


def test_all_that_is_in_front_of_where_a_file_ends_is_kept(batches: Path, tmp_path: Path) -> None:
    log, whole = batches.read_bytes(), payloads(batches)
    # Where each message ends in the file.
    ends = [
        item.batch.offsets[number] + item.batch.sizes[number]
        for item in scan_log(log)
        if isinstance(item, Messages)
        for number in range(item.whole)
    ]
    first = next(item.end for item in scan_log(log) if isinstance(item, Begin))
    path = tmp_path / "a.gvtrace"
    borders = {*ends, *(end - 1 for end in ends), *(end + 1 for end in ends)}
    for size in sorted({*borders, *range(first, len(log), 97)}):
        path.write_bytes(log[:size])
        out, report = mend(path)
        expected = whole[: sum(end <= size for end in ends)]
        assert payloads(out) == expected
        assert report.messages == len(expected)
        # What is torn is told, to the byte.
        kept = report.unreadable
        assert 0 <= kept < 400
        assert bool(kept) == bool(report.words)
        assert any("was not closed" in note for note in report.notes) == (size < len(log))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=4))
def test_a_flipped_byte_costs_what_it_is_in_and_all_of_that_is_told(
    batches: Path, tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[float, int]]
) -> None:
    log, whole = bytearray(batches.read_bytes()), payloads(batches)
    for place, change in flips:
        log[int(place * len(log))] ^= change
    path = tmp_path_factory.mktemp("flips") / "a.gvtrace"
    path.write_bytes(log)
    try:
        out, report = mend(path)
    except TraceError:
        return
    kept = payloads(out)
    left = iter(whole)
    assert all(any(each == other for other in left) for each in kept)
    assert report.messages == len(kept)
    missing = len(whole) - len(kept)
    is_changed = bytes(log) != batches.read_bytes()
    assert bool(report.words) == is_changed
    if not report.notes:
        # Its summary was there.
        assert report.lost == missing
        assert dropped(out) == 12
    trace = Trace.open(out)
    found = survey(trace)
    assert not trace.damage
    assert trace.damaged_bytes == 0
    assert found.problems == []
    assert trace.lost.losses.messages == report.lost
    trace.close()


def test_recordings_that_were_joined_stay_apart(tmp_path: Path) -> None:
    parts = [
        write_trace(
            tmp_path / f"{name}.gvtrace", [(1, [read_message(fd=3)]), (2, [read_message()])]
        )
        for name in "ab"
    ]
    joined = tmp_path / "joined.gvtrace"
    joined.write_bytes(b"".join(each.read_bytes() for each in parts))
    out, report = mend(joined)
    assert report.words == []
    assert rows(out) == rows(joined)


def test_a_segment_that_is_missing_is_told_and_who_stood_is_known(tmp_path: Path) -> None:
    folder = tmp_path / "ring"
    writer = TraceWriter(folder, keep_bytes=1 << 20, segment_bytes=1 << 13)
    writer.opened(1, TIME_NS, {"peer_pid": 77})
    for step in range(400):
        writer.message(1, TIME_NS + step, read_message(fd=step, dropped=step))
    writer.close()
    whole = payloads_of_folder(folder)
    numbers = segment_numbers(folder)
    gone = segment_path(folder, numbers[2])
    lost = [item.whole for item in scan_log(gone.read_bytes()) if isinstance(item, Messages)]
    gone.unlink()
    out = tmp_path / "out.gvtrace"
    report = repair(folder, out)
    assert report.words == [f"{sum(lost):,} messages of segments before number {numbers[3]}"]
    assert report.messages == len(whole) - sum(lost)
    assert dropped(out) == 399
    # Without the first one nobody would know who it was.
    segment_path(folder, numbers[0]).unlink()
    repair(folder, tmp_path / "later.gvtrace")
    trace = Trace.open(tmp_path / "later.gvtrace")
    assert trace.connections[1].peer_pid == 77
    assert trace.connections.dropped == 399
    trace.close()


def payloads_of_folder(folder: Path) -> list[bytes]:
    found: list[bytes] = []
    for number in segment_numbers(folder):
        for item in scan_log(segment_path(folder, number).read_bytes()):
            if isinstance(item, Messages):
                found += item.payloads()
    return found


def test_bookmarks_go_along_where_their_rows_are(tmp_path: Path) -> None:
    path = recording(tmp_path / "a.gvtrace")
    trace = Trace.open(path)
    bookmarks = Bookmarks(trace)
    last = trace.end_row - 2
    for row in (7, last):
        bookmarks.set(row, f"row {row}")
    trace.close()
    out, _ = mend(path)
    mended = Trace.open(out)
    assert [each.note for each in Bookmarks(mended)] == ["row 7", f"row {last}"]
    mended.close()


def test_what_is_written_now_is_left_alone(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.message(1, TIME_NS, read_message())
    with pytest.raises(TraceError, match="is being written"):
        repair(writer.path, tmp_path / "b.gvtrace")
    writer.close()
    (tmp_path / "c").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(TraceError, match="neither"):
        repair(tmp_path / "c", tmp_path / "b.gvtrace")


@pytest.mark.parametrize("number", [1, 2])
def test_an_empty_segment_is_told(tmp_path: Path, number: int) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=1 << 20, segment_bytes=1500)
    writer.opened(1, TIME_NS, {"peer_pid": 7})
    for place in range(24):
        writer.message(1, TIME_NS + place, read_message(fd=place))
    writer.closed(1, TIME_NS + 24, {})
    writer.close()
    os.truncate(tmp_path / "live" / f"0000000{number}.gvtrace", 0)
    report = repair(tmp_path / "live", tmp_path / "out.gvtrace")
    assert f"all of 0000000{number}.gvtrace, which is empty" in report.words
    assert report.messages + report.lost == 24
    assert 0 < report.lost < 24


def test_what_a_flight_recorder_let_go_is_not_lost(tmp_path: Path) -> None:
    source = tmp_path / "live"
    recorder = FlightRecorder(source)
    for round_ in range(80):
        recorder.send(1, dropped=round_ // 20)
        recorder.send(2, 60, dropped=round_)
    recorder.writer.close()
    path, report = mend(source)
    assert (report.words, report.lost) == ([], 0)
    with closing(Trace.open(source)) as trace:
        let_go = sum(each.counts.total().messages for each in trace.thinned)
        told = survey(trace).accounting
    assert report.notes == [
        f"{let_go:,} messages had been let go, of sandboxes that held more than an equal share"
    ]
    assert thinned(path) == thinned(source) != []
    assert [each for each in marks(path) if isinstance(each, ThinnedMark)] == thinned(source)
    assert report.messages == told.logged
    assert not [mark for mark in marks(path) if isinstance(mark, LostMark)]
    assert dropped(path) == told.dropped == 79 + 3
    # A segment that is missing is lost all the same.
    gone = segment_path(source, segment_numbers(source)[2])
    lost = [item.whole for item in scan_log(gone.read_bytes()) if isinstance(item, Messages)]
    gone.unlink()
    _, report = mend(source, "again.gvtrace")
    assert (report.lost, len(report.words)) == (sum(lost), 1)


def break_header(log: Path) -> None:
    """Change a byte of the header of a log."""
    data = log.read_bytes()
    place = data.index(b"program")
    log.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])


@pytest.mark.parametrize("which", ["oldest", "second", "whole"])
def test_what_was_let_go_is_not_lost_where_a_header_is_damaged(tmp_path: Path, which: str) -> None:
    source = tmp_path / "live"
    worn_folder(source)
    if which == "whole":
        for log in source.glob("kept-*"):
            log.unlink()
    with closing(Trace.open(source)) as trace:
        known = survey(trace)
        # Both of what came before the oldest of all, and of what has gone since.
        thinned_since = sum(each.counts.total().messages for each in trace.thinned)
    assert known.problems == []
    assert (thinned_since == 0) == (which == "whole")
    assert thinned_since < known.accounting.let_go
    before = thinned(source)
    logs = list(logs_in(source).values())
    break_header(logs[which == "second"])
    path, report = mend(source)
    offset = f"the header of a segment at offset 0 of {logs[which == 'second'].name} is damaged"
    assert [words for words in report.words if "bytes" not in words] == [offset]
    assert (report.lost, report.messages) == (0, known.accounting.logged)
    assert [each for each in report.notes if "at most" in each] == []
    if which != "whole":
        assert f"{thinned_since:,} messages had been let go" in report.notes[0]
    assert thinned(path) == before
    with closing(Trace.open(source)) as trace:
        found = survey(trace)
    assert found.problems == []
    assert found.accounting.let_go == known.accounting.let_go
    assert not found.may_be_less_let_go


@pytest.mark.parametrize("which", [0, 1])
def test_of_what_nothing_tells_any_more_only_the_most_is_told(tmp_path: Path, which: int) -> None:
    """Neither the header of a piece nor its mark can be read."""
    source = thinned_folder(tmp_path / "live")
    with closing(Trace.open(source)) as trace:
        known, gone = survey(trace).accounting, trace.thinned[which].counts.total().messages
    log = list(logs_in(source).values())[which]
    break_header(log)
    data = bytearray(log.read_bytes())
    # The header has the same text.
    data[data.rindex(b"were let go")] ^= 1
    log.write_bytes(data)
    _, report = mend(source)
    assert report.lost == 0
    assert report.notes[0] == (
        f"at most {gone:,} messages of segments before number {which + 2} had been let go: what "
        "tells how many, and whether others are lost, is damaged"
    )
    with closing(Trace.open(source)) as trace:
        found = survey(trace)
        assert f"at most {known.let_go:,} before the oldest" in "\n".join(info_text(trace, found))
    assert found.problems == []
    assert found.accounting == known


def test_of_joined_recordings_what_was_let_go_names_their_own_connections(tmp_path: Path) -> None:
    copy, out = tmp_path / "copy.gvtrace", tmp_path / "joined.gvtrace"
    make_merge(copy, recording(tmp_path / "a.gvtrace"), thinned_folder(tmp_path / "live"))
    out.write_bytes(copy.read_bytes() * 2)
    told = thinned(copy)
    twice = [*told, *(each.copied(shift=4) for each in told)]
    assert thinned(out) == twice
    path, _ = mend(out)
    assert [each for each in marks(path) if isinstance(each, ThinnedMark)] == twice
