from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from gvtui.trace.marks import NoteMark
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.tui.model.model import Model
from gvtui.tui.stream.places import HINT, PlaceError, find_row
from tests.trace.recorder import START_NS, Recorder
from tests.tui.helpers import drive, recording

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Model]:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(5000)
    trace = Trace.open(recorder.path)
    model = Model(trace, zone=UTC)
    model.refresh(1.0)
    yield model
    trace.close()


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("#1204", 1204),
        ("1,204", 1204),
        ("17:36:48", 1000),
        ("17:36:48.5", 1500),
        ("17:36", 0),
        ("+2", 2000),
        ("+0.25 s", 250),
        ("23:59:59", 5001),
        ("2026-11-23", 0),
        ("2026-11-23 17:36:48", 1000),
        ("2026-11-23T18:36:49+01:00", 2000),
        ("2026-11-24", 5001),
        ("+0.05m", 3000),
        ("-1", 4000),
        ("-1 h", 0),
        ("0%", 0),
        ("50%", 2500),
        ("100 %", 5000),
    ],
)
def test_places(model: Model, text: str, row: int) -> None:
    assert find_row(text, model) == row


@pytest.mark.parametrize(
    "text", ["", "#", ",", "noon", "25:00", "12:61", "+", "1.5", "101%", "%", ".5", ".+", ".+1",
        "2026-11-31", "2026-11-23 noon"],
)  # fmt: skip
def test_what_is_no_place(model: Model, text: str) -> None:
    with pytest.raises(PlaceError):
        find_row(text, model)


def test_what_may_be_typed_is_whole_on_80_columns_and_may_be_typed(model: Model) -> None:
    assert len(f" go to {HINT} ") <= 80
    model.cursor = 0
    for text in HINT.split(", "):
        assert find_row(text.split(" (")[0], model) >= 0


def test_a_time_of_day_is_of_the_selected_rows_day(tmp_path: Path) -> None:
    hour = 3600 * 10**9
    writer = TraceWriter(tmp_path / "a.gvtrace")
    # From 17:36 of a day to 17:36 two days later.
    for number in range(49):
        writer.mark(START_NS + number * hour, NoteMark("on").details())
    writer.close()
    trace = Trace.open(tmp_path / "a.gvtrace")
    model = Model(trace, zone=UTC)
    model.refresh(1.0)
    for cursor, text, row in (
        (0, "18:00", 1),
        (0, "06:00", 13),
        (20, "18:00", 25),
        (20, "06:00", 13),
        (40, "18:00", 25),
        (40, "06:00", 37),
        (None, "18:00", 1),
    ):
        model.cursor = cursor
        assert find_row(text, model) == row, (cursor, text)
    trace.close()


def test_a_span_from_the_selected_row_on_and_back(model: Model) -> None:
    model.cursor = 1000
    assert find_row(".+1.5", model) == 2500
    assert find_row(".-0.5 s", model) == 500


def test_a_key_asks_and_goes_there() -> None:
    app = recording()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("ctrl+g", *"noon", "enter")
        assert app.prompt.is_open
        await pilot.press("escape", "ctrl+g", *"#500", "enter")
        assert app.model.cursor == 500
        assert 500 in app.stream._shown

    drive(app, script)
