from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.trace.losses import FULL
from gvtui.trace.lostrows import MAX_BYTES
from gvtui.trace.marks import LostMark, NoteMark
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message

SECOND = 1_000_000_000


def lossy(path: Path) -> Path:
    """A recording with a gap between its two messages."""
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, {"peer_pid": 5})
    writer.message(1, TIME_NS, read_message(fd=1))
    mark = LostMark(2801, TIME_NS, TIME_NS + 3 * SECOND, FULL)
    writer.mark(TIME_NS + 3 * SECOND, mark.details())
    writer.mark(TIME_NS + 3 * SECOND, NoteMark("x" * MAX_BYTES).details())
    writer.message(1, TIME_NS + 4 * SECOND, read_message(fd=2))
    writer.close()
    return path


def test_what_a_trace_lacks_is_added_up_as_it_grows(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    trace = Trace.open(tmp_path / "a.gvtrace")
    assert trace.lost.words() == ""
    for _ in range(2):
        writer.mark(TIME_NS, LostMark(3, TIME_NS, TIME_NS, FULL).details())
        trace.refresh()
    assert trace.lost.losses.messages == 6
    assert trace.lost.words().startswith("6 messages were lost while the disk was full, 2 times")
    trace.close()
    writer.close()


def test_of_very_many_marks_the_number_is_the_least(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gvtui.trace.lostrows.MAX_MARKS", 1)
    trace = Trace.open(lossy(tmp_path / "a.gvtrace"))
    assert trace.lost.words().startswith("at least 2,801 messages")
    trace.close()


@pytest.mark.parametrize(
    ("style", "gap"),
    [
        ("text", "Lost => 2,801 messages were lost while the disk was full from"),
        ("json", '"event":"mark"'),
        ("strace", "--- 2,801 messages were lost while the disk was full from"),
    ],
)
def test_every_format_has_a_line_at_the_gap(
    tmp_path: Path, style: str, gap: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = lossy(tmp_path / "a.gvtrace")
    assert run(["print", str(path), "--format", style]) == 1
    out, err = capfd.readouterr()
    lines = out.splitlines()
    (place,) = [number for number, line in enumerate(lines) if gap in line and "2" in line][:1]
    before, after = "\n".join(lines[:place]), "\n".join(lines[place:])
    assert ("fd: 1" in before) or ('"fd":1' in before) or ("read(1" in before)
    assert ("fd: 2" in after) or ('"fd":2' in after) or ("read(2" in after)
    assert "2,801 messages were lost while the disk was full from" in err


@pytest.mark.parametrize("suffix", ["gvtrace", "trace", "txt", "jsonl", "strace"])
def test_what_is_made_of_it_says_so(
    tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = lossy(tmp_path / "a.gvtrace")
    assert run(["convert", str(path), str(tmp_path / f"out.{suffix}")]) == 1
    assert "2,801 messages were lost while the disk was full from" in capfd.readouterr().err
