from __future__ import annotations

from contextlib import closing
from datetime import UTC
from typing import TYPE_CHECKING

from gvtui.query.activity.letgo import let_go_since
from gvtui.trace.reader import Trace
from tests.trace.test_pieces import Recorder

if TYPE_CHECKING:
    from pathlib import Path


def test_it_tells_of_the_loud_one_alone(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "live")
    for _ in range(40):
        recorder.send(1)
        recorder.send(2, 60)
    recorder.writer.close()
    with closing(Trace.open(recorder.folder)) as trace:
        (told,) = let_go_since(trace, UTC)
        assert told.count == sum(each.counts.of(2).messages for each in trace.thinned) > 0
        assert "what box2 sent is whole only after 2026-11-23 17:37:16" in told.text
