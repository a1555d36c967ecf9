import re

import pytest

from gvtui.query.activity.activity import ActivityLine, Behind
from gvtui.trace.reader import Trace
from gvtui.tui.activity.lines import ActivityEntry
from gvtui.tui.activity.painter import ActivityPainter, column_titles, shares_of
from gvtui.tui.kit.cells import width_of
from gvtui.tui.model.model import Model
from tests.trace.recorder import TRACES


def _entry(what: str, details: str = "", depth: int = 1) -> ActivityEntry:
    behind = Behind()
    behind.add([5, 9], ["read"])
    line = ActivityLine(what, behind, details, bytes_in=2048, bytes_out=1)
    return ActivityEntry(("read", what, details), "read", depth, line)


def test_each_line_is_as_wide_as_the_pane_and_escaped() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    painter = ActivityPainter(Model(trace))
    hostile = "/tmp/\x1b[2J\n" + "漢" * 300
    for width in (1, 20, 79, 99, 100, 200):
        for entry in (
            _entry(hostile, hostile),
            _entry("/a", depth=3),
            ActivityEntry(("read",), "read", 0, total=3, sample=(hostile, "/b"), can_open=True),
            ActivityEntry(("read", "", "more"), "read", 1, total=4, can_open=True),
        ):
            words = "".join(text for text, _ in painter.parts(entry, width))
            assert words.isprintable()
            assert width_of(words) == width or width < 40
    trace.close()


def test_the_day_of_a_line_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    model = Model(trace)
    monkeypatch.setattr(type(model.moments), "now_ns", 2 * 86_400 * 1_000_000_000)
    painter, entry = ActivityPainter(model), _entry("/a")
    assert entry.line is not None
    words = "".join(text for text, _ in painter.parts(entry, 100))
    day = painter.last(entry.line)
    assert re.fullmatch(r"\d\d \w{3} \d\d:\d\d", day)
    assert f" {day} " in words
    trace.close()


def test_all_words_of_a_line_are_found_by_a_search() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    painter = ActivityPainter(Model(trace))
    words = painter.full(_entry("/etc/passwd", "by cat"))
    assert words.startswith("/etc/passwd  by cat  2.0 KiB in  1 B out")
    assert words.endswith("2 rows")
    heading = ActivityEntry(("read",), "read", 0, total=1204, can_open=True)
    assert painter.full(heading) == "Files read 1,204"
    trace.close()


def test_narrow_panes_leave_bytes_out() -> None:
    assert shares_of(80).size == 0
    assert " in" not in column_titles(shares_of(80))
    assert column_titles(shares_of(120)).split() == ["what", "details", "in", "out", "last", "rows"]
