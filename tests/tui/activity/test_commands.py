from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gvtui.monitor.options import MonitorOptions
from gvtui.points.catalogue import ending_points
from gvtui.query.activity.notseen import unseen_calls
from gvtui.query.processes.process import Process
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.trace.summary import Reception
from gvtui.trace.writer import TraceWriter
from gvtui.tui.activity import commands
from gvtui.tui.activity.commands import Acting
from gvtui.tui.activity.reading import ActivityReading
from gvtui.tui.options import LiveOptions
from gvtui.tui.points.commands import Choosing
from tests.trace.factory import TIME_NS, read_message
from tests.tui.fake import FakeViewer
from tests.tui.points.bench import PointsBench

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.query.activity.knowngaps import KnownGaps
    from gvtui.query.analysis import Analysis
    from gvtui.query.filter.compile import Filter


def _viewer(name: str = "shell-2024") -> FakeViewer:
    viewer = FakeViewer(Acting, trace=name)
    analysis = viewer.model.analysis
    while analysis.advance(1.0, is_idle=True):
        pass
    return viewer


def _process(viewer: FakeViewer, pid: int) -> Process:
    return next(each for each in viewer.model.analysis.processes.tree if each.pid == pid)


def _rows(viewer: FakeViewer) -> int:
    reading, analysis = viewer.feature(Acting).reading, viewer.model.analysis
    while analysis.context.advance() or reading.advance(1 << 16):
        pass
    return reading.reader.rows


def test_the_process_at_the_cursor_of_the_tree_is_shown_with_its_rows_alone() -> None:
    viewer = _viewer()
    process = _process(viewer, 7)
    viewer.picked_process = (process, None)
    viewer.commands.execute("activity.process")
    acting = viewer.feature(Acting)
    assert viewer.pane == "activity"
    assert acting.subject.words.startswith("the process 7 rm")
    assert 0 < _rows(viewer) < viewer.model.trace.end_row
    found = viewer.model.check(acting.subject.expression)
    assert sum(found.matches(viewer.model.trace, row) for row in range(2171)) == _rows(viewer)


def test_a_subtree_has_more_than_its_process_and_everything_has_all() -> None:
    viewer = _viewer()
    viewer.picked_process = (_process(viewer, 1), None)
    viewer.commands.execute("activity.process")
    own = _rows(viewer)
    viewer.commands.execute("activity.subtree")
    assert _rows(viewer) > own
    viewer.commands.execute("activity.everything")
    assert _rows(viewer) == 2169


def test_the_process_of_the_selected_row_is_meant_where_the_tree_has_no_cursor() -> None:
    viewer = _viewer()
    viewer.jump(1000)
    viewer.commands.execute("activity.process")
    row = viewer.model.trace.row(1000)
    assert f"process {row.pid} " in viewer.feature(Acting).subject.words


def test_it_is_asked_whose_activity_is_wanted() -> None:
    viewer = _viewer()
    viewer.picked_process = (_process(viewer, 1), None)
    viewer.commands.execute("activity.whose")
    assert viewer.choice is not None
    words = [entry.words for entry in viewer.choice.entries]
    assert words[0] == "everything"
    assert words[1].startswith("the process 1 cat")
    assert words[2].endswith("and all that it started")
    assert words[3].startswith("the sandbox ")
    viewer.pick("3")
    assert viewer.feature(Acting).subject.words == words[3]
    assert _rows(viewer) == 2169


def test_an_activity_that_was_read_is_kept_for_the_way_back() -> None:
    viewer = _viewer()
    acting = viewer.feature(Acting)
    first = acting.reading
    assert acting.reading is first
    viewer.model.chips.put("evt.failed = true")
    viewer.refilter()
    other = acting.reading
    assert other is not first
    viewer.model.chips.remove(0)
    viewer.refilter()
    assert acting.reading is first


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[KnownGaps | None]:
    """What each activity was given of drops and marks that are known."""
    found: list[KnownGaps | None] = []

    class Noted(ActivityReading):
        def __init__(
            self, analysis: Analysis, condition: Filter | None, known: KnownGaps | None = None
        ) -> None:
            super().__init__(analysis, condition, known)
            found.append(known)

    monkeypatch.setattr(commands, "ActivityReading", Noted)
    return found


