from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from gvtui.trace import files
from gvtui.trace.reader import Trace
from gvtui.trace.records import TraceError
from gvtui.trace.row import ROW_SIZE, Kind
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message, recorded_datagrams, write_trace


def test_what_was_written_is_read(tmp_path: Path) -> None:
    datagrams = recorded_datagrams("shell-2024")
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", [(1, datagrams)]))
    assert [trace.payload(row) for row in range(1, trace.end_row - 1)] == datagrams
    assert [trace.row(row).recv_ns for row in (1, 2)] == [TIME_NS, TIME_NS + 1]
    trace.close()


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    path.write_bytes(b"precious")
    files.strings_path(path).touch()
    with pytest.raises(TraceError, match=r"a\.gvtrace exists already"):
        TraceWriter(path)
    assert path.read_bytes() == b"precious"


def test_what_a_removed_recording_left_is_in_nobodys_way(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=1)])])
    path.unlink()
    trace = Trace.open(write_trace(path, [(1, [read_message(fd=2)])]))
    assert trace.row(1).fd == 2
    trace.close()


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="cannot write"):
        TraceWriter(tmp_path / "no" / "a.gvtrace")


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


def test_strings_count_towards_what_a_flight_recorder_may_use(tmp_path: Path) -> None:
    keep = 200_000
    writer = TraceWriter(tmp_path / "live", keep_bytes=keep)
    for number in range(3000):
        writer.message(1, TIME_NS, read_message(name=f"process {number} " + "x" * 100))
    used = sum(path.stat().st_size for path in (tmp_path / "live").iterdir())
    assert used <= keep
    writer.close()


class FullDisk:
    """Stands in for os.write: writes half, then says that the disk is full, while `full`."""

    def __init__(self) -> None:
        self.full = False
        self._write = os.write

    def __call__(self, fd: int, data: memoryview | bytes) -> int:
        if not self.full:
            return self._write(fd, data)
        if len(data) > 1:
            return self._write(fd, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_a_sound_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FullDisk()
    monkeypatch.setattr(os, "write", disk)
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.message(1, TIME_NS, read_message(fd=1))
    disk.full = True
    with pytest.raises(OSError, match="No space"):
        writer.message(1, TIME_NS, read_message(fd=2, dropped=5))
    disk.full = False
    writer.message(1, TIME_NS, read_message(fd=3, dropped=5, name="other"))
    writer.close()
    trace = Trace.open(tmp_path / "a.gvtrace")
    rows = trace.rows(0, 10)
    assert rows["fd"][rows["kind"] == Kind.MESSAGE].tolist() == [1, 3]
    # The drop that the lost message told of is told by the next one.
    assert trace.connections[1].dropped == 5
    assert trace.string(trace.row(2).process) == "other"
    trace.close()


def test_the_index_alone_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    log_size = writer._segment.log.size
    real_write, index_fd = os.write, writer._segment.index.fd

    def refuse(fd: int, data: bytes) -> int:
        if fd == index_fd:
            raise OSError(errno.EIO, "Input/output error")
        return real_write(fd, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        with pytest.raises(OSError, match="Input"):
            writer.message(1, TIME_NS, read_message())
    assert writer._segment.log.size == log_size
    assert files.segment_path(tmp_path, 1).name == "00000001.gvtrace"
    writer.message(1, TIME_NS, read_message(fd=9))
    writer.close()
    trace = Trace.open(tmp_path / "a.gvtrace")
    assert trace.row(0).fd == 9
    assert trace.payload(0) == read_message(fd=9)
    trace.close()


def test_marks_and_truncated_messages(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.mark(TIME_NS, {"kind": "note", "text": "hello"})
    writer.truncated(1, TIME_NS, read_message() + bytes(100), 5_000_000)
    writer.close()
    trace = Trace.open(tmp_path / "a.gvtrace")
    assert trace.details(0) == {"kind": "note", "text": "hello"}
    assert trace.row(1).result == 5_000_000
    assert trace.payload(1) == read_message() + bytes(100)
    assert trace.connections[1].truncated == 1
    trace.close()
