from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from tests.trace.factory import read_message, write_trace


def test_a_change_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    assert run(["verify", str(path)]) == 1
    assert "has no seal" in capsys.readouterr().err
    assert run(["seal", str(path)]) == 0
    told = capsys.readouterr()
    assert f"sealed 1 segment in {path}.seal" in told.err
    kept = told.out.strip()
    assert run(["verify", str(path), "--expect", kept]) == 0
    path.write_bytes(path.read_bytes() + b"more")
    assert run(["verify", str(path)]) == 3
    assert "differs at segment 2: 4 bytes were added" in capsys.readouterr().err
