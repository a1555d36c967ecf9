from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from gvtui.agent.containers import Container
from gvtui.agent.outcome import ChangeOutcome, State
from gvtui.agent.registry import Registry
from gvtui.agent.runsc import Runsc
from gvtui.points.session import Point, Session

FIRST = Session((Point("sentry/clone"),))
SECOND = Session((Point("sentry/execve"),))
CONTAINER = Container("c1", Path("/r"), Runsc("runsc"), "running", 7, "c1")


def outcome(state: State, session: Session | None, pid: int, **more: Any) -> ChangeOutcome:
    return ChangeOutcome(CONTAINER, state, "", session=session, pids=(pid,), **more)


def test_what_was_found_first_stays_known() -> None:
    registry = Registry()
    registry.note(outcome(State.APPLIED, FIRST, 1, former=SECOND), had_session=True)
    registry.note(outcome(State.APPLIED, SECOND, 2, former=FIRST), had_session=True)
    applied = registry.get(CONTAINER)
    assert applied is not None
    assert (applied.session, applied.pid) == (SECOND, 2)
    assert (applied.found_session, applied.found) == (True, SECOND)
    assert registry.all() == [applied]


def test_refusals_change_nothing() -> None:
    registry = Registry()
    registry.note(outcome(State.APPLIED, FIRST, 1), had_session=False)
    for state in (State.REFUSED, State.NEEDS_CONFIRMATION):
        registry.note(outcome(state, SECOND, 2), had_session=True)
    applied = registry.get(CONTAINER)
    assert applied is not None
    assert applied.session == FIRST


def test_what_is_gone_is_not_gvtui_s() -> None:
    for state in (State.DELETED, State.LOST):
        registry = Registry()
        registry.note(outcome(State.APPLIED, FIRST, 1), had_session=False)
        registry.note(outcome(state, None, 2), had_session=True)
        assert registry.get(CONTAINER) is None


def test_of_gvtui_s_sessions_one_of_two_may_run() -> None:
    registry = Registry()
    registry.note(outcome(State.UNCERTAIN, None, 1), had_session=True)
    assert registry.get(CONTAINER) is None
    registry.note(outcome(State.APPLIED, FIRST, 1), had_session=False)
    registry.note(outcome(State.UNCERTAIN, None, 2), had_session=True)
    applied = registry.get(CONTAINER)
    assert applied is not None
    assert applied.doubtful
    registry.note(outcome(State.APPLIED, SECOND, 3), had_session=True)
    applied = registry.get(CONTAINER)
    assert applied is not None
    assert not applied.doubtful


def test_a_session_put_back_for_another_is_not_gvtui_s() -> None:
    registry = Registry()
    registry.note(outcome(State.RESTORED, FIRST, 1, former=FIRST), had_session=True)
    assert registry.get(CONTAINER) is None


def test_connections_that_close_during_a_change_are_its_doing() -> None:
    registry = Registry()
    registry.note(outcome(State.APPLIED, FIRST, 1), had_session=False)
    registry.begin(CONTAINER)
    assert registry.lost(1) is None
    registry.end(CONTAINER)
    assert registry.lost(2) is None
    lost = registry.lost(1)
    assert lost is not None
    assert lost.session == FIRST
    assert registry.get(CONTAINER) is None


def test_peers_are_known_by_pid_and_time() -> None:
    registry = Registry()
    registry.started(CONTAINER, 5, 1000)
    assert registry.container_of(5, 1000) is CONTAINER
    assert registry.container_of(5, 999) is None
    assert registry.container_of(6, 2000) is None
    other = replace(CONTAINER, id="c2", sandbox_id="c2")
    registry.started(other, 5, 3000)
    assert registry.container_of(5, 4000) is other
