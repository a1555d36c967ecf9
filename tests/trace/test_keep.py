from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.trace.excerpts import ExecOrderMark
from gvtui.trace.keep import save
from gvtui.trace.marks import read_mark
from gvtui.trace.reader import Trace
from gvtui.trace.records import TraceError
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, TRACES, read_message, write_trace


def test_a_flight_recorder_becomes_a_recording(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    writer.opened(1, TIME_NS, {"peer_pid": 5, "command": ["runsc", "run", "web"]})
    for number in range(60):
        dropped = 4 if number > 5 else 0
        batch = [read_message(fd=number * 20 + n, dropped=dropped) for n in range(20)]
        writer.messages(1, [(TIME_NS + number, data) for data in batch])
    live = Trace.open(tmp_path / "live")
    assert live.first_row > 0
    told: list[tuple[int, int]] = []
    size = save(live, tmp_path / "kept.gvtrace", progress=lambda *now: told.append(now))
    # What comes later is not in it.
    writer.message(1, TIME_NS, read_message())
    assert told[-1][0] == told[-1][1]
    kept = Trace.open(tmp_path / "kept.gvtrace")
    assert (tmp_path / "kept.gvtrace").stat().st_size == size
    assert (tmp_path / "kept.gvtrace").stat().st_mode & 0o777 == 0o600
    assert kept.damaged_bytes == 0
    ours, theirs = kept.rows(0, 9999), live.rows(0, 9999)
    assert ours["kind"][0] == Kind.OPENED
    assert ours["fd"][1:].tolist() == theirs["fd"].tolist()
    assert kept.connections[1].command == ["runsc", "run", "web"]
    assert kept.connections[1].dropped == 4
    assert not (ours["kind"] == Kind.DROP).any()
    assert kept.payload(1) == live.payload(live.first_row)
    for trace in (kept, live):
        trace.close()
    writer.close()
    assert sorted(path.name for path in tmp_path.iterdir() if "new" in path.name) == []


def test_what_was_known_of_connections_is_noted_where_their_beginning_is_gone(
    tmp_path: Path,
) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    for conn in (1, 2):
        writer.opened(conn, TIME_NS, {"peer_pid": conn})
    writer.closed(2, TIME_NS, {})
    live = Trace.open(tmp_path / "live")
    marks = {1: ExecOrderMark("old", False), 2: ExecOrderMark("new", True)}
    save(live, tmp_path / "whole.gvtrace", marks=marks)
    for number in range(60):
        writer.messages(1, [(TIME_NS + number, read_message(fd=n)) for n in range(20)])
    live.refresh()
    assert live.first_row > 0
    save(live, tmp_path / "part.gvtrace", marks=marks)
    whole, part = Trace.open(tmp_path / "whole.gvtrace"), Trace.open(tmp_path / "part.gvtrace")
    assert not (whole.rows(0, 9999)["kind"] == Kind.MARK).any()
    assert part.rows(0, 9999)["kind"][:3].tolist() == [Kind.OPENED, Kind.MARK, Kind.MESSAGE]
    assert part.row(1).conn == 1
    assert read_mark(part.details(1)) == marks[1]
    for trace in (whole, part, live):
        trace.close()
    writer.close()


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])]))
    (tmp_path / "b.gvtrace").write_text("precious")
    with pytest.raises(TraceError, match="exists already"):
        save(trace, tmp_path / "b.gvtrace")
    assert (tmp_path / "b.gvtrace").read_text() == "precious"
    with pytest.raises(TraceError, match="cannot write"):
        save(trace, tmp_path / "no" / "b.gvtrace")
    trace.close()


def test_a_save_file_is_not_converted(tmp_path: Path) -> None:
    trace = Trace.open(TRACES / "seed-example.trace")
    with pytest.raises(TraceError, match="save file already"):
        save(trace, tmp_path / "b.gvtrace")
    trace.close()
