from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from gvtui.monitor.options import MonitorOptions
from gvtui.trace.accounting import Accounting
from gvtui.trace.reader import Trace
from gvtui.tui.app import GvtuiApp
from gvtui.tui.frame.status import items, layout
from gvtui.tui.options import LiveOptions
from gvtui.tui.viewer import Item
from gvtui.wire.header import build_message
from tests.trace.recorder import Recorder
from tests.tui.helpers import live, recording

SAID = [
    Item("gvtui", "gvtui", "name", 2),
    Item("/tmp/gvisor_events.sock", "gvisor_events.sock", "place", 4),
    Item("● 3 sandboxes", "● 3", "good", 5),
    Item("44.1k/s", "44.1k/s", "", 6),
    Item("12,402,118 rows", "12.4M rows"),
    Item("▲ 37 dropped", "▲ 37", "alarm"),
    Item("● REC run.gvtrace 1.2 GiB", "● REC 1.2 GiB", "record"),
    Item("‖ paused +1,234 new", "‖ +1234", "paused"),
]


@pytest.mark.parametrize("width", [200, 120, 100, 80, 60])
def test_the_numbers_that_can_hurt_are_always_there(width: int) -> None:
    text = "".join(text for text, _ in layout(SAID, width))
    assert cell_len(text) <= width
    for sign in ("rows", "▲ 37", "REC", "‖"):
        assert sign in text


def test_the_last_item_stands_at_the_right_edge() -> None:
    text = "".join(text for text, _ in layout(SAID, 200))
    assert text.endswith("new")
    assert cell_len(text) == 199


def test_a_recording_is_called_as_the_user_calls_it() -> None:
    app = recording("seed-example", named="/data/a\x1b.gvtrace and 2 more")
    named = items(app.model, 0)[1]
    app.model.named = ""
    assert items(app.model, 0)[1].full.endswith("/seed-example.trace")
    app.model.trace.close()
    assert (named.full, named.short) == (
        "/data/a\\x1b.gvtrace and 2 more",
        "a\\x1b.gvtrace and 2 more",
    )


def test_a_live_view_says_what_came_and_what_was_lost(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(9)
    recorder.add(1, dropped=3)
    recorder.writer.message(1, recorder.now, b"short")
    recorder.writer.flush()
    app = live(recorder.path)
    text = "".join(item.full + "|" for item in items(app.model, 0))
    assert "● 1 sandbox|" in text
    assert "▲ 3 dropped|" in text
    assert "! 1 malformed|" in text
    assert "13 rows|" in text
    assert "▶ following|" in text
    account = Accounting(received=12, logged=11, indexed=11, refused={"size": 1})
    text = "".join(item.full + "|" for item in items(app.model, 0, account=account))
    assert "|12 received, all accounted for|" in text
    account.indexed = 10
    (alarm,) = [each for each in items(app.model, 0, account=account) if "ALARM" in each.full]
    assert alarm.full == "✗ ALARM: the log has 11 messages, its index 10"
    assert (alarm.short, alarm.style) == ("✗ ALARM", "alarm")
    app.model.trace.close()


def test_the_zone_is_always_there_and_the_day_where_there_is_room(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(9)
    app = live(recorder.path)
    app.model.refresh(1.0)
    said = items(app.model, 0, lost=1200, refused=2, left_out=7)
    assert "23 Nov 2026 UTC" in "".join(text for text, _ in layout(said, 1000))
    for width in (80, 100, 120):
        assert " UTC " in "".join(text for text, _ in layout(said, width))
    app.model.trace.close()


def test_what_is_odd_is_counted_by_its_kind(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.writer.message(1, recorder.now, build_message(999, b"later"))
    recorder.writer.truncated(1, recorder.now, b"\x08\x00\x07\x00", 2_000_000)
    recorder.writer.flush()
    app = live(recorder.path)
    text = "".join(
        item.full + "|" for item in items(app.model, 0, lost=1200, refused=2, left_out=7)
    )
    assert "✗ 2 connections refused|" in text
    assert "✗ 7 left out by limits|" in text
    assert "! 1 truncated|" in text
    assert "? 1 of unknown type|" in text
    assert "malformed" not in text
    assert "✗ 1,200 lost|" in text
    cut = app.model.texts[2]
    assert cut.arguments == "message of 2,000,000 bytes, of which 4 are here"
    app.model.trace.close()


def test_the_recording_is_the_one_that_is_written(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "run-2.gvtrace")
    recorder.writer.flush()
    watched = MonitorOptions(listen=tmp_path / "s", record=tmp_path / "run.gvtrace")
    app = GvtuiApp(Trace.open(recorder.path), live=LiveOptions(watched))
    text = "".join(item.full + "|" for item in items(app.model, 0))
    assert "● REC run-2.gvtrace " in text
    app.model.trace.close()


def test_what_is_kept_stays_where_there_is_room() -> None:
    place = Item(f"/{40 * 'far/'}s.sock", "s.sock", "place", 4)
    said = [SAID[0], place, *SAID[2:6], Item("298 KiB kept", "", "faint", 1), SAID[-1]]
    cut = "".join(text for text, _ in layout(said, 140))
    assert "kept" in cut
    assert "far" not in cut
    assert "kept" not in "".join(text for text, _ in layout(said, 60))


def test_a_recording_says_which_row_is_selected() -> None:
    app = recording("seed-example")
    app.model.cursor = 1
    assert items(app.model, 0)[-1].full == "‖ row 1"
    app.model.trace.close()
