from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gvtui.agent import binaries, discover
from gvtui.agent.running import Hint, SandboxProcess
from gvtui.agent.started import start_words
from gvtui.cli import run
from gvtui.commands.doctor import (
    Grade,
    check_buffer,
    check_config,
    check_disk,
    check_fence,
    check_priority,
    check_runsc,
    check_socket,
)
from tests.agent.fake import FakeRunsc
from tests.commands.fake_runsc import fake_runsc


def test_the_whole_report(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runsc = fake_runsc(tmp_path)
    assert run(["doctor", "--runsc", runsc, "--listen", str(tmp_path / "s")]) == 0
    lines = capsys.readouterr().out.splitlines()
    told = f"ok    runsc      {runsc}, 0.0~20240729.0, 991 trace points (named with --runsc)"
    assert told in lines
    assert any(line.startswith("ok    sandbox    runs with ") for line in lines)
    assert any("is free to listen at" in line for line in lines)
    subjects = {line[6:17].strip() for line in lines[1:]}
    assert subjects >= {"runsc", "sandbox", "socket", "priority", "buffer", "disk", "terminal"}
    assert not (tmp_path / "s").exists()
    assert start_words("x", runsc).startswith(f"{runsc} --")


def test_a_configuration_that_is_right_or_not_there(own_home: Path) -> None:
    path = own_home / "config" / "gvtui" / "config.toml"
    (none,) = check_config()
    assert none.verdict is Grade.GOOD
    assert none.text == f"{path} does not exist: the defaults hold"
    path.parent.mkdir(parents=True)
    path.write_text('[keys]\n"filter.save" = "Ctrl+Y"\n')
    (right,) = check_config()
    assert right.text == f"{path} is right"


def test_each_mistake_in_the_configuration_is_a_fault(own_home: Path) -> None:
    path = own_home / "config" / "gvtui" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[keys]\n"filter.sve" = "x"\n"filter.save" = "v"\n[nothing]\n')
    found = list(check_config())
    assert {each.verdict for each in found} == {Grade.BAD}
    assert [each.text.removeprefix(f"{path}, ").partition(":")[0] for each in found] == [
        "line 4", "line 2", "line 3",
    ]  # fmt: skip
    assert found[2].text.endswith(
        "v is already the key of filter.pick: give one of the two another key"
    )


def test_the_keys_of_each_profile_are_looked_at(own_home: Path) -> None:
    path = own_home / "config" / "gvtui" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[keys]\n"filter.sve" = "x"\n\n[profile.night.keys]\n"filter.save" = "v"\n')
    assert [each.text.removeprefix(f"{path}, ").partition(":")[0] for each in check_config()] == [
        "line 2", "line 5",
    ]  # fmt: skip


def test_theme_columns_and_filters_are_looked_at_too(own_home: Path) -> None:
    path = own_home / "config" / "gvtui" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('theme = "drak"\n[profile.night]\ncolumns = ["tme"]\n')
    assert [each.text.removeprefix(f"{path}, ") for each in check_config()] == [
        "line 1: there is no theme 'drak'; did you mean dark?",
        "line 3: there is no column 'tme'; fields are evt.arg.NAME",
    ]


def test_what_must_be_changed_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s").write_text("mine")
    runsc = fake_runsc(tmp_path)
    assert run(["doctor", "--runsc", runsc, "--listen", str(tmp_path / "s")]) == 1
    assert "FAIL  socket" in capsys.readouterr().out
    assert (tmp_path / "s").read_text() == "mine"


@pytest.fixture
def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "sandbox_processes", list)
    monkeypatch.setattr(discover, "_ROOT_PATTERNS", ())
    monkeypatch.setattr(binaries, "_PLACES", ())
    monkeypatch.setattr(binaries, "configured_runtimes", list)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)


def test_no_runsc_is_no_fault(nothing_runs: None) -> None:
    (finding,) = check_runsc(None)
    assert finding.verdict is Grade.NOTE
    assert "not found" in finding.text


def test_runsc_that_is_not_there(nothing_runs: None) -> None:
    (finding,) = check_runsc("/nothing/runsc")
    assert finding.verdict is Grade.BAD
    assert "there is no program /nothing/runsc" in finding.text


