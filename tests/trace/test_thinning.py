from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from gvtui.trace import files
from gvtui.trace.contents import Contents
from gvtui.trace.header import segment_header
from gvtui.trace.reader import Trace
from gvtui.trace.row import Flag, Kind
from gvtui.trace.segment import Segment
from gvtui.trace.thinning import Source, thin
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message

if TYPE_CHECKING:
    from pathlib import Path


def folder_of_two(folder: Path) -> None:
    """A segment of all kinds of rows of two connections, and one behind it."""
    writer = TraceWriter(folder, keep_bytes=1 << 30, segment_bytes=40_000)
    for conn in (1, 2):
        writer.opened(conn, TIME_NS, {"peer_pid": conn})
    writer.mark(TIME_NS, {"text": "of all"})
    for number in range(100):
        when = TIME_NS + number
        writer.mark(when, {"text": "of one"}, 1 + number % 2)
        writer.truncated(1 + number % 2, when, read_message(fd=number, dropped=number), 70_000)
        batch = [
            (when + place, read_message(fd=number, dropped=number + place)) for place in range(3)
        ]
        writer.messages(1 + number % 2, batch)
    writer.messages(1, [(TIME_NS + 200, read_message())] * 5000)
    writer.close()
    for number in files.segment_numbers(folder)[2:]:
        files.segment_path(folder, number).unlink()
        files.index_path(files.segment_path(folder, number)).unlink()


def thinned(folder: Path, piece: files.Piece, keeps: set[int]) -> None:
    log = files.segment_path(folder, 1)
    segment = Segment.open(1, log, files.index_path(log))
    with closing(segment):
        source = Source(segment, lambda conn: conn in keeps, Contents.of(segment))
        thin(folder, piece, [source], segment_header(files.segment_path(folder, 2)))


def go(folder: Path) -> None:
    """The oldest segment goes."""
    log = files.segment_path(folder, 1)
    log.unlink()
    files.index_path(log).unlink()


def test_rows_of_all_kinds_stay_as_they_were(tmp_path: Path) -> None:
    folder_of_two(tmp_path)
    with closing(Trace.open(tmp_path)) as trace:
        numbers = [row for row in range(trace._segments.oldest.rows) if trace.row(row).conn != 1]
        before = [trace.row(row)._replace(offset=0) for row in numbers]
        payloads = [trace.payload(row) for row in numbers]
        dropped = trace.connections.dropped
    assert {row.kind for row in before} == {Kind.MESSAGE, Kind.OPENED, Kind.MARK, Kind.DROP}
    assert any(row.flags & Flag.TRUNCATED for row in before)
    thinned(tmp_path, files.Piece(1, 1, 0), {2})
    with closing(Trace.open(tmp_path)) as trace:
        # The segment itself is there still.
        assert trace.thinned == []
    go(tmp_path)
    with closing(Trace.open(tmp_path)) as trace:
        kept = trace._segments.oldest
        assert kept.is_piece
        rows = range(kept.first_row + 1, kept.end_row)
        assert [trace.row(row)._replace(offset=0) for row in rows] == before
        assert [trace.payload(row) for row in rows] == payloads
        assert trace.connections.dropped == dropped
        assert trace.connections[1].details["peer_pid"] == 1
        assert len(trace.thinned) == 1


def test_what_cannot_be_written_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of_two(tmp_path)
    before = sorted(tmp_path.iterdir())

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            thinned(tmp_path, files.Piece(1, 1, 0), {2})
    assert sorted(tmp_path.iterdir()) == before


def test_leftovers_are_in_nobodys_way(tmp_path: Path) -> None:
    folder_of_two(tmp_path)
    piece = files.Piece(1, 1, 0)
    for name in (f"{piece.name}.new", f"{piece.name}.new.index", f"{piece.name}.index"):
        (tmp_path / name).write_bytes(b"left")
    with closing(Trace.open(tmp_path)) as trace:
        assert trace.thinned == []
    thinned(tmp_path, piece, {2})
    go(tmp_path)
    with closing(Trace.open(tmp_path)) as trace:
        assert len(trace.thinned) == 1


def test_a_damaged_message_is_left_out(tmp_path: Path) -> None:
    folder_of_two(tmp_path)
    with closing(Trace.open(tmp_path)) as trace:
        row = next(row for row in range(99) if trace.row(row).conn == 2 and not trace.row(row).kind)
        offset = trace.row(row).offset
        messages = sum(trace.row(row).conn == 2 for row in range(trace._segments.oldest.rows))
    log = files.segment_path(tmp_path, 1)
    data = bytearray(log.read_bytes())
    data[offset + 20] ^= 1
    log.write_bytes(data)
    thinned(tmp_path, files.Piece(1, 1, 0), {2})
    go(tmp_path)
    with closing(Trace.open(tmp_path)) as trace:
        kept = trace._segments.oldest
        left = [row for row in range(kept.first_row, kept.end_row) if trace.row(row).conn == 2]
        assert messages - 2 <= len(left) < messages
        for row in range(kept.first_row, kept.end_row):
            trace.payload(row)
        assert not trace.damage
