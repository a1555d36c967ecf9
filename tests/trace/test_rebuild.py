from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.export.convert import convert
from gvtui.export.selection import Selection
from gvtui.limits import AS_THEY_COME
from gvtui.trace import files
from gvtui.trace.details import pack_details
from gvtui.trace.reader import Trace
from gvtui.trace.rebuild import rebuild_index
from gvtui.trace.records import HEAD_SIZE, LogKind, Record, pack_record, scan
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message, recorded_datagrams, to_format_1, write_trace


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
    assert trace.connections[1].dropped == 3
    trace.close()


def test_a_time_that_no_row_can_hold_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    to_format_1(write_trace(path, [(1, [read_message(fd=fd) for fd in range(3)])]))
    log = bytearray(path.read_bytes())
    whole = [record for record in scan(bytes(log)) if isinstance(record, Record)]
    # In front of the payload stand eight bytes of time, a tag and four bytes of size.
    log[whole[-2].offset - 13] |= 0x80
    path.write_bytes(log)
    trace = Trace.open(path)
    assert trace.end_row == len(whole) - 2
    assert trace.damaged_bytes == HEAD_SIZE + len(whole[-2].payload)
    trace.close()


@given(data=st.data())
def test_a_changed_byte_costs_its_own_record(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("r") / "a.gvtrace"
    datagrams = [read_message(fd=fd) for fd in range(data.draw(st.sampled_from([3, 100])))]
    to_format_1(write_trace(path, [(1, datagrams)]))
    log = bytearray(path.read_bytes())
    records = [record for record in scan(bytes(log)) if isinstance(record, Record)]
    place = data.draw(st.integers(records[1].offset - HEAD_SIZE, len(log) - 1))
    log[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(log)
    trace = Trace.open(path)
    kept = {trace.payload(row) for row in range(trace.end_row)}
    trace.close()
    ends = [(record, record.offset + len(record.payload)) for record in records]
    assert kept >= {record.payload for record, end in ends[1:] if end <= place}
    changed = next(record for record, end in ends if place < end)
    # A wrong size can take what follows with it.
    if not changed.offset - 4 <= place < changed.offset:
        assert kept >= {record.payload for record in records if record.offset > place + HEAD_SIZE}


def test_a_damaged_stretch_is_counted_and_the_rest_read(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=n) for n in range(20)])])
    to_format_1(path)
    raw = bytearray(path.read_bytes())
    place = raw.index(read_message(fd=7)) - 21
    raw[place : place + 2] = b"\x00\x00"
    path.write_bytes(raw)
    trace = Trace.open(path)
    rows = trace.rows(0, 99)
    fds = rows["fd"][rows["kind"] == Kind.MESSAGE].tolist()
    assert fds == [n for n in range(20) if n != 7]
    assert trace.damaged_bytes == len(read_message(fd=7)) + 21
    trace.close()


@pytest.mark.parametrize("limit", [1000, 1 << 31])
def test_claimed_drops_are_judged_by_the_limit_of_the_recording(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path, limits=replace(AS_THEY_COME, drops_a_second=limit))
    writer.opened(1, TIME_NS, {})
    writer.message(1, TIME_NS + 1, read_message(dropped=100_000_000))
    writer.message(1, TIME_NS + 2, read_message(dropped=100_005_000))
    writer.close()
    written = Trace.open(path)
    dropped = written.connections.dropped
    assert (dropped > 0) == (limit > 1000)
    written.close()
    files.index_path(path).unlink()
    rebuilt = Trace.open(path)
    assert (rebuilt.connections.dropped, rebuilt.drops_a_second) == (dropped, limit)
    convert(Selection(rebuilt, ""), tmp_path / "b.gvtrace")
    copy = Trace.open(tmp_path / "b.gvtrace")
    assert (copy.connections.dropped, copy.drops_a_second) == (dropped, limit)
    for trace in (rebuilt, copy):
        trace.close()
