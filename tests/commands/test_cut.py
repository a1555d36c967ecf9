from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.trace.writer import TraceWriter
from tests.export.parts import payloads, recording


def test_a_part_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, out = recording(tmp_path / "a.gvtrace"), tmp_path / "b.gvtrace"
    # The recording tells of a loss.
    begin = "2026-11-23T17:37:20Z"
    words = ["cut", str(whole), "-o", str(out), "--from", begin, "--filter", "fd.num < 100"]
    assert run(words) == 1
    told = capsys.readouterr().err
    assert f"wrote 6 messages to {out}" in told
    assert "4 messages were lost" in told
    assert len(payloads(out)) == 6
    assert run(words) == 1
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--from", "2030-01-01"], 1, "has nothing of that time"),
        (["--from", "noon"], 2, "is not a time"),
        (["--from", "2026-11-24", "--to", "2026-11-23"], 2, "2026-11-24 is not before --to"),
        (["--from", "2026-11-24", "--to", "2026-11-24"], 2, "nothing lies between them"),
        (["--filter", "fd.num <"], 2, "filter"),
    ],
)
def test_what_is_wrong_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, told: str
) -> None:
    whole, out = recording(tmp_path / "a.gvtrace"), tmp_path / "b.gvtrace"
    assert run(["cut", str(whole), "-o", str(out), *words]) == code
    assert told in capsys.readouterr().err
    assert not out.exists()


def test_of_an_empty_recording_no_time_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, out = tmp_path / "a.gvtrace", tmp_path / "b.gvtrace"
    TraceWriter(empty).close()
    assert run(["cut", str(empty), "-o", str(out), "--filter", "fd.num < 100"]) == 1
    assert f"{empty} has no rows" in capsys.readouterr().err
    assert not out.exists()
