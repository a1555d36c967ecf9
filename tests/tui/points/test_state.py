from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gvtui.agent.target import SessionOwner, Target
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.edit import switch_on
from gvtui.points.session import DEFAULT_CONTEXT_FIELDS, Point
from gvtui.tui.points.state import Box, PointsState
from gvtui.tui.points.tree import LineKind

ENTER, EXIT = "syscall/openat/enter", "syscall/openat/exit"
SOCKET = Path("/tmp/events.sock")


@pytest.fixture
def state() -> PointsState:
    state = PointsState(SOCKET)
    state.reveal(ENTER)
    return state


def field(state: PointsState, name: str) -> None:
    line = state.at_cursor()
    assert line is not None
    state.open(line, True)
    state.cursor = f"{line.key}/{name}"


def test_a_session_sends_to_the_viewer(state: PointsState) -> None:
    assert state.edit.staged.endpoints == (str(SOCKET),)


def test_switching_a_call_switches_both_sides(state: PointsState) -> None:
    line = state.at_cursor()
    assert line is not None
    assert state.box(line) is Box.OFF
    state.toggle(line)
    assert state.edit.staged.point_names == {ENTER, EXIT}
    assert state.edit.points()[ENTER].context_fields
    assert set(state.edit.points()[ENTER].context_fields) == set(DEFAULT_CONTEXT_FIELDS)
    assert state.box(line) is Box.ON
    assert state.sign(line) == "+"
    state.toggle(line, "E")
    assert state.edit.staged.point_names == {EXIT}
    assert state.box(line) is Box.SOME
    assert (state.box(line, "E"), state.box(line, "X")) == (Box.OFF, Box.ON)


def test_a_field_of_a_point_that_is_off_switches_the_point_on(state: PointsState) -> None:
    field(state, "optional:fd_path")
    line = state.at_cursor()
    assert line is not None
    state.toggle(line, "E")
    assert state.edit.staged.point_names == {ENTER}
    assert state.edit.points()[ENTER].optional_fields == ("fd_path",)
    assert state.cost(line)


def test_fields_of_a_group_change_in_bulk(state: PointsState) -> None:
    state.stage(switch_on(state.edit.staged, [ENTER, "syscall/read/enter"], state.catalogue))
    lines = state.lines()
    bulk = next(line for line in lines if line.kind is LineKind.FIELDS and line.parent == "syscall")
    state.open(bulk, True)
    cwd = next(line for line in state.lines() if line.key == f"{bulk.key}/context:cwd")
    assert state.box(cwd) is Box.OFF
    state.toggle(cwd)
    assert all("cwd" in point.context_fields for point in state.edit.staged.points)
    assert state.box(cwd) is Box.ON
    assert state.box(cwd, applied=True) is Box.OFF
    assert state.sign(cwd) == "+"


def test_a_new_point_gets_the_context_that_the_others_have(state: PointsState) -> None:
    point = Point("syscall/read/enter", context_fields=("cwd", "time"))
    state.stage(state.edit.staged.with_points([point]))
    line = state.at_cursor()
    assert line is not None
    state.toggle(line)
    assert "cwd" in state.edit.points()[ENTER].context_fields


def test_the_target_stays_and_its_staging_with_it(state: PointsState) -> None:
    catalogue = bundled_catalogue()
    line = state.at_cursor()
    assert line is not None
    state.toggle(line)
    one = Target(("/r", "one"), "one", SessionOwner.NONE, catalogue=catalogue)
    two = Target(("/r", "two"), "two", SessionOwner.NONE, catalogue=catalogue)
    state.take_targets([one, two])
    assert state.target is one
    assert state.edit.staged.point_names == {ENTER, EXIT}
    state.next_target()
    assert state.target is two
    assert not state.edit.is_staged
    state.take_targets([two])
    assert state.target is two
    state.take_targets([one])
    assert state.target is None
    assert state.gone is two
    state.next_target()
    assert state.target is one
    assert state.edit.is_staged


def test_an_unreadable_session_is_guessed_from_what_it_sends(state: PointsState) -> None:
    other = Target(("/r", "one"), "one", SessionOwner.OTHER)
    state.take_targets([other])
    state.take_guess([ENTER])
    assert state.edit.is_guess
    state.take_guess([EXIT])
    assert state.edit.applied is not None
    assert state.edit.applied.point_names == {ENTER, EXIT}
    state.take_targets([other])
    assert state.edit.is_guess
    state.switch([ENTER], False)
    state.take_guess(["sentry/clone"])
    assert str(state.edit.diff) == "−1"
    state.take_targets([Target(other.key, "one", SessionOwner.NONE)])
    assert state.edit.applied is None


def test_a_box_whose_state_nobody_knows_is_neither_on_nor_off() -> None:
    state = PointsState()
    assert not state.is_known
    group = state.lines()[1]
    assert state.box(group) is Box.UNKNOWN
    state.open(group)
    for line in state.lines()[2:4]:
        assert state.box(line) in (Box.UNKNOWN, Box.ABSENT)
    container = Target(("/r", "a"), "a", SessionOwner.UNKNOWN)
    live = PointsState(Path("/tmp/s"))
    assert live.is_known, "there is no sandbox, so nothing is on"
    live.take_targets([container])
    assert not live.is_known
    syscall = next(line for line in live.lines() if line.label == "syscall")
    assert live.box(syscall) is Box.UNKNOWN
    live.switch(syscall.names[:2], True)
    assert live.box(syscall) is Box.SOME
    live.take_targets([replace(container, owner=SessionOwner.NONE)])
    assert live.is_known


def test_open_all_opens_and_closes_everything(state: PointsState) -> None:
    few = len(PointsState(SOCKET).lines())
    state.open_all()
    assert len(state.lines()) > 5000
    assert all(line.is_open for line in state.lines() if line.can_open)
    state.open_all()
    assert len(state.lines()) == few


def test_revealing_widens_what_is_found(state: PointsState) -> None:
    state.pattern = "socket"
    state.changed()
    state.reveal("sentry/clone")
    line = state.at_cursor()
    assert line is not None
    assert line.enter == "sentry/clone"
    state.reveal("no/such")
    assert state.at_cursor() == line


def test_all_raw_points_are_a_flood(state: PointsState) -> None:
    group = next(line for line in state.lines() if line.key == "sysno")
    assert "884 raw points" in state.cost(group)
    state.toggle(group)
    assert len(state.edit.staged.points) == 884
    assert state.box(group) is Box.ON
    state.toggle(group)
    assert not state.edit.diff


def test_a_field_that_a_filter_needs_is_added_to_all(state: PointsState) -> None:
    state.stage(state.edit.staged.with_points([Point(ENTER), Point(EXIT)]))
    state.add_context(["group_id"], ("", ""))
    assert all(point.context_fields == ("group_id",) for point in state.edit.staged.points)


def test_where_no_target_tells_the_runsc_here_does() -> None:
    state = PointsState(SOCKET)
    assert state.catalogue.is_bundled
    here = bundled_catalogue("x86_64", "2022-12")
    state.take_targets([], catalogue=here)
    assert state.catalogue is here
    target = Target(("/r", "one"), "one", SessionOwner.NONE, catalogue=bundled_catalogue())
    state.take_targets([target])
    assert state.catalogue is target.catalogue


def test_a_recording_has_the_points_of_its_architecture() -> None:
    state = PointsState()
    state.architecture = "arm64"
    assert len(state.catalogue) == 980
