from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtui.trace import payloads as module
from gvtui.trace import sidefiles
from gvtui.trace.payloads import SAVE_FILE, Part
from gvtui.trace.reader import Trace
from gvtui.trace.records import DamagedError
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message, to_format_1, write_trace


def mixed(path: Path) -> list[bytes]:
    """A recording of batches of all sizes, with drops, a truncated message and marks."""
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, {"peer_pid": 1})
    sent = []
    for size in (1, 3, 90, 1, 600, 2):
        dropped = size
        batch = [read_message(fd=fd, dropped=dropped) for fd in range(size)]
        writer.received(1, TIME_NS + size, batch)
        sent += batch
        writer.mark(TIME_NS, {"text": f"{size}"})
    batch = [read_message(fd=fd) for fd in range(80)]
    writer.messages(2, [(TIME_NS + place, data) for place, data in enumerate(batch)])
    sent += batch
    cut = read_message(dropped=900) + bytes(50)
    writer.truncated(1, TIME_NS, cut, 1 << 22)
    writer.received(3, TIME_NS, [b"", b"", read_message(), b""])
    writer.closed(1, TIME_NS, {})
    writer.close()
    return [*sent, cut, b"", b"", read_message(), b""]


@pytest.mark.parametrize("form", [1, 2])
def test_any_row_is_read_at_any_time(tmp_path: Path, form: int) -> None:
    path = tmp_path / "a.gvtrace"
    sent = mixed(path)
    if form == 1:
        to_format_1(path)
    trace = Trace.open(path)
    rows = [row for row in range(trace.end_row) if trace.row(row).kind == Kind.MESSAGE]
    assert [trace.payload(row) for row in rows] == sent
    other = Trace.open(path)
    order = list(range(len(rows)))
    random.Random(5).shuffle(order)
    for place in order:
        assert other.payload(rows[place]) == sent[place]
    drops = [row for row in range(trace.end_row) if trace.row(row).kind == Kind.DROP]
    assert len(drops) >= 4
    for row in drops:
        # A drop's payload is the message that told of it.
        assert trace.payload(row) == trace.payload(row + 1)
    assert not trace.damage
    for each in (trace, other):
        each.close()


def test_the_first_row_of_a_batch_is_found_over_many_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS", 7)
    sent = [read_message(fd=fd, dropped=fd // 9) for fd in range(300)]
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", [(1, sent)]))
    rows = [row for row in range(trace.end_row) if trace.row(row).kind == Kind.MESSAGE]
    assert [trace.payload(row) for row in reversed(rows)] == list(reversed(sent))
    trace.close()


def test_a_live_trace_is_read_as_it_grows(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    trace = Trace.open(writer.path)
    sent: list[bytes] = []
    for size in (1, 2, 70, 1, 1):
        batch = [read_message(fd=fd) for fd in range(size)]
        writer.received(1, TIME_NS, batch)
        sent += batch
        assert trace.refresh()
        assert [trace.payload(row) for row in range(trace.end_row)] == sent
    writer.close()
    trace.close()


@given(data=st.data())
@settings(max_examples=60)
def test_a_flipped_byte_is_told_by_whoever_reads_the_messages(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("p") / "a.gvtrace"
    sent = [read_message(fd=fd) for fd in range(data.draw(st.sampled_from([1, 2, 70])))]
    write_trace(path, [(1, sent[:1]), (1, sent[1:]), (2, sent)] if sent[1:] else [(1, sent)])
    trace = Trace.open(path)
    messages = [row for row in range(trace.end_row) if trace.row(row).kind == Kind.MESSAGE]
    starts = [trace.row(row).offset for row in messages]
    trace.close()
    log = bytearray(path.read_bytes())
    place = data.draw(st.integers(starts[0], starts[-1] + 5))
    log[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(log)
    trace = Trace.open(path)
    whole = 0
    for row in range(trace.end_row):
        try:
            trace.payload(row)
            whole += 1
        except DamagedError:
            pass
    assert trace.damage or trace.damaged_bytes or whole < trace.end_row
    trace.close()


def test_a_batch_whose_front_is_damaged_is_not_believed(tmp_path: Path) -> None:
    sent = [read_message(fd=fd) for fd in range(70)]
    path = write_trace(tmp_path / "a.gvtrace", [(1, sent), (2, sent)])
    trace = Trace.open(path)
    first = trace.row(1).offset
    trace.close()
    log = bytearray(path.read_bytes())
    log[first - 20] ^= 1
    path.write_bytes(log)
    trace = Trace.open(path)
    for row in range(1, 71):
        with pytest.raises(DamagedError):
            trace.payload(row)
    assert trace.payload(72) == sent[0]
    assert len(trace.damage) == 70
    trace.close()


def test_two_joined_recordings_have_connections_of_their_own(tmp_path: Path) -> None:
    paths = [
        write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=1)]), (2, [read_message(fd=2)])]),
        to_format_1(write_trace(tmp_path / "b.gvtrace", [(1, [read_message(fd=3)])])),
        write_trace(tmp_path / "c.gvtrace", [(1, [read_message(fd=4)] * 70)]),
    ]
    joined = tmp_path / "joined.gvtrace"
    joined.write_bytes(b"".join(path.read_bytes() for path in paths))
    for _ in range(2):
        # The second time from the index that was made the first time.
        trace = Trace.open(joined)
        rows = trace.rows(0, 999)
        rows = rows[rows["kind"] == Kind.MESSAGE]
        assert sorted(zip(rows["conn"].tolist(), rows["fd"].tolist(), strict=True)) == [
            (1, 1),
            (2, 2),
            (3, 3),
            *[(4, 4)] * 70,
        ]
        assert [each.peer_pid for each in trace.connections.values()] == [101, 102, 101, 101]
        for row in range(trace.end_row):
            trace.payload(row)
        assert not trace.damage
        assert trace.damaged_bytes == 0
        trace.close()
    made = sidefiles.beside(joined).rows.stat().st_mtime_ns
    Trace.open(joined).close()
    assert sidefiles.beside(joined).rows.stat().st_mtime_ns == made


@pytest.mark.parametrize("form", [1, 2])
@pytest.mark.parametrize(
    "changed", [{"offset": 1 << 63}, {"offset": (1 << 64) - 1}, {"length": (1 << 32) - 1}]
)
def test_a_row_that_points_out_of_its_log_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: int, changed: dict[str, int]
) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()] * 3)])
    if form == 1:
        to_format_1(path)
    trace = Trace.open(path)
    row = trace.row(2)._replace(**changed)
    monkeypatch.setattr(trace, "row", lambda _: row)
    with pytest.raises(DamagedError, match="is damaged"):
        trace.payload(2)
    trace.close()


def test_parts_come_back() -> None:
    parts = [Part(0, 2), Part(1 << 40, 1, 7)]
    assert Part.unpack(b"".join(part.pack() for part in parts)) == parts
    assert SAVE_FILE < 0


def test_a_record_that_is_alone_is_found_without_the_rows_before_it(tmp_path: Path) -> None:
    messages = [read_message(count=number) for number in range(40)]
    batches = [(conn, messages) for conn in range(1, 6)]
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", batches))
    events = [row for row in range(trace.end_row) if trace.row(row).kind != Kind.MESSAGE]
    payloads = trace._segments.oldest.payloads
    looked: list[int] = []

    def look(row: int, out: object) -> int:
        looked.append(row)
        return 0

    payloads._read_rows = look
    for row in reversed(events):
        assert trace.details(row)
    assert len(events) == 10
    assert looked == []
    trace.close()
