from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtui.trace import stretches as module
from gvtui.trace.batches import FORMAT
from gvtui.trace.reader import Trace
from gvtui.trace.records import DamagedError
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message, to_format_1, write_trace


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


def records(path: Path, form: int) -> tuple[Path, list[int]]:
    """A recording of batches of several sizes, in a format, and where its messages' bytes are."""
    many = [read_message(fd=fd) for fd in range(120)]
    whole = write_trace(path, [(1, many), (2, many[:1]), (1, many[:7])])
    path = to_format_1(whole) if form == 1 else whole
    trace = Trace.open(path)
    rows = [trace.row(row) for row in range(trace.end_row)]
    trace.close()
    return path, [
        place
        for row in rows
        if row.kind == Kind.MESSAGE
        for place in range(row.offset, row.offset + row.length)
    ]


@given(data=st.data())
@settings(max_examples=40)
def test_rows_are_intact_whose_records_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    form = data.draw(st.sampled_from([1, FORMAT]))
    path, places = records(tmp_path_factory.mktemp("i") / "a.gvtrace", form)
    log = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.sampled_from(places), max_size=3)):
        log[place] ^= 1
    path.write_bytes(log)
    trace = Trace.open(path)
    start = data.draw(st.integers(0, trace.end_row - 1))
    rows = trace.rows(start, trace.end_row)
    flags = st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))
    asked = np.array(data.draw(flags), np.bool_)
    intact = trace.intact(start, rows, asked).tolist()
    told = len(trace.damage)
    for place, is_asked in enumerate(asked.tolist()):
        try:
            trace.payload(start + place)
        except DamagedError:
            assert not intact[place]
        else:
            assert intact[place] == is_asked
    if asked.all():
        assert len(trace.damage) == told
    trace.close()
