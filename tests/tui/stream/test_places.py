from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from gvtui.trace.reader import Trace
from gvtui.tui.model.model import Model
from gvtui.tui.stream.places import PlaceError, find_row
from tests.trace.recorder import Recorder
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
    "text", ["", "#", ",", "noon", "25:00", "12:61", "+", "1.5", "101%", "%", ".5", ".+", ".+1"]
)
def test_what_is_no_place(model: Model, text: str) -> None:
    with pytest.raises(PlaceError):
        find_row(text, model)


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
