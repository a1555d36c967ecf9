from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.catalogue import (
    CatalogueError,
    architecture_of_points,
    call_of,
    ending_points,
    parse_metadata,
    sibling_of,
    sort_key,
)

DATA = Path(__file__).parents[1] / "data"

NEWER = """\
POINTS (3)
Name: sentry/mmap, optional fields: [fd_path|sha9], context fields: [time|parent_thread_group_id|is_exec_session]
Name: syscall/listen/enter, optional fields: [], context fields: [time], cost: [low], since: 2026
Name: tomorrow/point, context fields: [time]

SINKS (1)
Name: remote
"""


def read(name: str) -> str:
    return (DATA / name).read_text()


@pytest.mark.parametrize("name", ["metadata-2022-12.txt", "metadata-2024-07.txt"])
def test_reads_what_runsc_prints(name: str) -> None:
    catalogue = parse_metadata(read(name), name, "x86_64")
    assert len(catalogue) == 991
    assert set(catalogue.sinks) == {"null", "remote"}
    assert not catalogue.is_bundled
    spec = catalogue.points["syscall/openat/enter"]
    assert spec.optional_fields == ("fd_path",)
    assert spec.context_fields[:2] == ("time", "thread_id")
    assert (spec.component, spec.event, spec.direction) == ("syscall", "openat", "E")
    assert spec.sibling == "syscall/openat/exit"
    assert not spec.is_raw


def test_versions_differ_in_fields() -> None:
    old, new = (
        parse_metadata(read(name), name)
        for name in ("metadata-2022-12.txt", "metadata-2024-07.txt")
    )
    name = "sentry/exit_notify_parent"
    assert set(old.points[name].context_fields) - set(new.points[name].context_fields) == {"cwd"}


def test_raw_points_have_the_call_s_name() -> None:
    spec = bundled_catalogue("x86_64").points["syscall/sysno/35/exit"]
    assert (spec.component, spec.event, spec.sysno) == ("sysno", "nanosleep", 35)
    assert spec.purposes == ("time",)
    assert spec.call == "syscall/sysno/35"


@pytest.mark.parametrize(
    ("name", "architecture"),
    [("metadata-2026-09.txt", "x86_64"), ("metadata-2026-09-arm64.txt", "arm64")],
)
@pytest.mark.parametrize("machine", ["x86_64", "arm64"])
def test_a_list_tells_its_architecture(
    monkeypatch: pytest.MonkeyPatch, name: str, architecture: str, machine: str
) -> None:
    monkeypatch.setattr("gvtui.points.catalogue.host_architecture", lambda: machine)
    catalogue = parse_metadata(read(name), name)
    assert catalogue.architecture == architecture
    event = {"x86_64": "clone", "arm64": "openat"}[architecture]
    assert catalogue.points["syscall/sysno/56/enter"].event == event


def test_a_list_too_short_to_tell_its_architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gvtui.points.catalogue.host_architecture", lambda: "arm64")
    assert parse_metadata(NEWER, "runsc 2026").architecture == "arm64"
    assert parse_metadata("Name: syscall/open/enter\n", "it").architecture == "x86_64"
    assert architecture_of_points(["syscall/openat/enter", "sentry/clone"]) is None


def test_order_is_component_then_number_then_side() -> None:
    names = [
        "syscall/sysno/100/enter",
        "syscall/sysno/9/exit",
        "syscall/sysno/9/enter",
        "syscall/read/exit",
        "sentry/clone",
        "container/start",
        "tomorrow/point",
    ]
    assert sorted(names, key=sort_key) == [
        "container/start",
        "sentry/clone",
        "syscall/read/exit",
        "syscall/sysno/9/enter",
        "syscall/sysno/9/exit",
        "syscall/sysno/100/enter",
        "tomorrow/point",
    ]


def test_a_newer_format_is_read_as_far_as_it_is_known() -> None:
    catalogue = parse_metadata(NEWER, "runsc 2026")
    assert set(catalogue.points) == {"sentry/mmap", "syscall/listen/enter", "tomorrow/point"}
    assert catalogue.points["sentry/mmap"].optional_fields == ("fd_path", "sha9")
    assert "is_exec_session" in catalogue.context_fields
    assert catalogue.points["tomorrow/point"].component == "tomorrow"
    assert catalogue.sinks == ("remote",)


def test_output_without_points_is_refused() -> None:
    with pytest.raises(CatalogueError, match="this runsc lists no trace points"):
        parse_metadata("usage: trace\n", "this runsc")


def test_a_list_of_fields_that_has_no_end_hides_no_other() -> None:
    line = "Name: a/b, optional fields: [x" * 3 + ", optional fields: [y|z], context fields: [u]"
    spec = parse_metadata(line, "").points["a/b"]
    assert (spec.optional_fields, spec.context_fields) == (("y", "z"), ("u",))


def test_names_that_a_terminal_must_not_see_are_passed_over() -> None:
    catalogue = parse_metadata(
        "Name: a/b\nName: \x1b[31m/x\nName: c/d, context fields: [x\x07|y]\n", ""
    )
    assert list(catalogue.points) == ["a/b", "c/d"]
    assert catalogue.points["c/d"].context_fields == ("y",)


@pytest.mark.parametrize(
    ("pattern", "some", "none"),
    [
        ("openat", "syscall/openat/enter", "syscall/open/enter"),
        ("nanosleep", "syscall/sysno/35/enter", "syscall/open/enter"),
        ("syscall/open/*", "syscall/open/exit", "syscall/openat/exit"),
        ("network exit", "syscall/connect/exit", "syscall/connect/enter"),
        ("envv", "syscall/execve/enter", "sentry/execve"),
        ("CLONE", "sentry/clone", "sentry/execve"),
        ("", "sentry/clone", "no/such"),
        ("is_exec_session", "sentry/mmap", "sentry/exit_notify_parent"),
        ("is_exec openat", "syscall/openat/exit", "syscall/open/exit"),
        ("cwd", "syscall/sysno/79/exit", "sentry/clone"),
    ],
)
def test_search(pattern: str, some: str, none: str) -> None:
    names = [spec.name for spec in bundled_catalogue("x86_64").search(pattern)]
    assert some in names
    assert none not in names


def test_names_of_events_have_no_sides() -> None:
    assert sibling_of("sentry/clone") is None
    assert call_of("sentry/clone") == "sentry/clone"
    assert sibling_of("syscall/sysno/3/exit") == "syscall/sysno/3/enter"


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        catalogue = parse_metadata(text, "it")
    except CatalogueError:
        return
    assert len(catalogue) > 0


@given(st.text(alphabet="syscall/no0123456789entrxi ", max_size=40))
def test_names_of_any_shape_can_be_ordered(name: str) -> None:
    assert sort_key(name) == sort_key(name)


def test_the_points_that_tell_how_a_call_ended_are_the_decoded_one_first() -> None:
    catalogue = bundled_catalogue("x86_64")
    decoded, raw = ending_points(catalogue, "openat")
    assert (decoded, raw) == ("syscall/openat/exit", "syscall/sysno/257/exit")
    assert ending_points(catalogue, "rename") == ["syscall/sysno/82/exit"]
    assert ending_points(catalogue, "sentry/clone") == ["sentry/clone"]
    assert ending_points(catalogue, "no_such_call") == []