def test_a_path_from_here_is_no_name_in_the_path(
    nothing_runs: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(Path(fake_runsc(tmp_path, platform="none")).parent)
    run(["doctor", "--runsc", "./runsc", "--listen", str(tmp_path / "s")])
    assert "991 trace points" in capsys.readouterr().out


def test_runsc_that_runs_no_sandbox(nothing_runs: None, tmp_path: Path) -> None:
    found, sandbox = check_runsc(fake_runsc(tmp_path, platform="none"))
    assert found.verdict is Grade.GOOD
    assert sandbox.verdict is Grade.NOTE
    assert "no such platform" in sandbox.text


def test_what_is_not_runsc(nothing_runs: None) -> None:
    (finding,) = check_runsc("/bin/true")
    assert finding.verdict is Grade.BAD


def test_a_build_without_a_version(nothing_runs: None, tmp_path: Path) -> None:
    found, _ = check_runsc(fake_runsc(tmp_path, version="VERSION_MISSING"))
    assert found.verdict is Grade.GOOD
    assert "VERSION_MISSING, 991 trace points" in found.text


def test_a_runsc_that_is_not_safe_to_run(
    nothing_runs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runsc = fake_runsc(tmp_path)
    tmp_path.chmod(0o777)
    monkeypatch.setattr(binaries, "_PLACES", (runsc,))
    (finding,) = check_runsc(None)
    assert finding.verdict is Grade.NOTE
    assert f"{runsc} is not safe to run: others may write to {tmp_path}" in finding.text
    assert "--runsc" in finding.advice


def test_the_sandbox_s_program_that_is_missing_is_told(nothing_runs: None, tmp_path: Path) -> None:
    runsc = fake_runsc(tmp_path, flags="  -sidecar-usage-policy value")
    _, sidecar, _ = check_runsc(runsc)
    assert (sidecar.verdict, sidecar.subject) == (Grade.NOTE, "gvisor-bin")
    assert f"{tmp_path}/gvisor-bin/gvisor_sentry is missing" in sidecar.text
    (tmp_path / "gvisor-bin").mkdir()
    (tmp_path / "gvisor-bin" / "gvisor_sentry").touch(0o755)
    assert "gvisor-bin" not in [each.subject for each in check_runsc(runsc)]


def test_which_runsc_manages_what_runs_here(
    nothing_runs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeRunsc(tmp_path)
    fake.have({"id": "c1", "status": "running", "pid": 7})
    process = SandboxProcess(7, fake.root, "c1", (Hint(fake.path, "its sandbox runs it"),))
    monkeypatch.setattr(discover, "sandbox_processes", lambda: [process])
    managed = [each.text for each in check_runsc(None) if each.subject == "managed"]
    assert managed == [f"c1 in {fake.root}: by {fake.path} (its sandbox runs it)"]
    (fake.root / "broken").touch()
    told = [each for each in check_runsc(None) if each.subject == "managed"]
    assert told[-1].verdict is Grade.NOTE
    assert f"{fake.root}: runsc says: reading state: no good" in told[-1].text


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("212992\n", Grade.NOTE), ("65536\n", Grade.NOTE), ("", Grade.NOTE)],
)
def test_the_buffer(tmp_path: Path, text: str, verdict: Grade) -> None:
    setting = tmp_path / "wmem_default"
    setting.write_text(text)
    finding = check_buffer(setting, may_enlarge=False)
    assert finding.verdict is verdict
    assert ("212,960 bytes" in finding.text) == ("212992" in text)
    assert bool(finding.advice) == bool(text)


def test_a_buffer_that_is_enlarged() -> None:
    finding = check_buffer(may_enlarge=True)
    assert finding.verdict is Grade.GOOD
    assert "8 MiB" in finding.text


def test_the_fence() -> None:
    assert check_fence(has_landlock=True, has_seccomp=True).verdict is Grade.GOOD
    finding = check_fence(has_landlock=False, has_seccomp=True)
    assert finding.verdict is Grade.NOTE
    assert "has no Landlock, or" in finding.text
    assert finding.text.endswith("only half fenced in")
    assert "lsm=" in finding.advice
    assert "SECCOMP" not in finding.advice
    finding = check_fence(has_landlock=False, has_seccomp=False)
    assert "has no Landlock and seccomp, or" in finding.text
    assert finding.text.endswith("is not fenced in")
    assert check_fence().subject == "fence"


def test_a_free_socket(tmp_path: Path) -> None:
    assert check_socket(tmp_path / "s").verdict is Grade.GOOD
    assert check_socket(tmp_path / "missing" / "s").verdict is Grade.BAD


def test_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a" / "b"))
    assert str(tmp_path) in check_disk().text


def test_a_python_that_cannot_be_run_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    finding = check_priority()
    assert finding.verdict is Grade.BAD
    assert "no monitor can run" in finding.text
