from __future__ import annotations

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.more import MORE, more_of_process
from gvtui.points.session import Point, Session

CATALOGUE = bundled_catalogue()


def test_each_choice_adds_points_and_keeps_those_that_are_on() -> None:
    first = Session((Point("syscall/openat/enter", (), ("time",)),))
    for choice, _ in MORE:
        more = more_of_process(choice, first, CATALOGUE)
        assert more != first, choice
        assert set(more.point_names) >= set(first.point_names), choice


def test_all_calls_come_once_decoded_where_that_is_possible() -> None:
    decoded = {spec.event for spec in CATALOGUE.schematized}
    for name in more_of_process("all", Session(), CATALOGUE).point_names:
        spec = CATALOGUE.get(name)
        assert spec is not None
        assert not spec.is_raw or spec.event not in decoded


def test_paths_are_asked_of_the_points_that_are_on() -> None:
    session = Session((Point("syscall/read/enter"), Point("sentry/clone")))
    read, clone = more_of_process("paths", session, CATALOGUE).points
    assert read.optional_fields == ("fd_path",)
    assert clone.optional_fields == ()
