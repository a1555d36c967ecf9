from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.agent.agent import Agent
from gvtui.agent.memory import Memory
from gvtui.agent.target import SessionOwner
from gvtui.points.session import Point, Session
from gvtui.points.tuning import remote_sink
from gvtui.tui.points.unheard import SETTLING_SECONDS, Unheard
from tests.tui.points.bench import OPEN, PointsBench

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    """The monotonic clock, moved by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        monkeypatch.setattr("gvtui.tui.points.unheard.time.monotonic", lambda: self.now)


@pytest.fixture
def bench(tmp_path: Path) -> PointsBench:
    """A sandbox whose session was made by a gvtui that has ended, and sends to the same socket."""
    bench = PointsBench(tmp_path)
    [container] = bench.keeper.agent.inventory().containers
    session = Session((Point(OPEN, (), ("time",)),), (remote_sink(str(tmp_path / "s.sock")),))
    earlier = Agent([bench.runsc.path], [bench.runsc.root], memory=Memory(tmp_path / "memory"))
    assert earlier.apply(container, session).applied
    bench.run("points.look")
    return bench


def test_a_sandbox_that_nobody_hears_is_told_once_after_a_while(
    bench: PointsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, unheard = Clock(monkeypatch), bench.viewer.feature(Unheard)
    assert [target.title for target in bench.targets.unheard] == ["c1"]
    unheard.tick()
    assert "nobody hears" not in bench.viewer.said
    assert list(unheard.advice()) == []
    clock.now += SETTLING_SECONDS
    unheard.tick()
    unheard.tick()
    said = "1 sandbox has a session that sends to this socket, but nobody hears: c1."
    assert bench.viewer.said.count("nobody hears: c1. gVisor connects only when") == 1
    assert list(unheard.advice())[1] == said
    assert "J starts it anew" in bench.viewer.said


def test_a_key_starts_the_session_anew(bench: PointsBench) -> None:
    before = bench.runsc.session()
    bench.run("points.rejoin")
    assert bench.runsc.session() == before
    assert bench.state.target is not None
    bench.run("points.look")
    assert bench.state.target.owner is SessionOwner.OURS


def test_a_sandbox_that_is_connected_is_heard(
    bench: PointsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, unheard = Clock(monkeypatch), bench.viewer.feature(Unheard)
    bench.recorder.add(1, container="c1")
    bench.viewer.catch_up()
    for _ in range(2):
        unheard.tick()
        clock.now += SETTLING_SECONDS
    assert bench.targets.unheard == []
    assert bench.viewer.said == ""
    bench.run("points.rejoin")
    assert "is connected" in bench.viewer.said


def test_a_session_for_another_socket_is_not_ours_to_hear(tmp_path: Path) -> None:
    bench = PointsBench(tmp_path)
    [container] = bench.keeper.agent.inventory().containers
    session = Session((Point(OPEN),), (remote_sink("/run/other.sock"),))
    assert (
        Agent([bench.runsc.path], [bench.runsc.root], memory=Memory(tmp_path / "memory"))
        .apply(container, session)
        .applied
    )
    bench.run("points.look")
    assert bench.state.target is not None
    assert bench.state.target.owner is SessionOwner.EARLIER
    assert bench.targets.unheard == []


def test_a_sandbox_that_sends_nothing_is_told(tmp_path: Path) -> None:
    bench = PointsBench(tmp_path)
    bench.viewer.catch_up()
    unheard = bench.viewer.feature(Unheard)
    unheard.tick()
    assert "connection 1 has connected, and has sent nothing for 20 seconds." in bench.viewer.said
