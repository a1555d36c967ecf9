from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from rich.style import Style

from gvtui.trace.reader import Trace
from gvtui.tui.model.model import Model
from gvtui.tui.stream.columns import RowLook, TimeMode
from gvtui.tui.stream.painter import Painter
from tests.trace.recorder import SECOND, Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BERLIN = ZoneInfo("Europe/Berlin")
BEFORE_MIDNIGHT = 1_795_455_407 * SECOND + (5 * 3600 + 23 * 60 + 12) * SECOND
"""A second before midnight in Berlin, 23 November 2026."""


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Model]:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.now = BEFORE_MIDNIGHT
    recorder.add(2)
    recorder.now += 3 * SECOND
    recorder.add(1, dropped=2)
    recorder.add(1, dropped=2)
    trace = Trace.open(recorder.path)
    model = Model(trace, zone=BERLIN)
    while model.refresh(1.0):
        pass
    yield model
    trace.close()


def painter(model: Model, width: int, look: RowLook) -> Painter:
    made = Painter(model, look)
    made.restyle(lambda _: Style())
    made.prepare(width)
    return made


def lines(made: Painter) -> list[str]:
    return [made.row(row, row - 1 if row > 1 else None, False).text for row in range(1, 6)]


@pytest.mark.parametrize(
    ("width", "last", "next_"),
    [(100, "23:59:59.002", "00:00:02.003"), (180, "23:59:59.002000", "00:00:02.003000")],
)
def test_a_new_day_is_marked_and_the_zone_is_named(
    model: Model, width: int, last: str, next_: str
) -> None:
    made = painter(model, width, RowLook())
    assert made.heading(1).text.strip().startswith("time CET ")
    _, before, drop, message, after = lines(made)
    assert before.startswith(f" {last} ")
    assert "24 Nov  ▲ 2 points dropped" in drop
    assert message.startswith(f" {next_} "), "the line above it has the day"
    assert "Nov" not in after


def test_a_message_has_its_day_in_place_of_the_time(model: Model) -> None:
    made = painter(model, 100, RowLook())
    assert made.row(4, 2, False).text.startswith(" 24 Nov 00:00 ")
    assert made.row(4, 3, False).text.startswith(" 00:00:02.003 ")
    made = painter(model, 180, RowLook())
    assert made.row(4, 2, True).text[1:].startswith("24 Nov 00:00:02 ")


def test_spans_have_neither_zone_nor_day(model: Model) -> None:
    made = painter(model, 100, RowLook(time_mode=TimeMode.SINCE_FIRST))
    assert "CET" not in made.heading(1).text
    assert not any("Nov" in line for line in lines(made))


def test_the_zone_of_no_row_is_the_present_one(model: Model) -> None:
    title = painter(model, 100, RowLook()).heading(None).text.split()
    assert title[0] == "time"
    assert title[1] in ("CET", "CEST")
