from __future__ import annotations

import os
from pathlib import Path

import pytest

from gvtui.agent.trust import distrust, is_own_file

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "opt" / "gvisor"
    folder.mkdir(parents=True)
    path = folder / "runsc"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_file_below_own_folders_may_be_run(program: Path) -> None:
    assert distrust(program) == ""
    assert is_own_file(program.stat())


def test_a_file_that_others_may_write(program: Path) -> None:
    for mode in (0o775, 0o757):
        program.chmod(mode)
        assert distrust(program) == f"is not safe to run: others may write to {program}"
        assert not is_own_file(program.stat())


def test_a_folder_above_that_others_may_write(program: Path) -> None:
    folder = program.parent.parent
    folder.chmod(0o777)
    assert distrust(program) == f"is not safe to run: others may write to {folder}"
    folder.chmod(0o1777)
    assert distrust(program) == ""


@needs_root
def test_a_file_or_folder_of_another_user(program: Path) -> None:
    for place in (program, program.parent, program.parent.parent):
        os.chown(place, 12345, 12345)
        assert distrust(program) == f"is not safe to run: {place} belongs to user 12345"
        os.chown(place, 0, 0)
    assert distrust(program) == ""


def test_a_link_is_as_safe_as_its_own_path_and_where_it_leads(
    program: Path, tmp_path: Path
) -> None:
    open_folder = tmp_path / "open"
    open_folder.mkdir()
    link = open_folder / "runsc"
    link.symlink_to(program)
    assert distrust(link) == ""
    open_folder.chmod(0o777)
    assert distrust(link) == f"is not safe to run: others may write to {open_folder}"
    open_folder.chmod(0o755)
    program.parent.chmod(0o777)
    assert distrust(link) == f"is not safe to run: others may write to {program.parent}"


def test_links_to_folders_and_upwards_are_followed(program: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("opt/../opt/./gvisor")
    assert distrust(tmp_path / "current" / "runsc") == ""
    program.parent.chmod(0o777)
    assert "others may write" in distrust(tmp_path / "current" / "runsc")


@needs_root
def test_another_user_s_link_is_not_followed_even_in_a_sticky_folder(
    program: Path, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    link = shared / "runsc"
    link.symlink_to(program)
    os.chown(link, 12345, 12345, follow_symlinks=False)
    assert distrust(link) == f"is not safe to run: {link} belongs to user 12345"


def test_what_is_no_program(program: Path, tmp_path: Path) -> None:
    assert distrust(program.parent) == "is no file"
    assert "No such file" in distrust(tmp_path / "none")
    (tmp_path / "round").symlink_to("round")
    assert distrust(tmp_path / "round") == "leads through too many symbolic links"
    program.chmod(0o644)
    assert distrust(program) == "cannot be executed"
