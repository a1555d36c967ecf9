from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from gvtui.monitor.ledger import Ledger
from gvtui.monitor.renewing import Renewing
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import read_message


class Hearing:
    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def say(self, kind: str, **details: Any) -> None:
        self.said.append((kind, details["text"]))


def test_a_trace_whose_folder_cannot_be_made_waits_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    path, hearing = folder / "a.gvtrace", Hearing()
    writer = TraceWriter(path)
    ledger = Ledger(writer, hearing)
    renewing = Renewing(ledger, hearing)
    ledger.write(lambda one: one.message(1, time.time_ns(), read_message()), 1)
    renewing.look()
    assert hearing.said == []
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()
    folder.write_text("no folder")
    renewing.look()
    renewing.look()
    assert [kind for kind, _ in hearing.said] == ["fault"]
    assert "was removed and cannot be made again" in hearing.said[0][1]
    ledger.write(lambda one: one.message(1, time.time_ns(), read_message()), 1)
    folder.unlink()
    renewing.look()
    assert hearing.said[1][0] == "anew"
    ledger.recover(is_last=True)
    ledger.writer.close()
    trace = Trace.open(path)
    assert trace.lost.losses.messages == 2
    trace.close()


def test_each_side_file_that_is_missing_is_told_once(tmp_path: Path) -> None:
    hearing = Hearing()
    writer = TraceWriter(tmp_path / "live", keep_bytes=200_000, segment_bytes=20_000)
    renewing = Renewing(Ledger(writer, hearing), hearing)
    for number in range(1, 30):
        while writer._files.segment.number == number:
            writer.message(1, time.time_ns(), read_message())
        writer._files.segment.index.path.unlink()
        for _ in range(3):
            renewing.look()
        assert len(hearing.said) == number
        # What has been told of segments that are complete is of no use any more.
        assert len(renewing._told_missing) == 1
    writer.close()
