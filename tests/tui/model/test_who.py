from __future__ import annotations

import shutil
from pathlib import Path

from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.tui.model.who import chip_words, flip_sessions, process_of, session_of
from tests.tui.fake import FakeViewer

SESSIONS = Path(__file__).parents[2] / "data" / "newest" / "exec-session.gvtrace"


def test_a_process_has_a_filter_and_words() -> None:
    model = FakeViewer().model
    expression, words = process_of(model, 1000)
    assert model.check(expression)
    row = model.trace.row(1000)
    assert str(row.pid) in words
    assert model.trace.process_name(1000) in words


def test_the_exec_session_of_a_row_is_hidden_by_a_chip(tmp_path: Path) -> None:
    trace = Trace.open(Path(shutil.copy(SESSIONS, tmp_path)))
    model = FakeViewer(trace=trace).model
    while model.analysis.context.advance():
        pass
    rows = range(trace.first_row, trace.end_row)
    assert all(
        session_of(model, row) is None for row in rows if trace.row(row).kind != Kind.MESSAGE
    )
    tops = {top.number: top for row in rows if (top := session_of(model, row)) is not None}
    flip_sessions(model, list(tops.values()))
    (chip,) = model.chips
    assert chip_words(model, chip) == "without exec session 58 sh"
    flip_sessions(model, list(tops.values()))
    assert not len(model.chips)
