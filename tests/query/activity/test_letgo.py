from __future__ import annotations

from contextlib import closing
from datetime import UTC
from typing import TYPE_CHECKING

from gvtui.export.report.making import make_report
from gvtui.query.activity.letgo import let_go_since
from gvtui.trace.reader import Trace
from tests.export.parts import make_cut, thinned, thinned_folder
from tests.query.activity.runs import activity_of
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
        assert "what box2 sent is whole only after 2026-11-23 17:37:16Z" in told.text


def test_of_a_part_it_says_that_more_may_be_meant(tmp_path: Path) -> None:
    source = thinned_folder(tmp_path / "live")
    to_ns = thinned(source)[0].to_ns
    with closing(Trace.open(make_cut(source, tmp_path / "a.gvtrace", to_ns=to_ns))) as trace:
        (told,) = let_go_since(trace, UTC)
    assert told.text.endswith("; some of these messages may be of a time that is not in this part")


def test_it_is_told_before_the_trace_is_looked_through(tmp_path: Path) -> None:
    with closing(Trace.open(thinned_folder(tmp_path / "live"))) as trace:
        not_seen = activity_of(trace).not_seen
        (told,) = let_go_since(trace, UTC)
        assert told in not_seen


def test_a_report_on_a_copy_tells_it_as_one_on_the_folder_does(tmp_path: Path) -> None:
    source = thinned_folder(tmp_path / "live")
    told = []
    for path in (source, make_cut(source, tmp_path / "a.gvtrace")):
        with closing(Trace.open(path)) as trace:
            not_seen = make_report(trace).activity.not_seen
        told.append([each for each in not_seen if "is whole only" in each.text])
    assert told[0] == told[1]
    assert len(told[0]) == 1
