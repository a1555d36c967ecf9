from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.agent.scratch import mounts_below, scratch_folder


def test_mounts_below_a_folder_are_told_from_others(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "21 1 0:5 / / rw - ext4 /dev/a rw\n"
        f"22 21 0:5 net:[1] {tmp_path}/r\\040oot/null-netns rw shared:2 - nsfs nsfs rw\n"
        f"23 21 0:5 / {tmp_path}-beside rw - tmpfs tmpfs rw\n"
        f"24 22 0:5 / {tmp_path}/deep/er rw - tmpfs tmpfs rw\n"
        "short\n"
    )
    assert mounts_below(tmp_path, mounts) == [
        tmp_path / "r oot" / "null-netns",
        tmp_path / "deep" / "er",
    ]
    assert mounts_below(tmp_path, tmp_path / "none") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_taken(tmp_path: Path, content: bytes) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_bytes(content)
    mounts_below(tmp_path, mounts)


def test_a_folder_goes_away() -> None:
    with scratch_folder("gvtui-test-") as folder:
        (folder / "root").mkdir()
    assert not folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_folder_goes_away_with_the_mounts_in_it() -> None:
    with scratch_folder("gvtui-test-") as folder:
        place = folder / "null-netns"
        place.touch()
        done = subprocess.run(
            ["mount", "--bind", "/proc/self/ns/net", str(place)], capture_output=True, check=False
        )
        if done.returncode != 0:
            pytest.skip(f"nothing can be mounted here: {done.stderr.decode()}")
        assert mounts_below(folder) == [place]
    assert not folder.exists()
