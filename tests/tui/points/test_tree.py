from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.groups import OTHER, PURPOSES
from gvtui.tui.points.tree import ALL, Grouping, LineKind, PointLine, build_lines

CATALOGUE = bundled_catalogue()


def find(lines: list[PointLine], key: str) -> PointLine:
    return next(line for line in lines if line.key == key)


def test_closed_there_is_a_line_for_each_component() -> None:
    lines = build_lines(CATALOGUE, "component", ())
    assert [line.key for line in lines] == [ALL, "container", "sentry", "syscall", "sysno"]
    assert sum(len(line.names) for line in lines[1:]) == len(CATALOGUE) == len(lines[0].names)


def test_a_call_has_two_sides_and_an_event_one() -> None:
    lines = build_lines(CATALOGUE, "component", {"syscall", "sentry", "sysno"})
    openat = find(lines, "syscall/syscall/openat")
    assert (openat.enter, openat.exit) == ("syscall/openat/enter", "syscall/openat/exit")
    assert openat.sided
    clone = find(lines, "sentry/sentry/clone")
    assert (clone.label, clone.enter, clone.exit, clone.sided) == (
        "clone", "sentry/clone", "", False,
    )  # fmt: skip
    assert find(lines, "sysno/syscall/sysno/35").label == "35 nanosleep"


def test_by_purpose_a_call_stands_in_each_group_that_it_is_for() -> None:
    lines = build_lines(CATALOGUE, "purpose", {*PURPOSES, OTHER})
    groups = [line.label for line in lines if line.kind is LineKind.GROUP]
    assert groups == [*PURPOSES, OTHER]
    placed = {line.parent for line in lines if "syscall/openat/enter" in line.names and line.depth}
    assert {"files", "descriptors"} <= placed


def test_fields_stand_beneath_a_call_optional_ones_first() -> None:
    opened = {"syscall", "syscall/syscall/openat"}
    lines = build_lines(CATALOGUE, "component", opened)
    fields = [line for line in lines if line.parent == "syscall/syscall/openat"]
    assert fields[0].field == "fd_path"
    assert fields[0].field_kind == "optional"
    assert {line.field for line in fields[1:]} == set(CATALOGUE.context_fields)
    assert fields[0].names == ("syscall/openat/enter", "syscall/openat/exit")


def test_a_search_opens_groups_and_shows_no_bulk_lines() -> None:
    found = CATALOGUE.search("openat2")
    lines = build_lines(CATALOGUE, "component", (), found)
    assert [line.label for line in lines] == ["sysno (raw calls)", "437 openat2"]


def test_only_the_points_that_are_on() -> None:
    lines = build_lines(CATALOGUE, "component", {"syscall"}, None, {"syscall/open/exit"})
    call = lines[-1]
    assert (call.enter, call.exit, call.sided) == ("", "syscall/open/exit", True)
    assert build_lines(CATALOGUE, "component", (), None, ()) == []


@given(st.sets(st.integers(0, 5000), max_size=40), st.sampled_from(["component", "purpose"]))
def test_keys_are_unique_and_parents_come_before(places: set[int], grouping: Grouping) -> None:
    opened: set[str] = set()
    for place in sorted(places):
        lines = build_lines(CATALOGUE, grouping, opened)
        opened.add(lines[place % len(lines)].key)
    lines = build_lines(CATALOGUE, grouping, opened)
    assert max(Counter(line.key for line in lines).values()) == 1
    seen = {""}
    for line in lines:
        assert line.parent in seen
        assert line.names
        seen.add(line.key)
