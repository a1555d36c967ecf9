from __future__ import annotations

from dataclasses import replace

from gvtui.points.session import (
    Point,
    Session,
    SessionDiff,
    Sink,
    diff_sessions,
    keep_in_step,
)

OPEN_E = Point("syscall/open/enter", (), ("time",))
OPEN_X = Point("syscall/open/exit", (), ("time",))
CLONE = Point("sentry/clone")
SOCKET = Sink("remote", {"endpoint": "/tmp/s"})


def test_new_points_are_put_in_order_and_old_ones_stay() -> None:
    session = Session((OPEN_X, CLONE))
    start = Point("container/start")
    changed = replace(OPEN_X, optional_fields=("fd_path",))
    assert session.with_points([OPEN_E, start, changed]).points == (start, OPEN_E, changed, CLONE)
    assert session.points == (OPEN_X, CLONE)


def test_points_go_off_by_name() -> None:
    session = Session((CLONE, OPEN_E, OPEN_X))
    assert session.without_points(["sentry/clone", "no/such"]).points == (OPEN_E, OPEN_X)


def test_endpoints_are_those_of_remote_sinks() -> None:
    sinks = (SOCKET, Sink("null"), Sink("remote", {"endpoint": 5}), Sink("remote"))
    assert Session(sinks=sinks).endpoints == ("/tmp/s",)


def test_differences() -> None:
    old = Session((CLONE, OPEN_E), (SOCKET,))
    new = Session((OPEN_X, replace(OPEN_E, context_fields=())), (Sink("null"),))
    diff = diff_sessions(old, new)
    assert diff == SessionDiff(
        ("syscall/open/exit",), ("sentry/clone",), ("syscall/open/enter",), True, False
    )
    assert str(diff) == "+1 −1 ~1 sink"
    assert str(diff_sessions(old, replace(old, ignore_missing=True))) == "options"


def test_the_order_of_points_and_fields_is_no_difference() -> None:
    old = Session((CLONE, replace(OPEN_E, context_fields=("time", "cwd"))))
    new = Session((replace(OPEN_E, context_fields=("cwd", "time")), CLONE))
    assert not diff_sessions(old, new)
    assert str(diff_sessions(old, new)) == "no change"


def test_no_session_differs_by_all_points() -> None:
    assert str(diff_sessions(None, Session((CLONE, OPEN_E)))) == "+2"
    assert str(diff_sessions(Session((CLONE,)), None)) == "−1"
    assert not diff_sessions(None, None)


def test_both_sides_of_a_raw_call_get_the_same_context() -> None:
    enter = Point("syscall/sysno/3/enter", (), ("time", "cwd"))
    leave = Point("syscall/sysno/3/exit", (), ("group_id", "time"))
    session, changed = keep_in_step(Session((leave, CLONE, enter)))
    both = ("time", "cwd", "group_id")
    assert changed == ["syscall/sysno/3/exit", "syscall/sysno/3/enter"]
    assert [point.context_fields for point in session.points] == [both, (), both]
    assert keep_in_step(session) == (session, [])


def test_other_points_need_no_step() -> None:
    lone = Point("syscall/sysno/3/exit", (), ("time",))
    session = Session((OPEN_E, replace(OPEN_X, context_fields=()), lone))
    assert keep_in_step(session) == (session, [])
