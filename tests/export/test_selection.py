from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gvtui.export import selection
from gvtui.export.selection import Selection
from gvtui.query.filter.compile import FilterError
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import DATA, TRACES

EXECS = DATA / "execs"


@pytest.fixture
def trace() -> Iterator[Trace]:
    opened = Trace.open(TRACES / "shell-2024.trace")
    yield opened
    opened.close()


def test_all_rows_without_a_filter(trace: Trace) -> None:
    assert list(Selection(trace).row_ids(0, trace.end_row)) == list(range(trace.end_row))


def test_only_the_rows_asked_for(trace: Trace) -> None:
    assert list(Selection(trace).row_ids(3, 6)) == [3, 4, 5]
    assert list(Selection(trace).row_ids(trace.end_row - 1, trace.end_row + 9)) == [
        trace.end_row - 1
    ]


def test_rows_that_pass(trace: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "CHUNK", 7)
    chosen = Selection(trace, "proc.name = cat and evt.failed = true")
    ids = list(chosen.row_ids(0, trace.end_row))
    assert ids
    for row_id in range(trace.end_row):
        row = trace.row(row_id)
        passes = trace.string(row.process) == "cat" and row.errno != 0
        assert (row_id in ids) == passes == chosen.includes(row_id)


def test_filters_that_need_to_know_the_process_tree(trace: Trace) -> None:
    ids = list(Selection(trace, "proc.ppid = 1").row_ids(0, trace.end_row))
    assert ids
    assert all(trace.row(row_id).pid != 1 for row_id in ids)
    assert list(Selection(trace, 'proc.cmdline contains "ls -la"').row_ids(0, trace.end_row))
    assert list(Selection(trace, "evt.latency > 100us").row_ids(0, trace.end_row))


def test_look_ahead_pairs_everything(trace: Trace) -> None:
    chosen = Selection(trace)
    chosen.look_ahead()
    assert chosen.pairs.is_done


def test_a_text_that_is_no_filter(trace: Trace) -> None:
    with pytest.raises(FilterError):
        Selection(trace, "proc.name =")


def test_a_row_waits_a_while_for_what_may_yet_be_known(tmp_path: Path) -> None:
    whole = Trace.open(Path(shutil.copy(EXECS / "failed-exec.gvtrace", tmp_path)))
    writer = TraceWriter(tmp_path / "growing.gvtrace")
    writer.opened(1, 1, {})
    growing = Trace.open(tmp_path / "growing.gvtrace")
    chosen = Selection(growing)
    for row in range(1, 6):
        writer.message(1, 1, whole.payload(row))
    writer.flush()
    growing.refresh()
    # The exits of the last exec are at rows 4 and 5.
    assert chosen.ready(0, 3, 10.0) == 3
    assert chosen.ready(0, 6, 10.0) == 4
    assert chosen.ready(4, 6, 10.0 + selection.PATIENCE_SECONDS / 2) == 4
    assert chosen.ready(4, 6, 10.0 + selection.PATIENCE_SECONDS) == 6
    writer.message(1, 1, whole.payload(6))
    writer.close()
    growing.refresh()
    assert chosen.ready(4, 7, 11.0) == 7
    whole.close()
    growing.close()
