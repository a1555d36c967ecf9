from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gvtui.scratch import Scratch, remove_left_behind

OWNER = """
import os, signal
from gvtui.scratch import Scratch
made = Scratch("gvtui-test-")
print(made.name, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_it_goes_away() -> None:
    made = Scratch("gvtui-test-")
    (Path(made.name) / "x").write_bytes(b"x")
    made.cleanup()
    assert not Path(made.name).exists()
    made.cleanup()


def test_what_a_killed_owner_left_goes_with_the_next_start(own_place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OWNER], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    left = Path(done.stdout.strip())
    assert left.is_dir()
    living = Scratch("gvtui-test-")
    other = own_place / "gvtui-test-not-ours"
    other.mkdir()
    seen: list[Path] = []
    made = Scratch("gvtui-test-", seen.append)
    # One that lives, and one that is none of these, stay.
    assert Path(living.name).is_dir()
    assert other.is_dir()
    for each in (living, made):
        each.cleanup()
    assert not left.exists()
    assert seen == []


def test_something_may_be_done_before_one_is_removed(own_place: Path) -> None:
    subprocess.run([sys.executable, "-c", OWNER], capture_output=True, check=False)
    seen: list[str] = []
    remove_left_behind("gvtui-test-", lambda folder: seen.extend(os.listdir(folder)))
    assert seen == [".gvtui-lock"]
    assert list(own_place.iterdir()) == []


def test_a_link_is_not_followed(own_place: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    victim = tmp_path_factory.mktemp("victim")
    (victim / ".gvtui-lock").touch()
    (own_place / "gvtui-test-link").symlink_to(victim)
    remove_left_behind("gvtui-test-")
    assert (victim / ".gvtui-lock").exists()


def test_a_folder_that_goes_before_it_is_locked_is_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another start finds it in the moment between its making and its lock."""
    taken: list[str] = []
    lock = fcntl.flock

    def late(file: int, how: int) -> None:
        if not taken and how == fcntl.LOCK_EX:
            taken.append(os.readlink(f"/proc/self/fd/{file}").rpartition("/")[0])
            remove_left_behind("gvtui-test-")
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    made = Scratch("gvtui-test-")
    assert not Path(taken[0]).exists()
    assert Path(made.name).is_dir()
    assert Path(made.name) != Path(taken[0])
    remove_left_behind("gvtui-test-")
    assert Path(made.name).is_dir()
    made.cleanup()
