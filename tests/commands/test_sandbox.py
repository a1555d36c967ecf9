from __future__ import annotations

import os
from pathlib import Path

import pytest

from gvtui.commands import sandbox
from gvtui.commands.sandbox import Unusable, UsableRunsc, probe
from tests.commands.fake_runsc import fake_runsc


def test_the_first_platform_that_works(tmp_path: Path) -> None:
    path = fake_runsc(tmp_path, platform="ptrace")
    found = probe(path)
    assert isinstance(found, UsableRunsc)
    assert found.path == path
    assert found.platform == "ptrace"
    assert found.flags[-3:] == ("--network=none", "--ignore-cgroups", "--platform=ptrace")


def test_no_root_needed_where_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    found = probe(fake_runsc(tmp_path))
    assert isinstance(found, UsableRunsc)
    assert found.flags[0] == "--rootless"


def test_no_platform_that_works(tmp_path: Path) -> None:
    path = fake_runsc(tmp_path, platform="none")
    assert probe(path) == Unusable(f"{path} cannot run a sandbox: no such platform")


def test_what_is_no_program(tmp_path: Path) -> None:
    found = probe(str(tmp_path / "nothing"))
    assert isinstance(found, Unusable)
    assert "No such file" in found.reason


def test_one_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "runsc"
    path.write_text("#!/bin/sh\nexec cat /dev/zero > /dev/null\n")
    path.chmod(0o755)
    monkeypatch.setattr(sandbox, "PROBE_SECONDS", 0.2)
    found = probe(str(path))
    assert isinstance(found, Unusable)
    assert "did not end within 0.2 s" in found.reason


def test_what_a_killed_one_leaves_goes_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runsc"
    path.write_text(
        f'#!/bin/sh\nmkdir "$TMPDIR/runsc-do1" && echo "$TMPDIR" > {tmp_path}/place\n'
        "exec cat /dev/zero > /dev/null\n"
    )
    path.chmod(0o755)
    monkeypatch.setattr(sandbox, "PROBE_SECONDS", 1.0)
    probe(str(path))
    place = Path((tmp_path / "place").read_text().strip())
    assert place.name.startswith("gvtui-probe-")
    assert not place.exists()


def test_the_reason_is_that_of_a_platform_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "runsc"
    path.write_text(
        "#!/bin/sh\n"
        'case "$*" in *=ptrace*) echo "no cgroups here" >&2;;'
        ' *) echo "unknown platform: x" >&2;; esac\nexit 128\n'
    )
    path.chmod(0o755)
    assert probe(str(path)) == Unusable(f"{path} cannot run a sandbox: no cgroups here")
