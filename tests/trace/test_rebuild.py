from __future__ import annotations

from pathlib import Path

from gvtui.trace import files
from gvtui.trace.reader import Trace
from gvtui.trace.rebuild import rebuild_index
from gvtui.trace.records import LogKind, pack_details, pack_record
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message, recorded_datagrams, write_trace


def test_a_rebuilt_index_is_the_written_one(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    datagrams = recorded_datagrams("shell-2024")
    batches = [
        (1, datagrams[:900]),
        (2, datagrams[:50]),
        (1, [b"", b"\x00" * 9]),
        (1, datagrams[900:]),
    ]
    write_trace(path, batches)
    index, strings = files.index_path(path), files.strings_path(path)
    before = index.read_bytes(), strings.read_bytes()
    head = files.IndexHead.unpack(before[0])
    assert head is not None
    rebuild_index(path, index, strings, trace_id=head.trace_id, architecture="x86_64")
    assert (index.read_bytes(), strings.read_bytes()) == before


def test_truncated_messages_and_marks_survive(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    writer.truncated(1, TIME_NS, read_message(dropped=4), 2_000_000)
    writer.mark(TIME_NS, {"kind": "note"})
    writer.close()
    before = files.index_path(path).read_bytes()
    files.index_path(path).unlink()
    Trace.open(path).close()
    assert files.index_path(path).read_bytes() == before


def test_drops_before_the_first_message_that_is_left_are_not_told_again(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    head = {"format": 1, "id": bytes(16), "arch": "x86_64"}
    opened = {"peer_pid": 3, "dropped_before": 100}
    path.write_bytes(
        pack_record(LogKind.HEADER, 0, 1, pack_details(head))
        + pack_record(LogKind.OPENED, 1, 1, pack_details(opened))
        + pack_record(LogKind.MESSAGE, 1, 2, read_message(dropped=103))
    )
    trace = Trace.open(path)
    rows = trace.rows(0, 9)
    assert rows["result"][rows["kind"] == Kind.DROP].tolist() == [3]
    assert trace.connections[1].dropped == 103
    trace.close()


def test_a_damaged_stretch_is_counted_and_the_rest_read(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=n) for n in range(20)])])
    raw = bytearray(path.read_bytes())
    place = raw.index(read_message(fd=7)) - 21
    raw[place : place + 2] = b"\x00\x00"
    path.write_bytes(raw)
    files.index_path(path).unlink()
    trace = Trace.open(path)
    rows = trace.rows(0, 99)
    fds = rows["fd"][rows["kind"] == Kind.MESSAGE].tolist()
    assert fds == [n for n in range(20) if n != 7]
    assert trace.damaged_bytes == len(read_message(fd=7)) + 21
    trace.close()
