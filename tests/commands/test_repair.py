from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from tests.export.parts import payloads
from tests.trace.factory import read_message, write_trace


def test_what_was_lost_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=3), read_message(fd=4)])])
    assert run(["repair", str(path), "-o", str(tmp_path / "b.gvtrace")]) == 0
    assert "nothing was lost" in capsys.readouterr().err
    log = path.read_bytes()
    place = log.index(read_message(fd=3))
    path.write_bytes(log[: place + 9] + b"?" + log[place + 10 :])
    out = tmp_path / "c.gvtrace"
    assert run(["repair", str(path), "-o", str(out)]) == 1
    told = capsys.readouterr().err
    assert f"gvtui: wrote 1 message to {out}" in told
    assert f"gvtui: lost: 1 message of connection 1 at offset {place}" in told
    assert payloads(out) == [read_message(fd=4)]
    assert run(["info", str(out)]) == 1
    assert "1 message was lost where the recording was damaged" in capsys.readouterr().out
