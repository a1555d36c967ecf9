from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gvtui.trace import files
from gvtui.trace.row import ROW_DTYPE
from gvtui.trace.segment import Segment
from tests.trace.factory import read_message, write_trace


def test_rows_are_read_from_where_they_stand(tmp_path: Path) -> None:
    log = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=n) for n in range(9)])])
    segment = Segment.open(1, log, files.index_path(log))
    assert (segment.first_row, segment.end_row, segment.has_head) == (0, 11, True)
    out = np.empty(4, ROW_DTYPE)
    assert segment.read(2, out) == 4
    assert out["fd"].tolist() == [1, 2, 3, 4]
    assert segment.read(9, out) == 2
    assert not segment.refresh()
    segment.close()


def test_a_segment_without_its_head_yet_says_so(tmp_path: Path) -> None:
    log, index = tmp_path / "log", tmp_path / "index"
    log.touch()
    index.touch()
    segment = Segment.open(2, log, index)
    assert (segment.has_head, segment.rows) == (False, 0)
    segment.close()
    with pytest.raises(FileNotFoundError):
        Segment.open(2, log, tmp_path / "missing")
