from __future__ import annotations

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.edit import join, lacks_context, set_field, switch_off, switch_on
from gvtui.points.session import DEFAULT_CONTEXT_FIELDS, Point, Session

CATALOGUE = bundled_catalogue()
OPEN = "syscall/openat/enter"
RAW_E, RAW_X = "syscall/sysno/35/enter", "syscall/sysno/35/exit"


def test_on_with_the_fields_that_gvtui_needs() -> None:
    session = switch_on(Session(), [OPEN, "future/point"], CATALOGUE)
    assert session.points == (Point(OPEN, (), DEFAULT_CONTEXT_FIELDS), Point("future/point"))


def test_what_is_on_stays_as_it_is() -> None:
    session = Session((Point(OPEN, ("fd_path",), ("time",)),))
    assert switch_on(session, [OPEN], CATALOGUE) == session
    assert switch_off(session, [OPEN]) == Session()


def test_a_raw_side_comes_with_its_sibling_s_fields() -> None:
    session = Session((Point(RAW_E, (), ("time", "cwd")),))
    session = switch_on(session, [RAW_X], CATALOGUE, ["time", "group_id"])
    enter, leave = session.points
    assert enter.context_fields == leave.context_fields == ("time", "cwd", "group_id")


def test_fields_go_on_in_the_catalogue_s_order() -> None:
    session = Session((Point(OPEN, (), ("cwd", "strange")), Point("sentry/clone")))
    names = [OPEN, "sentry/clone", "syscall/read/enter"]
    session = set_field(session, names, "context", "time", True, CATALOGUE)
    assert [point.context_fields for point in session.points] == [
        ("time", "cwd", "strange"),
        ("time",),
    ]
    session = set_field(session, names, "optional", "fd_path", True, CATALOGUE)
    assert [point.optional_fields for point in session.points] == [("fd_path",), ()]


def test_fields_go_off() -> None:
    session = Session((Point(OPEN, ("fd_path",), ("time", "cwd")),))
    session = set_field(session, [OPEN], "optional", "fd_path", False, CATALOGUE)
    session = set_field(session, [OPEN], "context", "time", False, CATALOGUE)
    assert session.points == (Point(OPEN, (), ("cwd",)),)


def test_fields_of_raw_calls_change_on_both_sides() -> None:
    session = Session((Point(RAW_E), Point(RAW_X)))
    session = set_field(session, [RAW_X], "context", "cwd", True, CATALOGUE)
    assert [point.context_fields for point in session.points] == [("cwd",), ("cwd",)]


def test_points_without_a_field_are_found() -> None:
    session = Session((Point(OPEN, (), ("time",)), Point("sentry/clone")))
    assert lacks_context(session, "time") == ["sentry/clone"]


def test_sessions_are_joined_with_the_fields_of_all() -> None:
    one = Session((Point(OPEN, ("fd_path",), ("cwd", "strange")), Point("sentry/clone")))
    other = Session((Point(OPEN, (), ("time",)), Point("future/point", (), ("new",))))
    joined, left_out = join(one, [other], CATALOGUE)
    assert left_out == ()
    assert {
        point.name: (point.optional_fields, point.context_fields) for point in joined.points
    } == {
        OPEN: (("fd_path",), ("time", "cwd", "strange")),
        "sentry/clone": ((), ()),
        "future/point": ((), ("new",)),
    }
    assert set(join(other, [one], CATALOGUE)[0].points) == set(joined.points)


def test_a_raw_point_is_left_out_where_the_decoded_one_is_on() -> None:
    names = ["syscall/sysno/257/enter", "syscall/sysno/257/exit", RAW_E]
    raw = Session(tuple(Point(name) for name in names))
    joined, left_out = join(Session((Point(OPEN),)), [raw], CATALOGUE)
    assert left_out == ("syscall/sysno/257/enter",)
    assert joined.point_names == {OPEN, "syscall/sysno/257/exit", RAW_E}
