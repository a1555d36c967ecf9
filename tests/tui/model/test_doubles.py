from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.query.numbers.tables import By, Table, TableOrder
from gvtui.query.source import CHUNK
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction
from gvtui.tui.detail.content import pair_words
from gvtui.tui.stream.bookmarks import Bookmarking
from gvtui.tui.stream.commands import Rows
from gvtui.tui.timeline.landmarks import ToLandmarks
from tests.trace.recorder import Recorder
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RAW, DECODED = 8, 9
"""Two rows of the recording that tell the enter of one call."""


def shown(viewer: FakeViewer) -> Sequence[int]:
    return list(viewer.model.view)


def test_a_row_is_stood_for_by_itself_its_twin_or_its_call() -> None:
    viewer = FakeViewer(Rows)
    model = viewer.model
    assert RAW not in shown(viewer)
    assert model.stand_in(RAW) == model.stand_in(DECODED) == DECODED
    assert model.doubles.twin(RAW, model.view) == DECODED
    assert model.doubles.twin(DECODED, model.view) is None
    exit_ = model.analysis.pairs.partner(DECODED)
    raw_exit = model.analysis.pairs.partner(RAW)
    assert exit_ is not None
    assert raw_exit is not None
    viewer.commands.execute("stream.calls")
    assert [model.stand_in(row) for row in (RAW, raw_exit, exit_)] == [DECODED] * 3
    viewer.commands.execute("stream.doubles")
    assert [model.stand_in(row) for row in (RAW, raw_exit)] == [RAW, RAW]
    assert model.doubles.twin(RAW, model.view) is None
    for beyond in (-1, model.trace.end_row + 5):
        assert model.stand_in(beyond) == beyond


@pytest.mark.parametrize(
    ("sides", "kept", "arguments", "result"),
    [
        ("rxR", 1, 'AT_FDCWD, "/a"', "3"),
        ("rRX", 0, 'AT_FDCWD, "/a"', "3</a>"),
        ("rxRX", 1, 'AT_FDCWD, "/a"', "3</a>"),
        ("rR", 0, "0, NULL", "3"),
    ],
)
def test_a_call_is_one_row_whichever_of_its_sides_have_decoded_points(
    tmp_path: Path, sides: str, kept: int, arguments: str, result: str
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    # Elsewhere both kinds of rows are seen, so doubled ones are sought.
    recorder.add(1, pid=2)
    recorder.add_raw(pid=2)
    for side in sides:
        returned = {"result": 3} if side.isupper() else {}
        if side in "rR":
            recorder.add_raw(**returned)
        else:
            recorder.add(1, path="/a", **returned)
    viewer = FakeViewer(Rows, trace=Trace.open(recorder.path))
    model = viewer.model
    viewer.commands.execute("stream.calls")
    first = model.trace.end_row - len(sides)
    assert [row for row in shown(viewer) if row >= first] == [first + kept]
    text = model.texts.text(first + kept, whole=True)
    assert text.arguments.startswith(arguments)
    assert (text.result, text.is_whole, text.unpaired) == (result, True, None)
    assert text.duration_ns is not None
    assert {model.stand_in(first + place) for place in range(len(sides))} == {first + kept}
    other = model.analysis.sides.other(first + kept)
    assert other is not None
    assert f"exit: row {other}, +" in pair_words(model, first + kept)
    viewer.commands.execute("stream.doubles")
    assert first + kept in shown(viewer)


def test_without_raw_rows_nothing_is_looked_for() -> None:
    viewer = FakeViewer(Rows, trace="compile-2024")
    assert not viewer.model.doubles.are_sought
    assert viewer.model.view.count == viewer.model.view.total
    viewer.commands.execute("stream.doubles")
    assert "No rows of both kinds have been seen" in viewer.said


@pytest.mark.parametrize("by", [By.SYSCALL, By.ERRNO])
def test_calls_shown_as_one_row_are_as_many_as_numbers_counts(by: By) -> None:
    viewer = FakeViewer(Rows, trace="network-2024")
    model = viewer.model
    statistics = model.analysis.statistics()
    while statistics.advance(CHUNK):
        pass
    viewer.commands.execute("stream.calls")
    table = Table(statistics, by, TableOrder.CALLS)
    assert len(table) > 3
    for place in range(len(table)):
        model.chips.restore((), suspended=False)
        model.chips.put(table.filter_text(place))
        viewer.refilter()
        assert model.view.count == table[place].calls, table[place].label


def test_steps_to_calls_pass_doubled_rows_over() -> None:
    viewer = FakeViewer(Rows, ToLandmarks, Bookmarking)
    viewer.model.cursor = DECODED
    for line, direction in (("timeline.to call -1", -1), ("timeline.to call 1", 1)):
        here = viewer.model.cursor
        viewer.commands.execute(line)
        while viewer.later:
            viewer.do_what_waits()
        assert viewer.model.cursor is not None
        assert (viewer.model.cursor - here) * direction > 0
        assert viewer.model.cursor not in (RAW, RAW + 2)


def test_a_bookmark_on_a_hidden_row_leads_to_its_twin() -> None:
    viewer = FakeViewer(Rows, Bookmarking)
    bookmarking = viewer.feature(Bookmarking)
    bookmarking._go_to(str(RAW))
    assert viewer.model.cursor == DECODED
    assert viewer.said == ""
    viewer.model.chips.put("evt.dir = X")
    viewer.refilter()
    bookmarking._go_to(str(RAW))
    assert "hidden by the filters" in viewer.said
    assert viewer.model.trace.row(viewer.model.cursor or 0).direction == Direction.EXIT
