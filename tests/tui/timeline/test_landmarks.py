from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.trace.marks import ClockMark
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from gvtui.tui.stream.bookmarks import Bookmarking
from gvtui.tui.stream.commands import Rows
from gvtui.tui.timeline.landmarks import ToLandmarks
from tests.trace.factory import TIME_NS, read_message
from tests.trace.recorder import Recorder
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from pathlib import Path


def steps(viewer: FakeViewer, line: str) -> list[int]:
    """The rows that a command leads to until there are no more."""
    found: list[int] = []
    told = len(viewer.told)
    while len(viewer.told) == told:
        viewer.commands.execute(line)
        while viewer.later:
            viewer.do_what_waits()
        if len(viewer.told) == told:
            assert viewer.model.cursor is not None
            found.append(viewer.model.cursor)
    return found


def dropping(path: Path) -> Trace:
    """A trace with drops at rows 201, 203 and 605."""
    recorder = Recorder(path / "a.gvtrace")
    recorder.add(200)
    recorder.add(1, dropped=4)
    recorder.add(1, dropped=9)
    recorder.add(400, dropped=9)
    recorder.add(1, dropped=10)
    return Trace.open(recorder.path)


def test_each_drop_is_gone_to_in_turn_to_the_row_itself(tmp_path: Path) -> None:
    viewer = FakeViewer(ToLandmarks, trace=dropping(tmp_path))
    trace = viewer.model.trace
    drops = [row for row in range(trace.end_row) if trace.row(row).kind == Kind.DROP]
    assert len(drops) == 3
    viewer.pane = "numbers"
    assert steps(viewer, "timeline.drop 1") == drops
    assert viewer.pane == "stream"
    assert "There are no dropped points after this row." in viewer.said
    assert steps(viewer, "timeline.drop -1") == drops[-2::-1]


def test_a_drop_that_filters_hide_is_said_and_not_a_dead_end(tmp_path: Path) -> None:
    viewer = FakeViewer(ToLandmarks, trace=dropping(tmp_path))
    viewer.model.chips.put("proc.name = bash")
    viewer.refilter()
    for line, number in (("1", 1), ("1", 2), ("1", 3), ("-1", 4), ("-1", 5)):
        viewer.commands.execute(f"timeline.drop {line}")
        assert len(viewer.told) == number
        assert "is hidden by the filters" in viewer.told[-1][0]
    assert viewer.told[0][0] == viewer.told[4][0]


def test_that_nothing_was_dropped_is_said() -> None:
    viewer = FakeViewer(ToLandmarks)
    viewer.commands.execute("timeline.drop 1")
    assert "No points were dropped." in viewer.said


def test_that_nothing_is_known_of_the_last_moments_is_said(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    # What it dropped behind its last message only its runsc could tell, whom nobody has asked.
    writer.opened(1, TIME_NS, {"peer_pid": 7, "peer_start": 1})
    writer.message(1, TIME_NS, read_message())
    writer.closed(1, TIME_NS, {})
    writer.close()
    trace = Trace.open(writer.path)
    trace.refresh()
    viewer = FakeViewer(ToLandmarks, trace=trace)
    viewer.commands.execute("timeline.drop 1")
    assert viewer.said.count("No sandbox has told of dropped points.") == 1


def test_alarms_are_gone_to_in_turn_whatever_filters_hide(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    alarms = []
    for step in (1, 2):
        recorder.add(300)
        alarms.append(recorder.writer.end_row)
        recorder.writer.mark(recorder.now, ClockMark(step).details(), 0)
    recorder.add(300)
    viewer = FakeViewer(ToLandmarks, trace=Trace.open(recorder.path))
    assert steps(viewer, "timeline.to alarm 1") == alarms
    assert viewer.said == "There are no alarms after this row."
    assert steps(viewer, "timeline.to alarm -1") == alarms[:1]
    viewer.model.chips.put("evt.type = openat")
    viewer.refilter()
    viewer.jump(0)
    viewer.commands.execute("timeline.to alarm 1")
    assert f"Row {alarms[0]:,} is hidden by the filters" in viewer.said


def test_what_is_not_known_of_alarms_where_a_recording_stands_is_said(tmp_path: Path) -> None:
    viewer = FakeViewer(ToLandmarks, trace=dropping(tmp_path))
    viewer.replay = ReplayClock(viewer.model.trace, None)
    viewer.replay.go_to(100)
    viewer.model.trace.refresh()
    viewer.commands.execute("timeline.to alarm 1")
    while viewer.later:
        viewer.do_what_waits()
    assert "up to where the recording stands" in viewer.said


def test_failed_calls_are_those_among_the_rows_shown() -> None:
    viewer = FakeViewer(ToLandmarks)
    every = steps(viewer, "timeline.to error 1")
    assert len(every) > 3
    viewer.model.chips.put("evt.type = openat")
    viewer.refilter()
    viewer.jump(0)
    some = steps(viewer, "timeline.to error 1")
    assert 0 < len(some) < len(every)
    assert set(some) < set(every)
    assert "among the rows shown" in viewer.said


def test_a_failed_call_in_one_row_is_at_its_enter() -> None:
    viewer = FakeViewer(ToLandmarks, Rows)
    viewer.commands.execute("timeline.to error 1")
    exit_row = viewer.model.cursor
    assert exit_row is not None
    enter = viewer.model.analysis.pairs.partner(exit_row)
    assert enter is not None
    viewer.jump(0)
    viewer.commands.execute("stream.calls")
    viewer.jump(0)
    viewer.commands.execute("timeline.to error 1")
    assert viewer.model.cursor == enter


def test_bookmarks_are_gone_to_in_turn(tmp_path: Path) -> None:
    viewer = FakeViewer(ToLandmarks, Bookmarking, trace=dropping(tmp_path))
    for row in (90, 7, 300):
        viewer.model.bookmarks.set(row, "")
    assert steps(viewer, "timeline.bookmark 1") == [7, 90, 300]
    assert steps(viewer, "timeline.bookmark -1") == [90, 7]
    assert "There are no bookmarks before this row." in viewer.said


def test_bookmarks_are_gone_to_where_a_recording_stands_before_them(tmp_path: Path) -> None:
    viewer = FakeViewer(ToLandmarks, Bookmarking, trace=dropping(tmp_path))
    for row in (90, 7, 300):
        viewer.model.bookmarks.set(row, "")
    viewer.replay = ReplayClock(viewer.model.trace, None)
    positions = []
    viewer.stand_at(200)
    viewer.stand_at(5)
    for step in (1, 1, 1, -1):
        viewer.commands.execute(f"timeline.bookmark {step}")
        positions.append(viewer.replay.position - 1)
    assert positions == [7, 90, 300, 90]
    assert not viewer.said


def test_a_search_ends_when_another_row_is_selected(tmp_path: Path) -> None:
    viewer = FakeViewer(ToLandmarks, trace=dropping(tmp_path))
    landmarks = viewer.feature(ToLandmarks)
    viewer.model.chips.put("proc.name = nobody")
    viewer.model.apply_chips()
    viewer.commands.execute("timeline.to call 1")
    assert [item.full for item in landmarks.status()] == ["looking for calls"]
    viewer.model.cursor = 5
    viewer.do_what_waits()
    assert not list(landmarks.status())
    assert not viewer.later
