from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from gvtui.monitor.options import MonitorOptions
from gvtui.tui.activity.pane import ActivityPane, _foot
from gvtui.tui.activity.reading import ActivityReading
from gvtui.tui.model.who import chip_words
from gvtui.tui.options import LiveOptions
from tests.tui.helpers import by_hand, catch_up, drive, recording

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from textual.pilot import Pilot

    from gvtui.tui.app import GvtuiApp


def _read(app: GvtuiApp) -> ActivityPane:
    """The pane when it has read all that the trace holds."""
    pane = app.query_one(ActivityPane)
    catch_up(app)
    _draw(pane)
    return pane


def _draw(pane: ActivityPane) -> None:
    pane._built, pane._building, pane._next_at = None, None, 0.0
    pane.news()
    while pane._building is not None:
        pane.news()
    pane.redraw()


def _shown(
    app: GvtuiApp,
    look: Callable[[ActivityPane, Pilot[int]], Coroutine[None, None, None]],
    size: tuple[int, int] = (160, 50),
) -> None:
    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("5")
        await pilot.pause()
        await look(_read(app), pilot)

    drive(app, script, size)


def _lines(pane: ActivityPane) -> list[str]:
    return [pane.render_line(y).text.rstrip() for y in range(pane.size.height)]


def _place(pane: ActivityPane, words: str) -> int:
    return next(at for at in range(pane.count()) if words in pane.full(at))


@pytest.mark.parametrize(
    "name", ["shell-2024", "network-2024", "compile-2024", "shell-2022", "newest-2026"]
)
def test_a_line_leads_to_as_many_rows_as_it_says_and_esc_back(name: str) -> None:
    app = recording(name)
    seen: Counter[tuple[object, ...]] = Counter()

    async def look(pane: ActivityPane, pilot: Pilot[int]) -> None:
        await pilot.press("asterisk") if not pane._entries[0].is_open else None
        pane._folds.whole = frozenset(entry.section for entry in pane._entries)
        _draw(pane)
        # Folds are opened as they come.
        place = 0
        while place < pane.count():
            entry = pane._entries[place]
            if entry.can_open and not entry.is_heading:
                pane.select(place)
                pane.fold(1)
            if entry.line is not None:
                behind = entry.line.behind
                kind = (entry.section, len(entry.key), behind.is_exact, behind.rows is None)
                seen[kind] += 1
                # To go to all takes minutes: these are the first of each kind, and some others.
                if seen[kind] > 3 and seen[kind] % 10:
                    place += 1
                    continue
                pane.select(place)
                pane.go()
                while app.model.refresh(1.0):
                    pass
                assert app.pane == "stream"
                assert app.model.view.count == entry.line.behind.count, pane.full(place)
                assert app.model.view[0] == entry.line.behind.first
                assert app.escaped()
                assert app.pane == "activity"
                _draw(pane)
                assert pane.cursor == place
            place += 1
        assert place > 10

    _shown(app, look, (160, 50))


def test_rows_too_many_to_be_named_are_exact_too_also_as_calls() -> None:
    app = recording("network-2024")

    async def look(pane: ActivityPane, pilot: Pilot[int]) -> None:
        place = _place(pane, "newfstatat")
        entry = pane._entries[place]
        assert entry.line is not None
        assert entry.line.behind.rows is None
        pane.select(place)
        await pilot.press("enter")
        while app.model.refresh(1.0):
            pass
        view, behind = app.model.view, entry.line.behind
        assert view.count == behind.count == 195
        assert all(behind.mask(row, 1)[0] for row in view)
        [chip] = app.model.chips
        assert chip_words(app.model, chip).startswith(
            "failures by call, path and error: newfstatat"
        )
        await pilot.press("escape")
        await pilot.pause()
        assert app.pane == "activity"
        assert not list(app.model.chips)
        _draw(pane)
        assert pane.cursor == place

    _shown(app, look)


@pytest.mark.parametrize("readonly", [False, True])
def test_points_are_offered_where_they_can_be_staged(tmp_path: Path, readonly: bool) -> None:
    watched = LiveOptions(MonitorOptions(listen=tmp_path / "s"), readonly=readonly)
    app = recording("shell-2024", live=watched)

    async def look(pane: ActivityPane, pilot: Pilot[int]) -> None:
        assert any(each.calls for each in pane._unseen)
        assert ("stages what is off" in "\n".join(_lines(pane))) is not readonly

    _shown(app, look)


