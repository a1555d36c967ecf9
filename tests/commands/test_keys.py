from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest

from gvtui.cli import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(own_home: Path) -> Path:
    path = own_home / "config" / "gvtui" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def test_the_table_has_the_keys_in_force(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text('[keys]\n"filter.save" = "Ctrl+Y"\n')
    assert run(["keys"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Filter" in lines
    [save] = [line for line in lines if "filter.save" in line]
    assert save.split()[:2] == ["Ctrl+Y", "filter.save"]
    assert save.endswith("Save the filters in force under a name")


def test_what_is_wrong_is_told_and_the_rest_counts(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text('[keys]\n"filter.save" = "Ctrl+Y"\n"filter.sve" = "x"\n')
    assert run(["keys", "--json"]) == 1
    said = capsys.readouterr()
    found = json.loads(said.out)
    told = (
        f"{config}, line 3: filter.sve: there is no command filter.sve; did you mean filter.save?"
    )
    assert found["problems"] == [told]
    assert said.err == f"gvtui: {told}\n"
    [save] = [each for each in found["commands"] if each["command"] == "filter.save"]
    assert save["keys"] == ["ctrl+y"]
    assert save["default"] == ["w"]


def test_what_is_printed_to_start_from_changes_nothing(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["keys", "--default"]) == 0
    section = capsys.readouterr().out
    assert tomllib.loads(section)["keys"]
    assert run(["keys", "--json"]) == 0
    before = capsys.readouterr().out
    config.write_text(section)
    assert run(["keys", "--json"]) == 0
    assert capsys.readouterr().out == before


def test_the_keys_of_a_profile(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(
        '[keys]\n"filter.save" = "Ctrl+Y"\n[profile.night.keys]\n"filter.save" = "f10"\n'
    )
    assert run(["keys", "--profile", "night"]) == 0
    [save] = [line for line in capsys.readouterr().out.splitlines() if "filter.save" in line]
    assert save.split()[0] == "F10"


def test_two_forms_at_once_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["keys", "--default", "--json"]) == 2
    assert "do not go together" in capsys.readouterr().err
