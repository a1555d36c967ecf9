from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from gvtui.trace import files
from gvtui.trace.flight import Flight
from gvtui.trace.header import read_header
from gvtui.trace.reader import Trace
from gvtui.trace.row import ROW_SIZE
from gvtui.trace.writer import TraceWriter
from gvtui.trace.writtenfiles import WrittenFiles
from tests.trace.factory import TIME_NS, read_message


def test_a_flight_recorder_drops_its_oldest_segment(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    writer.opened(1, TIME_NS, {"peer_pid": 5, "command": ["runsc"]})
    trace = Trace.open(tmp_path / "live")
    for number in range(100):
        writer.messages(1, [(TIME_NS, read_message(fd=number * 20 + n)) for n in range(20)])
        trace.refresh()
    assert writer.dropped_segments > 0
    assert trace.first_row > 0
    assert trace.end_row == 2001
    assert trace.size_bytes < 130_000
    fds = trace.rows(0, 5000)["fd"].tolist()
    assert fds == list(range(2000))[-len(fds) :]
    assert trace.row(trace.end_row - 1).fd == 1999
    with pytest.raises(IndexError):
        trace.row(trace.first_row - 1)
    connection = trace.connections[1]
    assert (connection.messages, connection.command) == (2000, ["runsc"])
    # Opened anew, it holds what is left, and still knows its files.
    again = Trace.open(tmp_path / "live")
    assert (again.first_row, again.end_row) == (trace.first_row, trace.end_row)
    for opened in (again, trace):
        opened.close()
    writer.close()


def test_what_each_connection_has_and_still_holds(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    for conn in (1, 2):
        writer.opened(conn, TIME_NS, {})
    assert (writer.held_bytes(1), writer.counts_of(1).messages) == (0, 0)
    message = read_message()
    writer.message(1, TIME_NS, message)
    one = writer.held_bytes(1)
    assert one == len(message) + ROW_SIZE
    for _ in range(2000):
        writer.message(2, TIME_NS, message)
    assert writer.dropped_segments > 0
    assert (writer.counts_of(1).messages, writer.counts_of(2).messages) == (1, 2000)
    # What has gone takes no disk any more.
    assert writer.held_bytes(1) == 0
    assert 50_000 < writer.held_bytes(2) < 100_000
    writer.close()


def test_who_sends_most_is_told_before_others_lose_young_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0]
    monkeypatch.setattr("gvtui.trace.shares.time.monotonic_ns", lambda: now[0])
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    batch = [(TIME_NS, read_message())] * 4
    writer.messages(1, batch)
    for _ in range(500):
        if writer.pushes_others_out(2, 60):
            break
        writer.messages(2, batch)
    # It is told while everything is there, and while the others can still write.
    assert writer.dropped_segments == 0
    assert not writer.pushes_others_out(1, 60)
    before = writer.end_row
    writer.messages(1, batch)
    assert (writer.dropped_segments, writer.end_row) == (0, before + 4)
    # When the messages of the other one are old, they go.
    now[0] = 60 * 1_000_000_000
    assert not writer.pushes_others_out(2, 60)
    for _ in range(100):
        writer.messages(2, batch)
    assert writer.dropped_segments > 0
    # Alone it pushes nobody out.
    now[0] = 0
    assert not writer.pushes_others_out(2, 60)
    writer.close()


def test_strings_count_towards_what_a_flight_recorder_may_use(tmp_path: Path) -> None:
    keep = 200_000
    writer = TraceWriter(tmp_path / "live", keep_bytes=keep)
    for number in range(3000):
        writer.message(1, TIME_NS, read_message(name=f"process {number} " + "x" * 100))
    used = sum(path.stat().st_size for path in (tmp_path / "live").iterdir())
    assert used <= keep
    writer.close()


def test_the_index_alone_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    log_size = writer._files.segment.log.size
    real_write, index_fd = os.write, writer._files.segment.index.fd

    def refuse(fd: int, data: bytes) -> int:
        if fd == index_fd:
            raise OSError(errno.EIO, "Input/output error")
        return real_write(fd, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        with pytest.raises(OSError, match="Input"):
            writer.message(1, TIME_NS, read_message())
    assert writer._files.segment.log.size == log_size
    assert files.segment_path(tmp_path, 1).name == "00000001.gvtrace"
    writer.message(1, TIME_NS, read_message(fd=9))
    writer.close()
    trace = Trace.open(tmp_path / "a.gvtrace")
    assert trace.row(0).fd == 9
    assert trace.payload(0) == read_message(fd=9)
    trace.close()


def test_writtenwhose_names_lead_elsewhere_are_told_and_left(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    written = WrittenFiles(path, bytes(16), "x86_64", None, list)
    assert written.missing == []
    index = files.index_path(path)
    index.unlink()
    index.write_bytes(b"another's")
    assert written.missing == [index]
    written.remove()
    assert [each.name for each in tmp_path.iterdir()] == [index.name]
    written.close()


def test_a_segment_tells_who_was_connected_when_it_began(tmp_path: Path) -> None:
    standing = [[7, 1, {"peer_pid": 5}, 0]]
    flight = Flight(tmp_path, 1 << 20, 4096)
    written = WrittenFiles(tmp_path, bytes(16), "arm64", flight, lambda: standing)
    written.tally.of(7).messages = 3
    written.segment.log.append(bytes(8192))
    written.rotate_if_full()
    written.rotate_if_full()
    assert written.segment.number == 2
    assert written.tally.total().messages == 0
    assert (written.counts.messages, written.counts_of(7).messages) == (3, 3)
    head = read_header(files.segment_path(tmp_path, 2))
    assert (head["connections"], head["arch"], head["segment"]) == (standing, "arm64", 2)
    written.close()
