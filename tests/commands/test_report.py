from __future__ import annotations

import json
from pathlib import Path

import pytest

from gvtui.cli import run
from tests.trace.factory import TRACES, read_message, write_trace

SHELL = str(TRACES / "shell-2024.trace")


def test_a_report_tells_what_was_done(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["report", SHELL]) == 0
    out = capfd.readouterr().out
    assert "8 programs ran" in out
    assert "Not seen" in out


def test_formats_and_filters(capfd: pytest.CaptureFixture[str]) -> None:
    words = ["report", SHELL, "--format", "json", "--container", "runsc-749074"]
    assert run([*words, "--filter", "proc.name = rm"]) == 0
    made = json.loads(capfd.readouterr().out)
    assert made["filter"] == "container.id in (runsc-749074) and proc.name = rm"
    assert "deleted" in [section["key"] for section in made["sections"]]


def test_wrong_usage_and_unknown_containers_are_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["report"]) == 2
    assert run(["report", SHELL, "--format", "pdf"]) == 2
    assert run(["report", SHELL, "--filter", "proc.nam = x"]) == 2
    capfd.readouterr()
    assert run(["report", SHELL, "--container", "web"]) == 1
    assert "has no container 'web'; it has: runsc-749074" in capfd.readouterr().err


def test_a_damaged_recording_ends_with_code_1_and_says_so_in_the_report(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=fd) for fd in range(3)])])
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(whole)
    assert run(["report", str(path)]) == 1
    out, err = capfd.readouterr()
    assert err.startswith("gvtui: ")
    if out:
        assert "Not seen" in out
