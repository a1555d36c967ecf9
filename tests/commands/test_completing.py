from __future__ import annotations

import threading
from pathlib import Path

import click

from gvtui.cli import cli
from gvtui.commands.completing import (
    field_names,
    files,
    groups,
    in_time,
    known_points,
    profiles,
)

CONTEXT = click.Context(cli)
PARAMETER = cli.params[0]


def test_what_takes_too_long_or_fails_gives_nothing() -> None:
    never = threading.Event()
    assert in_time(lambda: 7, 20) == 7
    assert in_time(never.wait, 0) is None
    assert in_time(lambda: 1 // 0, 20) is None
    never.set()


def test_fields_with_commas_between_come_once_each() -> None:
    complete = field_names("context")
    found = [item.value for item in complete(CONTEXT, PARAMETER, "time,con")]
    assert found == ["time,container_id"]
    assert "time,time" not in [item.value for item in complete(CONTEXT, PARAMETER, "time,t")]
    assert [item.value for item in field_names("optional")(CONTEXT, PARAMETER, "fd_p")] == [
        "fd_path"
    ]


def test_points_say_what_they_are_for() -> None:
    (found,) = [
        item
        for item in known_points(CONTEXT, PARAMETER, "syscall/openat/")
        if item.value == "syscall/openat/enter"
    ]
    assert found.help == "files, descriptors"


def test_groups_are_those_of_the_machine() -> None:
    assert "root" in [item.value for item in groups(CONTEXT, PARAMETER, "ro")]


def test_profiles_are_those_of_the_configuration(own_home: Path) -> None:
    assert profiles(CONTEXT, PARAMETER, "") == []
    path = own_home / "config" / "gvtui" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[profile.on-call]\ntheme = "light"\n[profile."a b"]\n[profile.night]\n')
    found = profiles(CONTEXT, PARAMETER, "")
    assert [item.value for item in found] == ["a b", "night", "on-call"]
    assert [item.value for item in profiles(CONTEXT, PARAMETER, "on")] == ["on-call"]


def test_files_are_left_to_the_shell() -> None:
    (item,) = files(".gvtrace", ".trace")(CONTEXT, PARAMETER, "to")
    assert (item.type, item.endings) == ("file", ".gvtrace .trace")
