from __future__ import annotations

from dataclasses import replace

import pytest

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.catalogue import Catalogue, in_order
from gvtui.points.check import check_session
from gvtui.points.presets import PRESETS, build_preset
from gvtui.points.session import DEFAULT_CONTEXT_FIELDS, Session, keep_in_step
from gvtui.points.tuning import remote_sink

CATALOGUE = bundled_catalogue()


def build(name: str) -> Session:
    return build_preset(name, CATALOGUE, sinks=(remote_sink("/tmp/s"),))


def test_the_presets() -> None:
    assert list(PRESETS) == [
        "processes",
        "files",
        "network",
        "security",
        "all-schematized",
        "everything",
        "seed",
    ]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_passes_the_checks(name: str) -> None:
    session = build(name)
    assert check_session(session, CATALOGUE) == []
    assert keep_in_step(session) == (session, [])
    assert PRESETS[name].description.endswith(".")


@pytest.mark.parametrize("name", sorted(PRESETS.keys() - {"seed"}))
def test_gvtui_s_own_context_is_asked_for(name: str) -> None:
    for point in build(name).points:
        offered = set(CATALOGUE.points[point.name].context_fields)
        assert set(DEFAULT_CONTEXT_FIELDS) & offered <= set(point.context_fields)
        lacking = set(DEFAULT_CONTEXT_FIELDS) - offered
        assert lacking == ({"is_exec_session"} if "exit_notify" in point.name else set())


@pytest.mark.parametrize(
    ("name", "there", "missing"),
    [
        ("processes", "sentry/exit_notify_parent", "syscall/openat/enter"),
        ("processes", "syscall/execve/exit", "syscall/sysno/59/enter"),
        ("files", "syscall/read/enter", "syscall/connect/enter"),
        ("files", "sentry/task_exit", "syscall/eventfd2/enter"),
        ("files", "syscall/execveat/enter", "syscall/clone/enter"),
        ("network", "syscall/accept4/exit", "syscall/read/enter"),
        ("network", "syscall/sysno/44/enter", "syscall/sysno/42/enter"),
        ("security", "sentry/mmap", "syscall/read/enter"),
        ("security", "syscall/ptrace/exit", "syscall/sysno/101/exit"),
        ("security", "syscall/sysno/113/enter", "syscall/execve/enter"),
        ("all-schematized", "syscall/eventfd2/enter", "syscall/sysno/0/enter"),
    ],
)
def test_what_is_in_a_preset(name: str, there: str, missing: str) -> None:
    names = build(name).point_names
    assert there in names
    assert missing not in names
    assert missing in CATALOGUE


def test_everything_is_everything() -> None:
    session = build("everything")
    assert len(session.points) == len(CATALOGUE)
    assert session.points[0].optional_fields == ("env",)
    assert session.points[0].context_fields == CATALOGUE.points["container/start"].context_fields


def test_files_have_paths_on_the_way_in() -> None:
    session = build("files")
    enter, leave = session.point("syscall/close/enter"), session.point("syscall/close/exit")
    assert enter is not None
    assert enter.optional_fields == ("fd_path",)
    assert leave is not None
    assert leave.optional_fields == ()


def test_security_asks_for_all_that_an_exec_can_tell() -> None:
    point = build("security").point("sentry/execve")
    assert point is not None
    assert point.optional_fields == (
        "binary_info",
        "binary_sha256",
        "binary_sha1",
        "fd_info",
        "pipe_proc_info",
    )
    assert {"group_id", "thread_group_start_time"} <= set(point.context_fields)


def test_security_of_an_older_gvisor_has_its_raw_calls() -> None:
    older = bundled_catalogue("x86_64", "2024-07")
    session = build_preset("security", older)
    assert check_session(session.with_sinks(remote_sink("/tmp/s")), older) == []
    # listen and ptrace
    assert {"syscall/sysno/50/exit", "syscall/sysno/101/enter"} <= session.point_names
    point = session.point("sentry/execve")
    assert point is not None
    assert point.optional_fields == ("binary_info",)


def test_the_seed_is_the_example() -> None:
    session = build("seed")
    assert [point.name for point in session.points] == [
        "container/start",
        "sentry/clone",
        "sentry/task_exit",
        "syscall/execve/enter",
        "syscall/fork/enter",
        "syscall/fork/exit",
        "syscall/sysno/35/enter",
        "syscall/sysno/35/exit",
    ]
    assert session.points[1].context_fields == ()
    assert session.points[3].context_fields == ("group_id", "process_name")


def test_presets_leave_out_what_a_runtime_lacks() -> None:
    some = in_order(
        replace(spec, context_fields=("time",)) for spec in CATALOGUE.search("sentry/clone")
    )
    catalogue = Catalogue(some, CATALOGUE.sinks, "old", "x86_64")
    session = build_preset("files", catalogue)
    assert [(point.name, point.context_fields) for point in session.points] == [
        ("sentry/clone", ("time",))
    ]


def test_the_context_fields_can_be_chosen() -> None:
    session = build_preset("processes", CATALOGUE, context_fields=("cwd", "nope"))
    fields = {point.name: point.context_fields for point in session.points}
    assert fields["sentry/clone"] == ("cwd",)
    assert fields["sentry/exit_notify_parent"] == ()


def test_an_unknown_preset() -> None:
    with pytest.raises(KeyError):
        build_preset("nope", CATALOGUE)
