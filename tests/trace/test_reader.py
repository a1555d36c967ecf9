from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import WireError
from tests.trace.factory import TIME_NS, TRACES, read_message, recorded_datagrams, write_trace
from tests.trace.recorder import SECOND, START_NS, Recorder


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("seed-example"))] * 3)


def test_a_save_file_and_a_recording_read_alike(tmp_path: Path) -> None:
    datagrams = recorded_datagrams("network-2024")
    recorded = Trace.open(write_trace(tmp_path / "a.gvtrace", [(1, datagrams)]))
    saved = Trace.open(TRACES / "network-2024.trace")
    assert saved.is_save_file
    assert not recorded.is_save_file
    ours, theirs = recorded.rows(0, 9999), saved.rows(0, 9999)
    for column in ours.dtype.names or ():
        if column not in {"offset", "recv_ns", "length"}:
            assert np.array_equal(ours[column], theirs[column]), column
    assert [trace.decoded(5).header.message_type for trace in (saved, recorded)] == [6, 6]
    recorded.close()
    saved.close()


def test_a_growing_recording_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, {"peer_pid": 4})
    trace = Trace.open(path)
    assert trace.end_row == 1
    assert not trace.refresh()
    writer.message(1, TIME_NS, read_message(name="first"))
    assert trace.end_row == 1
    assert trace.refresh()
    assert trace.string(trace.row(1).process) == "first"
    assert trace.row(1).kind == Kind.MESSAGE
    writer.closed(1, TIME_NS + 5, {"reason": "done"})
    writer.close()
    trace.refresh()
    assert trace.connections[1].close_reason == "done"
    assert not trace.connections[1].connected
    trace.close()


def test_rows_are_clipped_to_what_is_there(recording: Path) -> None:
    trace = Trace.open(recording)
    assert len(trace.rows(-5, 3)) == 3
    assert len(trace.rows(trace.end_row - 1, trace.end_row + 100)) == 1
    assert len(trace.rows(10, 5)) == 0
    for index in (-1, trace.end_row):
        with pytest.raises(IndexError):
            trace.row(index)
    trace.close()


def test_rows_are_held_back_by_a_limit(recording: Path) -> None:
    trace = Trace.open(recording)
    total = trace.end_row
    trace.close()
    trace = Trace.open(recording, limit=0)
    assert (trace.end_row, len(trace.connections)) == (0, 0)
    trace.limit = 3
    assert trace.refresh()
    assert trace.end_row == 3
    assert trace.connections.messages == 2
    trace.limit = None
    trace.refresh()
    assert trace.end_row == total
    trace.close()


def test_a_time_finds_its_row(recording: Path) -> None:
    trace = Trace.open(recording)
    assert trace.row_at_time(0) == 0
    assert trace.row_at_time(TIME_NS + 1) == 2
    assert trace.row_at_time(TIME_NS + 10**12) == trace.end_row
    trace.close()


def test_a_malformed_message_says_so_when_decoded(tmp_path: Path) -> None:
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", [(1, [b"\x08\x00"])]))
    assert trace.connections[1].malformed == 1
    with pytest.raises(WireError):
        trace.decoded(1)
    trace.close()


def test_a_time_finds_its_row_though_the_clock_was_set_back(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1000)
    recorder.now -= 3600 * SECOND
    recorder.add(1500)
    trace = Trace.open(recorder.path)
    for row in (1, 500, 999, 1020, 1700, 2400):
        assert trace.row_at_time(trace.row(row).recv_ns) == row
    assert trace.row_at_time(START_NS + 2 * SECOND) == trace.end_row
    assert trace.row_at_time(START_NS - 3600 * SECOND) == 0
    recorder.now += 7200 * SECOND
    recorder.add(1500)
    trace.refresh()
    # The step forward passes over the times of the first rows.
    for row in (1, 500, 990, 1020, 1700, 2400, 2600, 3900):
        assert trace.row_at_time(trace.row(row).recv_ns) == row
    trace.close()
