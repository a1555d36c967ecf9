from __future__ import annotations

from pathlib import Path

from gvtui.agent.target import SessionOwner, Target
from gvtui.points.session import Point, Session
from gvtui.points.tuning import remote_sink
from gvtui.tui.features import every_command
from gvtui.tui.points.painter import PointsPainter, box_spots
from gvtui.tui.points.state import PointsState
from gvtui.tui.points.tree import LineKind

SOCKET = Path("/tmp/s.sock")


def words(parts: list[tuple[str, str]]) -> str:
    return "".join(text for text, _ in parts)


def test_a_heading_says_where_and_how_much_is_staged() -> None:
    state = PointsState(SOCKET)
    painter = PointsPainter(state, every_command().keys_of, large=False)
    assert words(painter.heading(40)[1]) == " no sandbox to trace"
    state.is_looking = True
    assert "looking for sandboxes" in words(painter.heading(40)[1])
    state.problem = "no runsc here"
    first, second = painter.heading(40)
    assert words(first).rstrip() == "Points"
    assert words(second) == " no runsc here"
    state.switch(["sentry/clone"], True)
    assert words(painter.heading(40)[0]).endswith("+1 staged ")
    state.pattern = "clone"
    assert "/ clone" in words(painter.heading(40)[-1])


def test_a_session_of_another_gvtui_is_called_so_and_where_it_is_sent() -> None:
    state = PointsState(SOCKET)
    painter = PointsPainter(state, every_command().keys_of, large=False)
    for socket, words_of_it in ((SOCKET, "another gvtui's "), (Path("/run/s"), "sent elsewhere ")):
        session = Session((Point("sentry/clone"),), (remote_sink(str(socket)),))
        target = Target(("/r", "c1"), "c1", SessionOwner.EARLIER, applied=session)
        state.take_targets([target])
        assert words(painter.heading(60)[1]).endswith(words_of_it)


def test_boxes_tell_sides_and_what_a_click_switches() -> None:
    state = PointsState(SOCKET)
    state.reveal("syscall/openat/enter")
    line = next(each for each in state.lines() if each.kind is LineKind.CALL and each.sided)
    state.switch([line.enter], True)
    spots = box_spots(state, line)
    assert [(text, side) for text, _, side in spots if side] == [("[E]", "E"), ("[ ]", "X")]


def test_hints_name_the_keys_in_force() -> None:
    state = PointsState(SOCKET)
    commands = every_command()
    painter = PointsPainter(state, commands.keys_of, large=False)
    state.reveal("sentry/clone")
    assert words(painter.footing(80, True)[0]) == "off: space switches it on"
    commands.use(commands.keymap({"points.switch": "f10"}))
    assert words(painter.footing(80, True)[0]) == "off: F10 switches it on"
    state.switch(["sentry/clone"], True)
    assert "a applies what is staged, u undoes, v shows it" in words(painter.footing(80, True)[0])


def test_hints_name_no_key_that_changes_what_must_not_change() -> None:
    state = PointsState(SOCKET, readonly=True)
    painter = PointsPainter(state, every_command().keys_of, large=False)
    state.reveal("sentry/clone")
    assert words(painter.footing(80, True)[0]) == "/ finds, Ctrl+O groups"


def test_a_line_fits_its_width() -> None:
    state = PointsState(SOCKET)
    painter = PointsPainter(state, every_command().keys_of, large=True)
    state.counts = {"sentry/clone": 1_234_567}
    state.reveal("sentry/clone")
    for width in (30, 56, 120):
        for line in state.lines():
            assert len(words(painter.line(line, width))) == width
