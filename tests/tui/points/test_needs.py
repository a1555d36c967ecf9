from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.points.session import Point
from gvtui.trace.reader import Trace
from gvtui.tui.points.needs import Needs, untraced_events
from gvtui.tui.points.state import PointsState
from gvtui.tui.points.survey import Targets
from tests.tui.fake import FakeViewer
from tests.tui.points.bench import OPEN, PointsBench

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def bench(tmp_path: Path) -> PointsBench:
    """One whose sandbox runs a session without context fields."""
    bench = PointsBench(tmp_path)
    session = bench.state.edit.staged.with_points([Point(OPEN)])
    bench.state.stage(session)
    bench.run("points.apply")
    assert bench.runsc.session() is not None
    return bench


def needs(bench: PointsBench) -> Needs:
    return bench.viewer.feature(Needs)


def test_a_filter_says_what_is_not_collected_and_a_key_stages_it(bench: PointsBench) -> None:
    needs(bench).tick()
    assert needs(bench).words == ""
    bench.viewer.model.chips.put("evt.time > 0")
    bench.viewer.refilter()
    needs(bench).tick()
    assert needs(bench).words == (
        " ! This filter needs time: 1 of 1 points of c1 go without it.  F stages it, a applies."
    )
    bench.run("points.collect")
    assert bench.state.edit.points()[OPEN].context_fields == ("time",)
    assert "Staged: time on all points of c1. a applies it here." in bench.viewer.said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "traces/compile-2024.trace",
            " ! This filter needs binary_info and fd_info, which no message of sentry/execve tells; "
            "gVisor has it since 2026.",
        ),
        ("newest/investigation.gvtrace", ""),
    ],
)
def test_a_filter_says_what_gvisor_does_not_tell_of_programs(name: str, words: str) -> None:
    viewer = FakeViewer(Targets, Needs, trace=Trace.open(DATA / name))
    viewer.model.chips.put("proc.exe_origin = new and proc.stdin.type exists")
    viewer.refilter()
    while viewer.model.analysis.context.advance():
        pass
    viewer.feature(Needs).tick()
    assert viewer.feature(Needs).words == words


def test_calls_lack_fields_where_they_are_shown(bench: PointsBench) -> None:
    bench.run("points.collect")
    assert "Nothing on the screen needs" in bench.viewer.said
    assert "F stages it" in bench.viewer.remedy()
    bench.run("stream.calls")
    needs(bench).tick()
    assert "Durations of calls need" in needs(bench).words
    bench.viewer.commands.use(bench.viewer.commands.keymap({"points.collect": "f10"}))
    needs(bench).tick()
    assert "F10 stages it" in needs(bench).words


def test_events_that_no_point_sends_are_named() -> None:
    state = PointsState()
    assert untraced_events("evt.type in (connect, openat)", state) == ["connect", "openat"]
    assert untraced_events("evt.type = nosuchcall", state) == []
    state.counts = {"syscall/connect/enter": 3}
    assert untraced_events("evt.type = connect", state) == []
