from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from tests.monitor.stationed import Stationed


def test_no_monitor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["attach", str(tmp_path / "s")]) == 1
    assert "gvtui monitor starts one" in capsys.readouterr().err


def test_it_needs_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Stationed(tmp_path):
        assert run(["attach", str(tmp_path / "s")]) == 1
        assert f"gvtui print --follow {tmp_path / 't'}" in capsys.readouterr().err
