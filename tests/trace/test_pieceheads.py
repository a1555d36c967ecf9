from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from gvtui.trace import files
from gvtui.trace.header import piece_header, segment_header
from gvtui.trace.pieceheads import piece_head, thinned_record
from gvtui.trace.pieces import Pieces
from gvtui.trace.reader import Trace
from gvtui.trace.scanning import scan_log
from gvtui.trace.survey import survey
from gvtui.trace.thinned import thinned_in
from gvtui.trace.window import Window
from tests.trace.test_pieces import Recorder

if TYPE_CHECKING:
    from pathlib import Path


def pieces(folder: Path) -> list[Path]:
    """The pieces of a recorder that has let go of messages of its second connection."""
    recorder = Recorder(folder)
    for _ in range(60):
        recorder.send(1)
        recorder.send(2, 60)
    recorder.writer.close()
    return [log for log in files.logs_in(folder).values() if files.is_piece(log)]


def break_at(log: Path, place: int) -> None:
    data = bytearray(log.read_bytes())
    data[place] ^= 1
    log.write_bytes(data)


@pytest.mark.parametrize("part", ["lead", "details"])
def test_a_damaged_header_is_told_by_the_first_mark(tmp_path: Path, part: str) -> None:
    log = pieces(tmp_path / "live")[1]
    known = segment_header(log)
    assert piece_header(log) == known
    break_at(log, 3 if part == "lead" else log.read_bytes().index(b"program"))
    assert "id" not in segment_header(log)
    told = piece_header(log)
    assert told.keys() - {"format"} == {"thinned"}
    assert thinned_in(told) == thinned_in(known)
    assert thinned_in(known).counts.total().messages > 0


def test_only_a_whole_mark_of_what_was_let_go_tells_it(tmp_path: Path) -> None:
    log = pieces(tmp_path / "live")[1]
    assert sum(thinned_record(item) is not None for item in scan_log(log.read_bytes())) == 1
    break_at(log, log.read_bytes().index(b"program"))
    break_at(log, log.read_bytes().rindex(b"were let go"))
    assert piece_head(Window.over(log.read_bytes())) == {"format": 2}
    first = files.segment_numbers(tmp_path / "live")[0]
    segment = files.segment_path(tmp_path / "live", first)
    break_at(segment, segment.read_bytes().index(b"program"))
    assert piece_header(segment) == {"format": 2}


@pytest.mark.parametrize("which", [0, 1])
def test_what_a_damaged_piece_had_let_go_stays_told_when_it_is_joined(
    tmp_path: Path, which: int
) -> None:
    folder = tmp_path / "live"
    logs = pieces(folder)
    with closing(Trace.open(folder)) as trace:
        known = survey(trace).accounting
    break_at(logs[which], logs[which].read_bytes().index(b"program"))
    joining = Pieces(folder)
    joining.prepare(0, 200_000, 20_000)
    joining._join(1)
    (log,) = (each for each in files.logs_in(folder).values() if files.is_piece(each))
    assert log not in logs
    head = segment_header(log)
    assert ("before" in head) == (which == 1)
    with closing(Trace.open(folder)) as trace:
        found = survey(trace)
        assert found.problems == []
        assert found.accounting == known
