from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.export.rewriting import RepairReport, Rewriting
from gvtui.trace.marks import DropsMark, LostMark
from gvtui.trace.scanning import Messages, scan_log
from gvtui.trace.writer import TraceWriter
from tests.export.parts import dropped, in_batches, marks, payloads

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def batches(tmp_path: Path) -> Path:
    """A recording whose last message tells of drops, in batches of several messages."""
    return in_batches(tmp_path / "a.gvtrace")


def rewritten(data: bytes, out: Path) -> RepairReport:
    writer = TraceWriter(out)
    rewriting = Rewriting(writer, {}, has_beginning=True)
    for _ in rewriting.log("", scan_log(data)):
        pass
    report = rewriting.finish()
    writer.close()
    return report


def found_in(data: bytes) -> list[Messages]:
    return [item for item in scan_log(data) if isinstance(item, Messages)]


def test_drops_that_a_lost_message_told_are_counted(batches: Path, tmp_path: Path) -> None:
    log, out = bytearray(batches.read_bytes()), tmp_path / "out.gvtrace"
    last = found_in(bytes(log))[-1]
    log[last.batch.body + 20] ^= 1
    report = rewritten(bytes(log), out)
    assert report.words == [f"1 message of connection 2 at offset {last.batch.body}"]
    assert dropped(out) == dropped(batches) == 12
    found = marks(out)
    assert [each.messages for each in found if isinstance(each, LostMark)] == [1]
    assert [each.dropped for each in found if isinstance(each, DropsMark)] == [7]


def test_a_batch_that_is_gone_is_counted_by_the_summary(batches: Path, tmp_path: Path) -> None:
    log, out = bytearray(batches.read_bytes()), tmp_path / "out.gvtrace"
    second = found_in(bytes(log))[1]
    log[second.batch.position + 8] ^= 1
    report = rewritten(bytes(log), out)
    size = second.batch.end - second.batch.position
    assert report.words == [
        f"{size} bytes at offset {second.batch.position} could not be read",
        "4 messages that segment 1 had, as its summary counts",
    ]
    assert (report.lost, report.unreadable) == (4, size)


def test_it_is_told_how_far_a_log_has_been_read(batches: Path, tmp_path: Path) -> None:
    data, out = batches.read_bytes(), tmp_path / "out.gvtrace"
    writer = TraceWriter(out)
    rewriting = Rewriting(writer, {}, has_beginning=True)
    positions = list(rewriting.log("", scan_log(data)))
    assert rewriting.finish() == RepairReport(messages=25)
    writer.close()
    assert positions == sorted(positions)
    assert positions[-1] == len(data)
    assert payloads(out) == payloads(batches)
