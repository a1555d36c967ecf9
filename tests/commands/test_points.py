from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gvtui.commands.points import points
from tests.agent.fake import FakeRunsc


def run(*words: str) -> Result:
    return CliRunner().invoke(points, list(words))


def test_points_with_their_fields() -> None:
    result = run("--bundled", "openat")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "# bundled (runsc 0.0~20240729.0): 6 of 991 points"
    assert "context fields of all of these: time, thread_id" in result.stdout
    assert "syscall/openat/enter     optional: fd_path\n" in result.stdout
    assert "syscall/sysno/257/enter  openat\n" in result.stdout


def test_all_points() -> None:
    result = run("--bundled")
    assert len(result.stdout.splitlines()) == 993
    assert "context too: cwd" in result.stdout


def test_several_words() -> None:
    lines = run("--bundled", "network", "exit", "syscall/accept*").stdout.splitlines()
    assert [line.split()[0] for line in lines[2:]] == [
        "syscall/accept/exit",
        "syscall/accept4/exit",
    ]


def test_nothing_found() -> None:
    result = run("--bundled", "opnat")
    assert result.exit_code == 1
    assert "no point matches 'opnat'; did you mean 'openat'?" in result.stderr


def test_json() -> None:
    result = run("--bundled", "--json", "syscall/sysno/35/enter")
    values = json.loads(result.stdout)
    assert values["bundled"] is True
    [point] = values["points"]
    assert point["name"] == "syscall/sysno/35/enter"
    assert (point["event"], point["sysno"], point["component"]) == ("nanosleep", 35, "sysno")
    assert point["purposes"] == ["time"]


def test_the_points_of_a_runsc(tmp_path: Path) -> None:
    fake = FakeRunsc(tmp_path)
    result = run("--runsc", fake.path)
    assert "# runsc 20990101.0: 4 of 4 points" in result.stdout


@pytest.mark.parametrize("reply", ["", "nothing of use"])
def test_a_named_runsc_that_does_not_tell(tmp_path: Path, reply: str) -> None:
    fake = FakeRunsc(tmp_path)
    (tmp_path / "metadata").write_text(reply)
    result = run("--runsc", fake.path)
    assert result.exit_code == 1
    assert "lists no trace points" in str(result.exception)