def test_drops_and_marks_are_found_once_for_all_rows_that_a_recording_is_shown_as_of(
    given: list[KnownGaps | None],
) -> None:
    viewer = _viewer("newest-2026")
    model, trace = viewer.model, viewer.model.trace
    end, replay = trace.end_row, ReplayClock(trace, None)
    _rows(viewer)
    for row in (end // 2, end // 3):
        model.stand_at(replay, row)
        _rows(viewer)
    whole, *others = given
    assert whole is not None
    assert whole.trace is trace
    assert others == [whole, whole]
    model.replace_trace(Trace.open(trace.path))
    _rows(viewer)
    assert given[-1] is not None
    assert given[-1].trace is model.trace
    trace.close()


def test_of_what_grows_for_ever_they_are_not_kept(
    given: list[KnownGaps | None], tmp_path: Path
) -> None:
    live = LiveOptions(MonitorOptions(listen=tmp_path / "s"))
    viewer = FakeViewer(Acting, live=live)
    assert viewer.feature(Acting).reading
    assert given == [None]


def test_all_that_was_not_seen_can_be_read() -> None:
    viewer = _viewer()
    viewer.commands.execute("activity.not-seen")
    assert viewer.text is not None
    assert not callable(viewer.text.body)
    words = "".join(part if isinstance(part, str) else part[0] for part in viewer.text.body)
    assert words.count("- ") >= len(viewer.feature(Acting).not_seen)
    assert "never the bytes" in words


def test_what_was_not_seen_up_to_a_row_is_told_as_of_it(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.reception = Reception(80, 0, {"size": 80 - 70})
    writer.opened(1, TIME_NS, {"container_id": "c1"})
    writer.received(1, TIME_NS + 1, [read_message(fd=fd) for fd in range(70)])
    writer.close()
    trace = Trace.open(tmp_path / "a.gvtrace")
    viewer = FakeViewer(Acting, trace=trace)
    refused = "10 messages were refused by limits"

    def told() -> list[str]:
        return [each.text for each in viewer.feature(Acting).not_seen]

    assert refused in told()
    trace.go_back(40)
    trace.refresh()
    # While it is played there is another row each time.
    assert "not been checked yet" in told()[-1]
    assert refused not in told()
    assert "not been checked yet" not in told()[-1]
    trace.limit = 41
    assert "not been checked yet" in told()[-1]
    trace.limit = None
    trace.refresh()
    assert refused in told()


def test_the_report_is_that_of_the_command_line_for_what_is_shown(tmp_path: Path) -> None:
    viewer = _viewer()
    viewer.picked_process = (_process(viewer, 7), None)
    viewer.commands.execute("activity.process")
    viewer.commands.execute(f"activity.report {tmp_path}/a.json")
    assert "Wrote the report" in viewer.said
    report = json.loads((tmp_path / "a.json").read_text())
    assert report["schema"] == "gvtui-report"
    assert report["rows"] == _rows(viewer)
    reading = viewer.feature(Acting).reading
    told = {section["key"]: section["total"] for section in report["sections"]}
    activity = reading.reader.activity(())
    assert told == {section.key: section.total for section in activity.sections}
    assert [each["text"] for each in report["not_seen"]] == [
        each.text for each in viewer.feature(Acting).not_seen
    ]


def test_a_report_goes_to_a_new_file_of_a_known_kind(tmp_path: Path) -> None:
    viewer = _viewer()
    (tmp_path / "old.md").write_text("old")
    viewer.commands.execute("activity.report")
    assert viewer.question is not None
    for text, words in (
        (f"{tmp_path}/a.pdf", "must end with .txt, .md, .json, .html"),
        (f"{tmp_path}/old.md", "exists already"),
        (f"{tmp_path}/none/a.md", "there is no folder"),
    ):
        problem = viewer.type(text)
        assert problem is not None
        assert words in problem.message
    assert (tmp_path / "old.md").read_text() == "old"
    assert viewer.type(f"{tmp_path}/new.md") is None
    assert (tmp_path / "new.md").read_text().startswith("# What the sandbox did")


def test_what_the_activity_lacks_is_staged(tmp_path: Path) -> None:
    bench = PointsBench(tmp_path)
    bench.targets.tick()
    bench.run("activity.trace")
    on = set(bench.state.edit.points())
    wanted = {
        points[0]
        for call in unseen_calls(bench.viewer.feature(Acting).not_seen)
        if (points := ending_points(bench.state.catalogue, call))
    }
    assert on == wanted
    assert "sentry/clone" in on
    assert bench.viewer.pane == "points-large"
    assert "Staged for" in bench.viewer.said


def test_a_recording_can_not_be_traced_differently() -> None:
    viewer = FakeViewer(*_features())
    viewer.commands.execute("activity.trace")
    assert "This is a recording" in viewer.said


def _features() -> tuple[type, ...]:
    from gvtui.tui.features import FEATURES

    assert Choosing in FEATURES
    return FEATURES
