from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from gvtui.trace.reader import Trace
from gvtui.trace.records import DamagedError
from gvtui.trace.row import Kind
from gvtui.trace.sharing import SharedTrace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message
from tests.trace.recorder import TRACES


def test_rows_and_messages_are_those_of_the_trace(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a", keep_bytes=1 << 20, segment_bytes=4096)
    for number in range(200):
        writer.message(1, TIME_NS + number, read_message(count=number))
    trace = Trace.open(tmp_path / "a")
    share = trace.share()
    assert len(share.files) > 3
    shared = SharedTrace(share.words, [os.dup(file) for file in share.files])
    assert (shared.first_row, shared.end_row) == (trace.first_row, trace.end_row)
    assert shared.architecture == trace.architecture
    rows = trace.rows(0, trace.end_row)
    assert (shared.rows(0, 10_000) == rows).all()
    for row in range(trace.first_row, trace.end_row):
        assert shared.row(row) == trace.row(row)
        if trace.row(row).kind == Kind.MESSAGE:
            assert shared.payload(row) == trace.payload(row)
            assert shared.decoded(row).message == trace.decoded(row).message
    with pytest.raises(IndexError):
        shared.row(trace.end_row)
    shared.refresh()
    assert list(shared.strings) == list(trace.strings)
    assert shared.string(10_000) == trace.string(10_000)
    asked = np.ones(len(rows), np.bool_)
    assert shared.intact(0, rows, asked).tolist() == trace.intact(0, rows, asked).tolist()
    shared.close()
    # The trace's own files stay open.
    assert len(trace.rows(0, 5)) == 5
    trace.close()
    writer.close()


def test_a_save_file_of_gvisor_s_is_shared_as_a_recording_is() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    share = trace.share()
    shared = SharedTrace(share.words, [os.dup(file) for file in share.files])
    assert shared.end_row == trace.end_row
    for row in range(trace.first_row, trace.end_row, 50):
        assert shared.payload(row) == trace.payload(row)
    shared.close()
    trace.close()


def test_damage_is_noted_until_it_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    writer.message(1, TIME_NS, read_message())
    writer.close()
    trace = Trace.open(path)
    row = next(row for row in range(trace.end_row) if trace.row(row).kind == Kind.MESSAGE)
    place = trace.row(row).offset
    log = bytearray(path.read_bytes())
    log[place + 9] ^= 1
    path.write_bytes(log)
    share = trace.share()
    shared = SharedTrace(share.words, [os.dup(file) for file in share.files])
    with pytest.raises(DamagedError):
        shared.payload(row)
    assert shared.damage.take() == [(1, place)]
    assert not shared.damage.take()
    shared.close()
    trace.close()
