from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.session import Point, Session
from gvtui.tui.points.edit import Edit

OPEN, CLOSE = Point("syscall/open/enter"), Point("syscall/close/enter")
START = Session()
ONE, TWO = START.with_points([OPEN]), START.with_points([OPEN, CLOSE])


def test_nothing_is_staged_at_first() -> None:
    edit = Edit(START)
    assert edit.staged is START
    assert not edit.is_staged
    assert not edit.diff
    assert not edit.undo()


def test_staging_shows_as_a_difference_and_undo_takes_it_back() -> None:
    edit = Edit(START)
    edit.stage(ONE)
    edit.stage(TWO)
    assert str(edit.diff) == "+2"
    assert edit.undo()
    assert edit.staged is ONE
    assert edit.undo()
    assert not edit.is_staged


def test_staging_what_runs_is_no_staging() -> None:
    edit = Edit(START)
    edit.take_applied(ONE)
    edit.stage(TWO)
    edit.stage(Session((OPEN,)))
    assert not edit.is_staged
    assert edit.undo()
    assert edit.staged is TWO


def test_undo_after_applying_stages_what_ran_before() -> None:
    edit = Edit(START)
    edit.stage(ONE)
    edit.settle(ONE)
    edit.take_applied(ONE)
    assert not edit.is_staged
    assert edit.undo()
    assert str(edit.diff) == "−1"
    assert edit.staged.points == ()


def test_what_was_changed_while_applying_stays_staged() -> None:
    edit = Edit(START)
    edit.stage(ONE)
    edit.stage(TWO)
    edit.settle(ONE)
    edit.take_applied(ONE)
    assert edit.staged is TWO
    assert str(edit.diff) == "+1"


def test_discarding_can_be_undone() -> None:
    edit = Edit(START)
    edit.stage(TWO)
    edit.discard()
    assert not edit.is_staged
    assert edit.undo()
    assert edit.staged is TWO


def test_the_points_of_both_sides_by_name() -> None:
    edit = Edit(START)
    edit.take_applied(ONE)
    edit.stage(TWO)
    assert set(edit.points()) == {OPEN.name, CLOSE.name}
    assert set(edit.points(applied=True)) == {OPEN.name}


@given(st.lists(st.sampled_from([START, ONE, TWO]), max_size=12))
def test_undoing_everything_ends_where_it_began(sessions: list[Session]) -> None:
    edit = Edit(START)
    for session in sessions:
        edit.stage(session)
    while edit.undo():
        pass
    assert edit.staged is START
