from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from gvtui.trace import stretches as module
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message, write_trace


def payloads(trace: Trace, asked: list[bool]) -> dict[int, bytes]:
    """What the stretches hold of each row that was asked for."""
    rows = trace.rows(trace.first_row, trace.end_row)
    found = {}
    for stretch in trace.stretches(trace.first_row, rows, np.array(asked)):
        for place in range(stretch.stop - stretch.first):
            if asked[stretch.first + place]:
                row = trace.first_row + stretch.first + place
                found[row] = stretch.data[stretch.starts[place] : stretch.ends[place]]
    return found


@pytest.mark.parametrize("step", [1, 200, 1 << 20])
def test_each_row_asked_for_is_in_one(
    tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STEP", step)
    messages = [read_message(count=number, dropped=number // 7) for number in range(30)]
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", [(1, messages), (2, messages[:3])]))
    for every in (1, 2, 9):
        asked = [row % every == 0 for row in range(trace.end_row)]
        found = payloads(trace, asked)
        assert found == {row: trace.payload(row) for row in range(trace.end_row) if asked[row]}
    assert any(trace.row(row).kind == Kind.DROP for row in range(trace.end_row))
    trace.close()


def test_rows_of_several_segments(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a", keep_bytes=1 << 20, segment_bytes=4096)
    for number in range(200):
        writer.message(1, TIME_NS + number, read_message(count=number))
    trace = Trace.open(tmp_path / "a")
    asked = [True] * (trace.end_row - trace.first_row)
    found = payloads(trace, asked)
    assert found == {row: trace.payload(row) for row in range(trace.first_row, trace.end_row)}
    trace.close()
    writer.close()


def test_a_log_that_was_cut_short_ends_the_data(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()] * 10)])
    trace = Trace.open(path)
    os.truncate(path, path.stat().st_size // 2)
    rows = trace.rows(0, trace.end_row)
    (stretch,) = trace.stretches(0, rows, np.ones(len(rows), np.bool_))
    assert stretch.ends[0] <= len(stretch.data) < stretch.ends[-1]
    trace.close()
