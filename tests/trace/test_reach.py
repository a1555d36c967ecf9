from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.trace.reach import Reach
from tests.trace.factory import TIME_NS, read_message, write_trace
from tests.trace.test_pieces import Recorder

if TYPE_CHECKING:
    from pathlib import Path


def test_each_sandbox_has_its_own(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "live")
    reach = Reach(recorder.folder)
    recorder.send(1)
    reach.look()
    assert reach.since([1], 0) == TIME_NS
    for _ in range(40):
        recorder.send(1)
        recorder.send(2, 60)
    reach.look()
    assert reach.since([1], 0) == TIME_NS
    assert TIME_NS + 1_000_000 < reach.since([2], 0) < recorder.now
    # Nobody has rows from before it came.
    assert reach.since([1], recorder.now) == recorder.now
    recorder.writer.close()


def test_of_a_recording_it_is_the_first_row(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "x.gvtrace", [(1, [read_message()])])
    reach = Reach(path)
    reach.look()
    assert reach.since([1], 0) == TIME_NS


def test_what_is_not_there_is_not_known(tmp_path: Path) -> None:
    reach = Reach(tmp_path / "none")
    reach.look()
    assert reach.since([1], 0) == 0
