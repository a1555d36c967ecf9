from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from tests.trace.factory import read_message, write_trace


def test_a_recording_is_sealed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    assert run(["seal", str(path)]) == 0
    told = capsys.readouterr()
    assert f"sealed 1 segment in {path}.seal" in told.err
    kept = told.out.strip()
    assert run(["seal", str(path)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert len(kept) == 64
