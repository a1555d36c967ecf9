from __future__ import annotations

import errno
import os
from contextlib import closing
from pathlib import Path

import pytest

from gvtui.trace import files
from gvtui.trace.connections import BEFORE
from gvtui.trace.details import pack_details
from gvtui.trace.reader import Trace
from gvtui.trace.records import LOG_FORMAT, LogKind, TraceError, pack_record
from gvtui.trace.row import Kind
from gvtui.trace.survey import survey
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


def test_drops_stay_counted_when_the_files_are_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    for conn, dropped in ((1, 5), (2, 7)):
        writer.opened(conn, TIME_NS, {"peer_pid": conn, "command": ["runsc"]})
        writer.message(conn, TIME_NS, read_message())
        writer.message(conn, TIME_NS, read_message(dropped=dropped))
    writer.closed(1, TIME_NS, {"reason": "gone"})
    for further in (8, 9):
        for each in tmp_path.iterdir():
            each.unlink()
        fresh = writer.begin_anew()
        writer.close()
        writer = fresh
        writer.message(2, TIME_NS, read_message(dropped=further))
        assert writer.counts.dropped == 5 + further
    writer.close()
    with closing(Trace.open(path)) as trace:
        assert (trace.connections.dropped, trace.connections[2].dropped) == (5 + 9, 9)
        assert trace.connections.earlier.dropped == 5
        assert trace.connections.total == 2
        assert survey(trace).accounting.dropped == 5 + 9
        # Whether the other one was asked at its end, nothing tells any more.
        assert trace.connections.may_lack_drops(0)


@pytest.mark.parametrize("name", BEFORE)
def test_drops_before_a_recording_are_believed_as_far_as_its_header_counts_them(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.gvtrace"
    with closing(TraceWriter(path)) as writer:
        writer.opened(1, TIME_NS, {"peer_pid": 1, name: 1 << 62})
        writer.message(1, TIME_NS, read_message())
    with closing(Trace.open(path)) as trace:
        assert trace.connections.dropped == trace.connections[1].dropped == 0
    path.write_bytes(path.read_bytes() * 2)
    with closing(Trace.open(path)) as trace:
        assert trace.connections.dropped == survey(trace).accounting.dropped == 0


def test_drops_before_a_recording_without_such_a_header_are_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    head = {"format": LOG_FORMAT, "program": "gvtui 0.1", "id": bytes(16)}
    path.write_bytes(
        pack_record(LogKind.HEADER, 0, TIME_NS, pack_details(head))
        + pack_record(LogKind.OPENED, 1, TIME_NS, pack_details({"dropped_before": 1 << 31}))
        + pack_record(LogKind.MESSAGE, 1, TIME_NS, read_message(dropped=(1 << 31) + 3))
    )
    with closing(Trace.open(path)) as trace:
        assert trace.connections.dropped == survey(trace).accounting.dropped == 3


def test_each_of_joined_recordings_tells_what_was_dropped_before_it(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    for conn, dropped in ((1, 5), (2, 7)):
        writer.opened(conn, TIME_NS, {"peer_pid": conn})
        writer.message(conn, TIME_NS, read_message())
        writer.message(conn, TIME_NS, read_message(dropped=dropped))
    writer.closed(1, TIME_NS, {"reason": "gone"})
    path.unlink()
    fresh = writer.begin_anew()
    writer.close()
    fresh.message(2, TIME_NS, read_message(dropped=9))
    fresh.close()
    path.write_bytes(path.read_bytes() * 2)
    with closing(Trace.open(path)) as trace:
        assert trace.connections.dropped == survey(trace).accounting.dropped == 2 * (5 + 9)
        assert sorted(each.dropped for each in trace.connections.values()) == [9, 9]
        assert trace.connections.earlier.dropped == 2 * 5


def test_claims_that_were_not_counted_are_not_when_the_files_are_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, {"peer_pid": 1})
    for dropped in (0, 2_000_000_000):
        writer.message(1, TIME_NS, read_message(dropped=dropped))
    path.unlink()
    fresh = writer.begin_anew()
    writer.close()
    fresh.message(1, TIME_NS, read_message(dropped=2_000_000_003))
    fresh.close()
    with closing(Trace.open(path)) as trace:
        assert trace.connections.dropped == 3
