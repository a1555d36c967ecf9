from __future__ import annotations

from pathlib import Path

from gvtui.agent.target import SessionOwner, Target
from gvtui.points.session import Point, Session
from gvtui.tui.points.edit import Edit
from gvtui.tui.points.gone import back_words, gone_words
from gvtui.tui.points.state import PointsState

WEB = Target(("/r", "web"), "web", SessionOwner.NONE)
API = Target(("/r", "api"), "api", SessionOwner.NONE)
OPEN = "syscall/openat/enter"


def test_words() -> None:
    edit = Edit(Session())
    assert gone_words("web", edit) == "web has gone."
    assert back_words("web", edit) == "web is back."
    edit.stage(Session((Point(OPEN),)))
    assert gone_words("web", edit) == (
        "web has gone. What is staged for it is kept until it is back: +1."
    )
    assert back_words("web", edit) == "web is back. What was staged for it can be applied: +1."


def test_staged_changes_stay_with_their_sandbox_while_it_is_gone(tmp_path: Path) -> None:
    state = PointsState(tmp_path / "s")
    state.take_targets([WEB, API])
    state.switch([OPEN], True)
    for _ in range(2):
        state.take_targets([API])
        assert (state.target, state.gone) == (None, WEB)
        assert "is kept until it is back" in state.note
    assert OPEN in state.edit.staged.point_names
    state.take_targets([API, WEB])
    assert state.target == WEB
    assert state.gone is None
    assert "can be applied: +1" in state.note
    assert OPEN in state.edit.staged.point_names


def test_another_sandbox_is_chosen_by_hand_and_gets_nothing_of_it(tmp_path: Path) -> None:
    state = PointsState(tmp_path / "s")
    state.take_targets([WEB])
    state.switch([OPEN], True)
    state.take_targets([])
    assert state.gone == WEB
    state.take_targets([API])
    state.next_target()
    assert state.target == API
    assert not state.note
    assert not state.edit.is_staged
    state.take_targets([API, WEB])
    assert state.choose(WEB.key)
    assert OPEN in state.edit.staged.point_names
