from __future__ import annotations

import json
from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.trace.reader import Trace
from tests.trace.factory import read_message, to_format_1, write_trace

TEXTS = ["text", "json", "strace"]


@pytest.fixture
def damaged(tmp_path: Path) -> tuple[Path, int]:
    """A recording of three messages, of which one has a wrong byte, and where that message lies."""
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=n) for n in range(3)])])
    trace = Trace.open(path)
    offset = trace.row(2).offset
    trace.close()
    with path.open("r+b") as log:
        log.seek(offset + 9)
        log.write(b"\xff")
    return path, offset


@pytest.mark.parametrize("style", TEXTS)
def test_a_damaged_message_is_told_and_the_rest_printed(
    damaged: tuple[Path, int], style: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path, offset = damaged
    assert run(["print", str(path), "--format", style]) == 1
    out, err = capfd.readouterr()
    assert err == f"gvtui: 1 message damaged at offset {offset} in {path}\n"
    assert "alformed" in out or "malformed" in out
    assert out.count("passwd") >= 2 or out.count('"fd":') == 2


@pytest.mark.parametrize("suffix", ["txt", "jsonl", "strace", "gvtrace"])
@pytest.mark.parametrize("place", [-21, 0])
def test_whatever_is_made_of_a_damaged_recording_says_so(
    tmp_path: Path, suffix: str, place: int, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=n) for n in range(3)])])
    if place < 0:
        # There, a byte in front of a message belongs to it.
        to_format_1(path)
    trace = Trace.open(path)
    offset = trace.row(2).offset
    trace.close()
    with path.open("r+b") as log:
        log.seek(offset + place)
        log.write(b"\x00")
    assert run(["convert", str(path), str(tmp_path / f"out.{suffix}")]) == 1
    assert f"1 message damaged at offset {offset} in {path}" in capfd.readouterr().err


def test_a_damaged_mark_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    trace = Trace.open(path)
    offset = trace.row(0).offset
    trace.close()
    with path.open("r+b") as log:
        log.seek(offset)
        log.write(b"\xc1")
    assert run(["print", str(path), "--format", "json"]) == 1
    out, err = capfd.readouterr()
    assert f"damaged at offset {offset}" in err
    assert json.loads(out.splitlines()[0])["fields"] == {}
