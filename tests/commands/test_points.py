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
    result = run("--arch", "x86_64", "openat")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "# bundled (runsc release-20260905.0): 6 of 998 points"
    assert "context fields of all of these: time, thread_id" in result.stdout
    assert "syscall/openat/enter     optional: fd_path\n" in result.stdout
    assert "syscall/sysno/257/enter  openat\n" in result.stdout


def test_all_points() -> None:
    result = run("--arch", "x86_64")
    lines = result.stdout.splitlines()
    assert len(lines) == 1000
    assert lines[1].startswith("# context fields of all of these, but for what stands behind them:")
    words = [line.split(maxsplit=1) for line in lines]
    assert ["sentry/mmap", "(since 2026-09)"] in words
    assert ["sentry/exit_notify_parent", "without: cwd, is_exec_session"] in words
    [execve] = [line for line in lines if line.startswith("sentry/execve ")]
    assert "binary_info, binary_sha256 (since 2026-09)" in execve


def test_context_fields_are_found_with_the_points_that_have_them() -> None:
    lines = run("--arch", "x86_64", "is_exec_session").stdout.splitlines()
    assert lines[0].endswith(": 997 of 998 points")
    assert lines[2] == (
        "# field is_exec_session: 997 of 998 points have it since 2026-09, not "
        "sentry/exit_notify_parent"
    )
    assert lines[3].startswith("#   whether the process came in from outside")
    assert len(lines) == 4 + 997
    lines = run("--arch", "x86_64", "fd_info").stdout.splitlines()
    assert lines[2] == "# field fd_info: 1 of 998 points have it since 2026-09: sentry/execve"
    assert "socket with both addresses; costs: three look-ups" in lines[3]
    assert [line.split()[0] for line in lines if line[0] != "#"] == ["sentry/execve"]


def test_a_word_of_points_is_not_looked_for_in_context_fields() -> None:
    lines = run("--arch", "x86_64", "cwd").stdout.splitlines()
    assert "# field cwd: 997 of 998 points have it, not sentry/exit_notify_parent" in lines
    found = [line.split()[1] for line in lines if line[0] != "#"]
    assert found == ["getcwd", "getcwd"]


@pytest.mark.parametrize(
    ("words", "head"),
    [
        (["--gvisor", "20240729"], "# bundled (runsc 0.0~20240729.0): 991 of 991 points"),
        (
            ["--gvisor", "release-20260914.0", "--arch", "arm64"],
            "# bundled (runsc release-20260905.0, the newest list, for 2026-09-14, arm64): "
            "980 of 980 points",
        ),
    ],
)
def test_the_points_of_a_version(words: list[str], head: str) -> None:
    assert run("--arch", "x86_64", *words).stdout.splitlines()[0] == head


def test_what_cannot_be_told_of_a_version() -> None:
    words = ["--arch", "x86_64", "--gvisor", "2025-03", "sentry/mmap"]
    doubt = "the list of 2026-09 has it, that of 2024-07 has not"
    assert run(*words).stdout.splitlines()[2].split(maxsplit=1)[1] == f"(perhaps: {doubt})"
    [point] = json.loads(run("--json", *words).stdout)["points"]
    assert point["doubts"][""] == doubt
    assert point["since"] == "2026-09"


def test_wrong_usage() -> None:
    result = run("--runsc", "/bin/true", "--gvisor", "2024-07")
    assert result.exit_code == 2
    assert "give either --runsc, or --gvisor and --arch" in result.stderr
    assert "'VERSION_MISSING' tells no date" in str(run("--gvisor", "VERSION_MISSING").exception)


def test_several_words() -> None:
    lines = run("--arch", "x86_64", "network", "exit", "syscall/accept*").stdout.splitlines()
    assert [line.split()[0] for line in lines if line[0] != "#"] == [
        "syscall/accept/exit",
        "syscall/accept4/exit",
    ]


def test_nothing_found() -> None:
    result = run("--arch", "x86_64", "opnat")
    assert result.exit_code == 1
    assert "no point matches 'opnat'; did you mean 'openat'?" in result.stderr


def test_what_newer_versions_have_is_told(tmp_path: Path) -> None:
    fake = FakeRunsc(tmp_path)
    result = run("--runsc", fake.path, "is_exec_session")
    assert result.exit_code == 1
    assert "gVisor has it since 2026-09: add --gvisor 2026-09" in result.stderr
    result = run("--gvisor", "2024-07", "sentry/mmap")
    assert "gVisor has it since 2026-09: add --gvisor 2026-09" in result.stderr


def test_json() -> None:
    result = run("--arch", "x86_64", "--json", "syscall/sysno/35/enter")
    values = json.loads(result.stdout)
    assert values["bundled"] is True
    [point] = values["points"]
    assert point["name"] == "syscall/sysno/35/enter"
    assert (point["event"], point["sysno"], point["component"]) == ("nanosleep", 35, "sysno")
    assert point["purposes"] == ["time"]
    assert point["since"] == "2022-12"
    assert point["fields_since"]["cwd"] == "2022-12"
    assert point["fields_since"]["is_exec_session"] == "2026-09"
    assert point["doubts"] == {}


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