def test_on_a_small_screen_there_is_a_line_for_each_heading() -> None:
    app = recording("shell-2024")

    async def look(pane: ActivityPane, pilot: Pilot[int]) -> None:
        assert all(entry.is_heading for entry in pane._entries)
        lines = _lines(pane)
        assert "everything" in lines[0]
        assert "not seen" in lines[0]
        assert "▸ Programs that ran" in lines[2]
        assert any(line.lstrip().startswith("▲ not seen: ") for line in lines)
        await pilot.press("enter")
        assert pane._entries[0].is_open
        assert "/bin/bash -c" in pane.full(1)
        await pilot.press("down", "left", "left")
        assert pane.cursor == 0
        assert not pane._entries[0].is_open

    _shown(app, look, (80, 24))


def test_sentences_at_the_foot_are_whole() -> None:
    assert _foot(["nothing came of openat", "nothing came of read"], 16, 4) == (
        ["  nothing came", "    of openat", "  nothing came", "    of read"],
        True,
    )
    assert _foot(["nothing came of openat", "nothing came of read"], 16, 3) == (
        ["  nothing came", "    of openat"],
        False,
    )
    # The gravest is told as far as there is room.
    assert _foot(["nothing came of openat"], 16, 1) == (["  nothing came …"], False)
    assert _foot(["nothing came of openat, creat"], 16, 2) == (
        ["  nothing came", "    of openat, …"],
        False,
    )
    assert _foot([], 16, 2) == ([], True)


def test_that_rows_are_read_is_told_until_the_lines_are_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_hand(monkeypatch)
    app = recording("shell-2024")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("5")
        pane = app.query_one(ActivityPane)
        # Lines were made before the first row, and are not to be made again soon.
        assert pane._building is None
        pane._next_at = float("inf")
        while app.model.refresh(1.0) or app.model.analysis.is_behind:
            pass
        assert pane._reading is not None
        assert pane._reading.reader.is_done
        assert pane._entries_of < app.model.trace.end_row
        assert "reading " in _lines(pane)[0]
        pane.news()
        pane.news()
        while pane._building is not None:
            pane.news()
        assert "reading" not in _lines(pane)[0]
        assert pane._entries_of == app.model.trace.end_row

    drive(app, script, (160, 50))


def test_filters_in_force_hold_and_other_orders_are_told() -> None:
    app = recording("shell-2024")

    async def look(pane: ActivityPane, pilot: Pilot[int]) -> None:
        assert "everything, filtered" in _lines(pane)[0]
        assert {entry.section for entry in pane._entries} == {"written", "maybe_created"}
        await pilot.press("s")
        assert "by name" in _lines(pane)[0]
        assert "▲ " in _lines(pane)[0]

    app.model.chips.put("evt.type = openat and fd.name = /tmp/x")
    app.model.apply_chips()
    _shown(app, look, (120, 36))


def test_a_text_is_found_in_the_list() -> None:
    app = recording("shell-2024")

    async def look(pane: ActivityPane, pilot: Pilot[int]) -> None:
        await pilot.press("slash", *"nsswitch", "enter")
        await pilot.pause()
        assert "/etc/nsswitch.conf" in pane.words()

    _shown(app, look)


def test_what_is_read_stops_while_the_pane_is_hidden_and_goes_on_after() -> None:
    app = recording("shell-2024")

    async def look(pane: ActivityPane, pilot: Pilot[int]) -> None:
        reading = pane._reading
        assert app.model.analysis.follower is not None
        await pilot.press("1")
        await pilot.pause()
        assert app.model.analysis.follower is None
        await pilot.press("5")
        await pilot.pause()
        pane.news()
        assert pane._reading is reading
        assert app.model.analysis.follower is not None

    _shown(app, look)


def test_it_says_that_it_reads_until_it_knows_all_that_may_be_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = recording("shell-2024")

    async def look(pane: ActivityPane, pilot: Pilot[int]) -> None:
        half = app.model.trace.end_row // 2
        for position, is_said in ((half, True), (app.model.trace.end_row, False)):
            with monkeypatch.context() as patch:
                patch.setattr(ActivityReading, "position", position)
                patch.setattr(ActivityReading, "is_done", not is_said)
                _draw(pane)
                title = "".join(text for text, _ in pane.headings()[0])
                assert ("reading 50%" in title) == is_said

    _shown(app, look)
