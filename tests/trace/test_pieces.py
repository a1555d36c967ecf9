from __future__ import annotations

import os
from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gvtui.trace import files
from gvtui.trace.bookmarks import Bookmarks
from gvtui.trace.contents import Contents
from gvtui.trace.keep import save
from gvtui.trace.marks import read_mark
from gvtui.trace.pieces import MOST_PIECES, Pieces
from gvtui.trace.reach import whole_from
from gvtui.trace.reader import Trace
from gvtui.trace.row import ROW_DTYPE, Kind
from gvtui.trace.segment import Segment
from gvtui.trace.survey import survey
from gvtui.trace.thinned import ThinnedMark
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message
from tests.trace.test_shares import peer
from tests.trace.test_shrinking import Worker

if TYPE_CHECKING:
    from pathlib import Path

SEGMENT, KEEP = 20_000, 200_000


class Recorder:
    """A flight recorder whose pieces are made at once, and what was sent to it."""

    def __init__(
        self,
        folder: Path,
        keep: int = KEEP,
        segment: int = SEGMENT,
        *,
        compresses: bool = False,
    ) -> None:
        self.folder = folder
        self.worker = Worker() if compresses else None
        self.writer = TraceWriter(
            folder, keep_bytes=keep, segment_bytes=segment, compressor=self.worker
        )
        self.pieces = Pieces(folder, compresses=compresses)
        self.writer.when_nearly_full = self.keep
        self.sent: dict[int, list[int]] = defaultdict(list)
        self.opened: set[int] = set()
        self.number = 0

    def keep(self, excess: int, limit: int, segment_bytes: int) -> None:
        self.pieces.prepare(excess, limit, segment_bytes)
        self.pieces.tidy()

    def open(self, conn: int, sender: int) -> None:
        self.writer.opened(conn, self.now, peer(100 + conn, container=f"box{sender}"))
        self.opened.add(conn)

    @property
    def now(self) -> int:
        return TIME_NS + self.number * 1000

    def send(self, conn: int, count: int = 1, dropped: int = 0) -> None:
        if conn not in self.opened:
            self.open(conn, conn % 10)
        batch = []
        for _ in range(count):
            self.number += 1
            self.sent[conn].append(self.number)
            batch.append((self.now, read_message(fd=self.number, dropped=dropped)))
        self.writer.messages(conn, batch)
        self.compress()

    def compress(self) -> None:
        """Compress what is complete."""
        while self.worker is not None:
            assert self.writer.compress_on() == ""
            if self.worker.is_ready:
                return
            self.worker.work()

    def close(self, conn: int) -> None:
        self.writer.closed(conn, self.now, {"reason": "closed by the sandbox"})
        self.opened.discard(conn)

    def got(self) -> dict[int, list[int]]:
        """What a reader that opens the folder finds of each connection."""
        with closing(Trace.open(self.folder)) as trace:
            rows = trace.rows(trace.first_row, trace.end_row)
            found: dict[int, list[int]] = defaultdict(list)
            for row in rows[rows["kind"] == Kind.MESSAGE]:
                found[int(row["conn"])].append(int(row["fd"]))
            for row_id in range(trace.first_row, trace.end_row):
                trace.payload(row_id) if trace.row(row_id).kind != Kind.DROP else None
            times = rows["recv_ns"].tolist()
            assert times == sorted(times)
            assert not trace.damage
            return found

    @property
    def size(self) -> int:
        """Bytes of disk; what has two names counts once."""
        found = {info.st_ino: info.st_size for info in map(os.stat, self.folder.iterdir())}
        return sum(found.values())


def test_a_quiet_sandbox_outlives_the_flood_of_another(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "live")
    for _ in range(80):
        recorder.send(1)
        recorder.send(2, 60)
    recorder.writer.close()
    assert recorder.writer.dropped_segments > 20
    got = recorder.got()
    assert got[1] == recorder.sent[1]
    # The loud one has its newest, without a gap.
    assert 300 < len(got[2]) < 2000
    assert got[2] == recorder.sent[2][-len(got[2]) :]
    assert recorder.size <= KEEP
    assert len(files.pieces_in(recorder.folder)) <= MOST_PIECES + 6


