from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace import files
from gvtui.trace.fit import Fit
from gvtui.trace.reader import Trace
from gvtui.trace.row import ROW_DTYPE
from gvtui.trace.window import Window
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message


def rows_of(path: Path) -> np.ndarray:
    raw = files.index_path(path).read_bytes()[files.INDEX_HEAD_SIZE :]
    return np.frombuffer(raw, ROW_DTYPE).copy()


def whole(path: Path) -> Path:
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, {"peer_pid": 3})
    for number in range(6):
        writer.message(1, TIME_NS + number, read_message(fd=number, dropped=number // 2))
    writer.truncated(1, TIME_NS, read_message(dropped=9)[:20], 1 << 20)
    writer.mark(TIME_NS, {"text": "x"})
    writer.closed(1, TIME_NS, {})
    writer.close()
    return path


def fits(path: Path, rows: np.ndarray, size: int = 100) -> bool:
    fit = Fit(Window.over(path.read_bytes()))
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    return all(map(fit.take, parts)) and fit.is_whole()


@given(st.integers(1, 20))
def test_rows_as_they_were_written_fit(tmp_path_factory: object, size: int) -> None:
    path = whole(tmp_path_factory.mktemp("f") / "a.gvtrace")  # type: ignore[attr-defined]
    assert fits(path, rows_of(path), size)


def test_rows_of_a_damaged_log_fit(tmp_path: Path) -> None:
    path = whole(tmp_path / "a.gvtrace")
    offset = int(rows_of(path)["offset"][3])
    with path.open("r+b") as log:
        log.seek(offset - 21)
        log.write(b"?")
    files.index_path(path).unlink()
    trace = Trace.open(path)
    assert trace.damaged_bytes > 0
    trace.close()
    assert fits(path, rows_of(path))


@given(st.data())
def test_rows_that_are_missing_or_in_disorder_do_not_fit(
    tmp_path_factory: object, data: st.DataObject
) -> None:
    path = whole(tmp_path_factory.mktemp("f") / "a.gvtrace")  # type: ignore[attr-defined]
    rows = rows_of(path)
    places = st.integers(0, len(rows) - 1)
    if data.draw(st.booleans()):
        gone = data.draw(places)
        changed = np.delete(rows, gone)
        # A drop is told by the message behind it; without its row the log has still all rows.
        if rows["kind"][gone] == 4:
            return
    else:
        first, second = data.draw(places), data.draw(places)
        changed = rows.copy()
        changed[[first, second]] = rows[[second, first]]
        if (changed["offset"] == rows["offset"]).all():
            return
    assert not fits(path, changed, data.draw(st.integers(1, 20)))
