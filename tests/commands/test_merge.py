from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from tests.export.parts import payloads
from tests.trace.factory import read_message, write_trace


def test_recordings_are_merged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [write_trace(tmp_path / f"{fd}.gvtrace", [(1, [read_message(fd=fd)])]) for fd in (3, 4)]
    out = tmp_path / "out.gvtrace"
    assert run(["merge", *map(str, paths), "-o", str(out)]) == 0
    assert f"wrote 2 messages to {out}" in capsys.readouterr().err
    assert payloads(out) == [read_message(fd=3), read_message(fd=4)]
    assert run(["merge", str(paths[0]), "-o", str(tmp_path / "one.gvtrace")]) == 2
    assert "two recordings or more" in capsys.readouterr().err
