from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.numbers.durations import Band
from gvtui.tui.numbers.bands import NumbersBands
from tests.tui.fake import FakeViewer
from tests.tui.helpers import drive, recording

if TYPE_CHECKING:
    from textual.pilot import Pilot


def test_bands_are_bars_and_lead_to_their_calls() -> None:
    app = recording("compile-2024")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("3")
        await pilot.pause()
        bands = app.main.query_one(NumbersBands)
        found = [Band(1_000, 10_000, 3), Band(10_000, None, 12)]
        bands.take(found, "read", "evt.type = read")
        assert bands.count() == 2
        [(heading, _)] = bands.headings()[0]
        assert heading == "how long read took"
        (span, _), (bar, _), (count, _) = bands.line(1)[0]
        assert span.startswith("from 10")
        assert bar.strip() == "█" * len(bar.strip())
        assert count.strip() == "12"
        assert len(bands.line(0)[0][1][0].strip()) < len(bar.strip())
        bands.cursor = 1
        bands.rows()
        assert app.pane == "stream"
        [chip] = app.model.chips
        assert chip.expression.startswith("evt.type = read and evt.latency")

    drive(app, script)


def test_the_cursor_stays_on_its_band_while_the_subject_does() -> None:
    bands = NumbersBands(FakeViewer())
    first = [Band(1, 10, 1), Band(10, 100, 1)]
    bands.take(first, "read", "")
    bands.cursor = 1
    bands.take([Band(0, 1, 1), *first], "read", "")
    assert bands.cursor == 2
    bands.take(first, "write", "")
    assert bands.cursor == 0
    # Nobody has picked the first one: it is whichever comes first.
    bands.take([Band(0, 1, 1), *first], "write", "")
    assert bands.cursor == 0
