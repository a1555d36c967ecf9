from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from tests.trace.factory import TRACES

ECHO = str(TRACES / "upstream-echo.trace")


def test_converts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["convert", ECHO, str(tmp_path / "x.gvtrace")]) == 0
    assert "wrote 10 messages to " in capsys.readouterr().err
    lines = tmp_path / "x.jsonl"
    assert run(["convert", str(tmp_path / "x.gvtrace"), str(lines), "--filter", "fd.num = 3"]) == 0
    assert "wrote 2 lines to " in capsys.readouterr().err
    assert len(lines.read_text().splitlines()) == 2


def test_fails_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["convert", ECHO, str(tmp_path / "x.pcap")]) == 2
    assert capsys.readouterr().err.startswith("gvtui: what to write to ")