def test_all_that_was_let_go_is_counted(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "live")
    for round_ in range(80):
        recorder.send(1, dropped=round_ // 20)
        recorder.send(2, 60, dropped=round_)
    recorder.writer.close()
    with closing(Trace.open(recorder.folder)) as trace:
        found = survey(trace)
        assert found.problems == []
        sent = sum(map(len, recorder.sent.values()))
        assert found.accounting.let_go + found.accounting.logged == sent
        assert found.accounting.dropped == 79 + 3
        connections = trace.connections
        assert (connections.messages, connections.dropped) == (sent, 79 + 3)
        assert [connections[conn].messages for conn in (1, 2)] == [80, 4800]
        assert [connections[conn].dropped for conn in (1, 2)] == [3, 79]
        marks = [
            read_mark(trace.details(row))
            for row in range(trace.first_row, trace.end_row)
            if trace.row(row).kind == Kind.MARK
        ]
        told = [each for each in marks if isinstance(each, ThinnedMark)]
        assert told == trace.thinned
        assert {conn for each in told for conn in each.counts.by_conn} == {2}
        assert whole_from(trace.thinned, [1]) == 0
        first = next(
            row
            for row in trace.rows(trace.first_row, trace.end_row)
            if row["conn"] == 2 and row["kind"] == Kind.MESSAGE
        )
        last = TIME_NS + 1000 * (int(first["fd"]) - 2)
        assert whole_from(trace.thinned, [1, 2]) == last


def test_a_sandbox_that_was_there_first_stays_whole(tmp_path: Path) -> None:
    """Its segments have nothing of others, so they go on as pieces as they are."""
    recorder = Recorder(tmp_path / "live")
    recorder.send(1, 300)
    for _ in range(100):
        recorder.send(2, 100)
        assert recorder.size <= KEEP + 1000
    recorder.writer.close()
    got = recorder.got()
    assert got[1] == recorder.sent[1]
    assert got[2] == recorder.sent[2][-len(got[2]) :]


def test_what_goes_for_its_age_is_in_pieces_of_its_own(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "live", keep=400_000)
    span_ns = 300_000
    recorder.pieces = Pieces(recorder.folder, keep_seconds=8 * span_ns / 1e9)
    for _ in range(120):
        recorder.send(1)
        recorder.send(2, 60)
    recorder.writer.close()
    spans = [path_span(recorder.folder / each.name) for each in files.pieces_in(recorder.folder)]
    assert len(spans) > MOST_PIECES
    assert max(spans) <= span_ns
    assert recorder.got()[1] == recorder.sent[1]


def path_span(log: Path) -> int:
    """Nanoseconds between the first and the last row of a piece."""
    with closing(Segment.open(1, log, files.index_path(log))) as segment:
        contents = Contents.of(segment)
    return contents.last_ns - contents.first_ns


def test_old_segments_go_though_there_is_room(tmp_path: Path) -> None:
    now = 0.0
    writer = TraceWriter(tmp_path / "live", keep_bytes=1 << 30, keep_seconds=80)
    flight = writer._files.flight
    assert flight is not None
    flight._clock = lambda: now
    writer.let_old_go()
    for number in range(20):
        writer.message(1, TIME_NS + number, read_message(fd=number))
        now += 10
        writer.let_old_go()
    with closing(Trace.open(tmp_path / "live")) as trace:
        # Every ten seconds a segment is complete, and stays for 80 seconds.
        assert [trace.row(row).fd for row in range(trace.first_row, trace.end_row)] == [
            *range(12, 20)
        ]
        assert trace.connections.messages == 20
    assert writer.held_messages == 8
    # While nothing comes no segment is made.
    now += 1000
    writer.let_old_go()
    now += 1000
    writer.let_old_go()
    writer.close()
    assert len(files.segment_numbers(tmp_path / "live")) == 1


def test_one_alone_has_no_pieces(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "live")
    recorder.send(1, 10_000)
    assert files.pieces_in(recorder.folder) == []
    recorder.writer.close()


def test_who_turns_loud_lets_its_own_go(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "live")
    for _ in range(100):
        recorder.send(1)
        recorder.send(3)
        recorder.send(2, 60)
    for _ in range(80):
        recorder.send(1, 60)
        recorder.send(3)
    recorder.writer.close()
    got = recorder.got()
    assert got[3] == recorder.sent[3]
    for conn in (1, 2):
        assert got[conn] == recorder.sent[conn][len(recorder.sent[conn]) - len(got[conn]) :]
    assert recorder.size <= KEEP


def test_an_open_reader_keeps_its_row_numbers(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "live")
    for _ in range(40):
        recorder.send(1)
        recorder.send(2, 60)
    with closing(Trace.open(recorder.folder)) as trace:
        first = trace.first_row
        assert recorder.sent[1][0] == trace.row(first + 1).fd or first >= 0
        known = {row: trace.row(row).fd for row in range(trace.first_row, trace.end_row)}
        for _ in range(60):
            recorder.send(1)
            recorder.send(2, 60)
            trace.refresh()
            for row in range(trace.first_row, trace.end_row, 97):
                assert known.setdefault(row, trace.row(row).fd) == trace.row(row).fd
            assert trace.end_row == recorder.writer.end_row
        assert trace.first_row > first
        assert trace.connections.messages == sum(map(len, recorder.sent.values()))
    recorder.writer.close()


def quiet_and_loud(folder: Path) -> Recorder:
    """What is left of a quiet sandbox and of a loud one, both of which dropped points."""
    recorder = Recorder(folder)
    for round_ in range(100):
        recorder.send(1, dropped=round_)
        recorder.send(2, 60, dropped=round_)
    recorder.writer.close()
    return recorder


def test_what_has_lost_its_index_is_made_again(tmp_path: Path) -> None:
    recorder = quiet_and_loud(tmp_path / "live")
    got = recorder.got()
    with closing(Trace.open(recorder.folder)) as trace:
        rows = trace.rows(0, 1 << 40)
        names = [trace.string(number) for number in rows["point"].tolist()]
        dropped = trace.connections.dropped
    for path in (*recorder.folder.glob("*.index"), *recorder.folder.glob("*.strings")):
        path.unlink()
    assert recorder.got() == got
    with closing(Trace.open(recorder.folder)) as trace:
        again = trace.rows(0, 1 << 40)
        assert [trace.string(number) for number in again["point"].tolist()] == names
        plain = [
            name
            for name in ROW_DTYPE.names or ()
            if name not in ("point", "process", "container", "path")
        ]
        assert np.array_equal(rows[plain], again[plain])
        assert trace.connections.dropped == dropped


def test_a_bookmark_stays_with_a_row_that_is_kept(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "live")
    recorder.send(1, 3)
    recorder.send(2, 3)
    with closing(Trace.open(recorder.folder)) as trace:
        bookmarks = Bookmarks(trace)
        rows = {trace.row(row).fd: row for row in range(trace.first_row, trace.end_row)}
        bookmarks.set(rows[2], "of the quiet one")
        bookmarks.set(rows[5], "of the loud one")
        flood_of(recorder)
        trace.refresh()
        bookmarks.look()
        # Here both have gone.
        assert [each.row for each in bookmarks] == [rows[2], rows[5]]
        assert rows[5] < trace.first_row
    with closing(Trace.open(recorder.folder)) as trace:
        assert rows[2] < trace.first_row
        gone, kept = Bookmarks(trace)
        assert (gone.row, gone.note) == (rows[5], "of the loud one")
        assert (trace.row(kept.row).fd, kept.note) == (2, "of the quiet one")
        Bookmarks(trace).set(kept.row, "still there")
        flood_of(recorder)
    recorder.writer.close()
    with closing(Trace.open(recorder.folder)) as trace:
        _, kept = Bookmarks(trace)
        assert (trace.row(kept.row).fd, kept.note) == (2, "still there")


def flood_of(recorder: Recorder) -> None:
    for _ in range(60):
        recorder.send(1)
        recorder.send(2, 60)


def test_it_can_be_saved_as_one_recording(tmp_path: Path) -> None:
    recorder = quiet_and_loud(tmp_path / "live")
    got = recorder.got()
    with closing(Trace.open(recorder.folder)) as trace:
        save(trace, tmp_path / "saved.gvtrace")
        dropped = trace.connections.dropped
    with closing(Trace.open(tmp_path / "saved.gvtrace")) as trace:
        rows = trace.rows(0, 1 << 40)
        for conn, numbers in got.items():
            own = rows[(rows["kind"] == Kind.MESSAGE) & (rows["conn"] == conn)]
            assert own["fd"].tolist() == numbers
        assert survey(trace).problems == []
        assert trace.connections.dropped == dropped


steps = st.lists(
    st.tuples(
        st.sampled_from(["send", "send", "send", "close"]),
        st.integers(1, 5),
        st.sampled_from([1, 3, 10, 25]),
    ),
    min_size=5,
    max_size=60,
)


@settings(max_examples=25, phases=[Phase.explicit, Phase.generate])
@given(steps=steps, repeats=st.integers(1, 12))
def test_what_stays_of_each_is_its_newest(
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[tuple[str, int, int]],
    repeats: int,
) -> None:
    recorder = Recorder(tmp_path_factory.mktemp("kept") / "live", 200_000, 12_000)
    shift = 0
    sender_sent: dict[int, list[int]] = defaultdict(list)
    current: dict[int, int] = {}
    for _ in range(repeats):
        for what, sender, count in steps:
            if what == "close" and sender in current:
                recorder.close(current.pop(sender))
                continue
            if sender not in current:
                shift += 1
                current[sender] = shift
                recorder.open(shift, sender)
            conn = current[sender]
            before = len(recorder.sent[conn])
            recorder.send(conn, count)
            sender_sent[sender] += recorder.sent[conn][before:]
    owner = {number: sender for sender, all_ in sender_sent.items() for number in all_}
    standing = set(current.values())
    recorder.writer.close()
    by_sender: dict[int, list[int]] = defaultdict(list)
    for numbers in recorder.got().values():
        for number in numbers:
            by_sender[owner[number]].append(number)
    for sender, sent in sender_sent.items():
        got = sorted(by_sender[sender])
        assert got == sent[len(sent) - len(got) :]
        if len(sent) * 200 * 6 < 100_000:
            assert got == sent
    assert recorder.size <= 200_000
    with closing(Trace.open(recorder.folder)) as trace:
        assert survey(trace).problems == []
        total = sum(map(len, sender_sent.values()))
        assert trace.connections.messages == total
        connected = {each.conn for each in trace.connections.values() if each.connected}
        assert connected == standing
        for conn in standing:
            assert trace.connections[conn].details["peer_pid"] == 100 + conn
            assert trace.connections[conn].messages == len(recorder.sent[conn])
