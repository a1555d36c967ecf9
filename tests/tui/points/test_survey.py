from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.agent.target import SessionOwner
from gvtui.trace.marks import SessionMark
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.tui.points.survey import Targets, recorded_target
from tests.trace.recorder import Recorder
from tests.tui.fake import FakeViewer
from tests.tui.points.bench import OPEN, PointsBench

if TYPE_CHECKING:
    from pathlib import Path

FOREIGN = {"name": "Default", "points": [{"name": "sentry/clone"}], "sinks": [{"name": "remote"}]}


@pytest.fixture
def bench(tmp_path: Path) -> PointsBench:
    return PointsBench(tmp_path)


def test_sandboxes_are_looked_for_when_the_viewer_opens(bench: PointsBench) -> None:
    assert [target.title for target in bench.state.targets] == ["c1"]
    assert bench.state.target is not None
    assert bench.state.target.owner is SessionOwner.NONE


def test_a_sandbox_that_comes_is_found_when_it_connects_or_on_demand(bench: PointsBench) -> None:
    both = [{"id": name, "status": "running", "pid": 1} for name in ("c1", "c2")]
    bench.runsc.have(*both)
    bench.targets.tick()
    assert len(bench.state.targets) == 1, "it is not yet time"
    bench.run("points.look")
    assert len(bench.state.targets) == 2
    bench.runsc.have(both[1])
    bench.recorder.writer.opened(2, bench.recorder.now, {})
    bench.recorder.writer.flush()
    bench.viewer.catch_up()
    bench.targets.tick()
    assert [target.title for target in bench.state.targets] == ["c2"]
    assert bench.state.note == "c1 has gone."
    assert bench.state.target is None


def test_a_sandbox_that_sends_here_is_chosen_over_one_that_does_not(bench: PointsBench) -> None:
    both = [{"id": name, "status": "running", "pid": 1} for name in ("c1", "c2")]
    bench.runsc.have(*both)
    bench.run("points.look")
    assert bench.state.target is not None
    assert bench.state.target.title == "c1"
    bench.targets.choose_connected()
    assert bench.state.target.title == "c1", "none sends here"
    bench.targets._connected_keys = lambda: {bench.state.targets[1].key}  # type: ignore[method-assign]
    bench.targets.choose_connected()
    assert bench.state.target.title == "c2"


def test_a_survey_that_began_before_a_change_does_not_count(bench: PointsBench) -> None:
    both = [{"id": name, "status": "running", "pid": 1} for name in ("c1", "c2")]
    survey = bench.keeper.survey()
    bench.runsc.have(*both)
    bench.targets.changed()
    bench.targets._take_survey(0, survey)
    assert len(bench.state.targets) == 1
    bench.targets.tick()
    assert len(bench.state.targets) == 2, "another survey is made at once"


def test_what_has_come_is_counted_by_point(bench: PointsBench) -> None:
    bench.recorder.add(7)
    bench.viewer.catch_up()
    bench.targets.tick()
    assert sum(bench.state.counts.values()) in (0, 7), "of the sandbox shown, as far as known"
    bench.state.take_targets([])
    bench.targets.tick()
    assert sum(bench.state.counts.values()) == 7


def test_a_recording_that_stands_at_a_row_tells_counts_and_sessions_as_of_it(
    tmp_path: Path,
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(3)
    session = '{"name": "Default", "points": [{"name": "syscall/open/enter"}]}'
    recorder.writer.mark(recorder.now, SessionMark("", "applied", "c1", "/r", session).details())
    recorder.add(4)
    recorder.writer.close()
    viewer = FakeViewer(Targets, trace=Trace.open(recorder.path))
    targets, replay = viewer.feature(Targets), ReplayClock(viewer.model.trace, None)
    for row, count, titles in ((None, 7, ["c1"]), (2, 2, []), (6, 5, ["c1"]), (None, 7, ["c1"])):
        viewer.model.stand_at(replay, row)
        while viewer.model.trace.is_behind:
            viewer.model.trace.refresh()
        targets.tick()
        assert sum(targets.state.counts.values()) == count
        assert [each.title for each in targets.state.targets] == titles
        assert targets.state.is_known is bool(titles)


def test_nothing_may_be_staged_where_nothing_may_change(tmp_path: Path) -> None:
    bench = PointsBench(tmp_path, readonly=True)
    assert not bench.targets.may_stage()
    assert "--readonly" in bench.viewer.said
    recording = FakeViewer(Targets)
    assert not recording.feature(Targets).may_stage()
    assert "This is a recording" in recording.said


def test_a_row_of_an_unknown_sandbox_stages_nothing(bench: PointsBench) -> None:
    bench.recorder.add(1)
    bench.viewer.catch_up()
    row = bench.viewer.selected_message()
    assert row is not None
    assert not bench.targets.choose_of(row)
    assert "choose one in the Points pane with c" in bench.viewer.said


def test_a_session_mark_is_read_however_broken() -> None:
    session = '{"name": "Default", "points": []}'
    target = recorded_target(SessionMark("", "applied", "c1", "/r", session))
    assert (target.title, target.owner) == ("c1", SessionOwner.RECORDED)
    assert target.applied is not None
    broken = recorded_target(SessionMark("", "applied", "\x1b[31m", "", "{"))
    assert "\x1b" not in broken.title
    assert broken.applied is None


def test_what_sends_here_comes_first_and_is_not_another_s(bench: PointsBench) -> None:
    bench.runsc.have(*({"id": name, "status": "running", "pid": 1} for name in ("c1", "c2", "c3")))
    for name in ("c1", "c2"):
        bench.runsc.run_session(FOREIGN, name)
    bench.recorder.add(1, container="c2")
    bench.viewer.catch_up()
    bench.run("points.look")
    assert [(target.title, target.owner) for target in bench.state.targets] == [
        ("c2", SessionOwner.HERE),
        ("c1", SessionOwner.OTHER),
        ("c3", SessionOwner.NONE),
    ]


def test_the_pane_aims_at_a_sandbox_by_its_container(bench: PointsBench) -> None:
    bench.runsc.have(*({"id": name, "status": "running", "pid": 1} for name in ("c1", "c2")))
    bench.recorder.add(1, container="c2")
    bench.viewer.catch_up()
    bench.run("points.look")
    bench.state.choose((str(bench.runsc.root), "c1"))
    bench.run("points.aim c9")
    assert bench.state.target is not None
    assert bench.state.target.title == "c1"
    bench.run("points.aim c2")
    assert bench.state.target.title == "c2"


def test_who_leaves_a_session_as_it_is_hears_whether_anything_is_still_staged(
    bench: PointsBench,
) -> None:
    bench.runsc.run_session(FOREIGN)
    bench.run("points.look")
    for is_there, said in ((False, "is still staged"), (True, "nothing is staged any more")):
        bench.state.switch([OPEN], True)
        bench.run("points.apply")
        choice, edit = bench.viewer.choice, bench.state.edit
        assert choice is not None
        assert choice.cancelled is not None
        if is_there:
            # Another viewer has made what is staged here.
            edit.take_applied(edit.staged)
        choice.cancelled()
        assert said in bench.state.note
