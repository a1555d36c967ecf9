from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.commands.doctor import Verdict, check_buffer, check_disk, check_runsc, check_socket
from tests.commands.fake_runsc import fake_runsc


def test_the_whole_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runsc = fake_runsc(tmp_path)
    assert run(["doctor", "--runsc", runsc, "--listen", str(tmp_path / "s")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert f"ok    runsc      {runsc}, 0.0~20240729.0, 991 trace points" in lines
    assert any(line.startswith("ok    sandbox    runs with ") for line in lines)
    assert any("is free to listen at" in line for line in lines)
    subjects = {line[6:17].strip() for line in lines[1:]}
    assert subjects >= {"runsc", "sandbox", "socket", "priority", "buffer", "disk", "terminal"}
    assert not (tmp_path / "s").exists()


def test_what_must_be_changed_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s").write_text("mine")
    runsc = fake_runsc(tmp_path)
    assert run(["doctor", "--runsc", runsc, "--listen", str(tmp_path / "s")]) == 1
    assert "FAIL  socket" in capsys.readouterr().out
    assert (tmp_path / "s").read_text() == "mine"


def test_runsc_that_is_not_there() -> None:
    (finding,) = check_runsc("/nothing/runsc")
    assert finding.verdict is Verdict.BAD


def test_runsc_that_runs_no_sandbox(tmp_path: Path) -> None:
    found, sandbox = check_runsc(fake_runsc(tmp_path, platform="none"))
    assert found.verdict is Verdict.GOOD
    assert sandbox.verdict is Verdict.NOTE
    assert "no such platform" in sandbox.text


def test_what_is_not_runsc() -> None:
    (finding,) = check_runsc("/bin/true")
    assert finding.verdict is Verdict.BAD


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("212992\n", Verdict.NOTE), ("65536\n", Verdict.NOTE), ("", Verdict.NOTE)],
)
def test_the_buffer(tmp_path: Path, text: str, verdict: Verdict) -> None:
    setting = tmp_path / "wmem_default"
    setting.write_text(text)
    finding = check_buffer(setting, may_enlarge=False)
    assert finding.verdict is verdict
    assert ("212,960 bytes" in finding.text) == ("212992" in text)
    assert bool(finding.advice) == bool(text)


def test_a_buffer_that_is_enlarged() -> None:
    finding = check_buffer(may_enlarge=True)
    assert finding.verdict is Verdict.GOOD
    assert "8 MiB" in finding.text


def test_a_free_socket(tmp_path: Path) -> None:
    assert check_socket(tmp_path / "s").verdict is Verdict.GOOD
    assert check_socket(tmp_path / "missing" / "s").verdict is Verdict.BAD


def test_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a" / "b"))
    assert str(tmp_path) in check_disk().text
