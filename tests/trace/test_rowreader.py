from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.trace import rowreader
from gvtui.trace.reader import Trace
from gvtui.trace.rowreader import RowReader
from gvtui.trace.strings import LOST_TEXT
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[Trace]:
    writer = TraceWriter(tmp_path / "a", keep_bytes=1 << 20, segment_bytes=4096)
    for number in range(200):
        writer.message(1, TIME_NS + number, read_message(count=number))
    writer.close()
    opened = Trace.open(tmp_path / "a")
    yield opened
    opened.close()


def test_rows_come_one_by_one_as_they_come_together(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rowreader, "_BLOCK", 16)
    monkeypatch.setattr(rowreader, "_MAX_BLOCKS", 3)
    reader = RowReader(trace._segments, trace._strings)
    together = reader.rows(0, 10_000).tolist()
    assert [tuple(reader.row(row)) for row in range(reader.end_row)] == together
    assert len(reader._blocks) == 3
    assert tuple(reader.row(0)) == together[0], "read again"


def test_rows_that_are_not_there_are_told(trace: Trace) -> None:
    reader = RowReader(trace._segments, trace._strings)
    for row in (-1, reader.end_row):
        with pytest.raises(IndexError, match=rf"no row {row}: rows 0 to {reader.end_row - 1} are"):
            reader.row(row)


def test_a_row_has_its_payload_and_its_strings(trace: Trace) -> None:
    reader = RowReader(trace._segments, trace._strings)
    last = reader.end_row - 1
    assert reader.payload(last) == trace.payload(last)
    assert reader.string(reader.row(last).point) == "syscall/read/enter"
    assert reader.string(1 << 30) == LOST_TEXT
    assert not reader.damage
