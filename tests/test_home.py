from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from gvtui.config import config_path
from gvtui.home import have_home
from gvtui.remembered import remembered_path


@pytest.fixture
def homeless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_user_without_a_home_gets_a_private_temporary_one(homeless: Path) -> None:
    have_home()
    home = homeless / f"gvtui-home-{os.geteuid()}"
    assert os.environ["HOME"] == str(home)
    assert home.stat().st_mode & 0o777 == 0o700
    assert config_path().is_relative_to(home)
    assert remembered_path().is_relative_to(home)
    have_home()
    assert os.environ["HOME"] == str(home)


def test_a_folder_that_others_may_enter_is_not_used(homeless: Path) -> None:
    taken = homeless / f"gvtui-home-{os.geteuid()}"
    taken.mkdir()
    taken.chmod(0o755)
    have_home()
    assert os.environ["HOME"] != str(taken)
    assert Path(os.environ["HOME"]).stat().st_mode & 0o777 == 0o700


def test_a_home_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    have_home()
    assert os.environ["HOME"] == str(tmp_path)


def test_a_home_that_is_not_there_and_cannot_be_made_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", "/proc/nonexistent")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda place, mode: Path(place) != Path("/proc"))
    have_home()
    assert os.environ["HOME"] == str(tmp_path / f"gvtui-home-{os.geteuid()}")


def test_a_home_that_is_made_when_it_is_needed_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "new"))
    have_home()
    assert os.environ["HOME"] == str(tmp_path / "new")
