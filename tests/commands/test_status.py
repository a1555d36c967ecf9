from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run


def test_no_monitor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", str(tmp_path / "s")]) == 1
    said = capsys.readouterr()
    assert "gvtui monitor starts one" in said.err
    assert said.out == ""
