from __future__ import annotations

from pathlib import Path

from gvtui.export.contents import RecordingContents
from gvtui.trace.host import this_host
from gvtui.trace.marks import ClockMark, GapMark, SessionMark
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.export.parts import GAP, SECOND, SESSION, make_cut, recording
from tests.trace.factory import CONTAINER, TIME_NS, read_message


def contents(path: Path) -> RecordingContents:
    trace = Trace.open(path)
    try:
        return RecordingContents.of(trace)
    finally:
        trace.close()


def test_what_a_recording_holds_is_told(tmp_path: Path) -> None:
    found = contents(make_cut(recording(tmp_path / "a.gvtrace"), tmp_path / "b.gvtrace"))
    facts = dict(found.facts())
    assert found.host == this_host()
    assert facts["made"].startswith("cut from a.gvtrace")
    assert facts["sandboxes"] == "1"
    assert facts["points"] == "2: syscall/read/enter 17, container/start 1"
    assert facts["sessions"] == "1 change; the last: applied"
    assert facts["gaps"] == "1, 2.0 s together"
    document = found.document()
    assert document["points"] == {"syscall/read/enter": 17, "container/start": 1}
    assert document["sessions"] == [
        {"container": CONTAINER, "state": "applied", "text": SESSION.text}
    ]
    assert document["gaps"][0]["end_ns"] == GAP.end_ns


def test_a_session_tells_its_gap_and_nothing_is_told_of_nothing(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace", host={})
    gap = (TIME_NS, TIME_NS + 3 * SECOND)
    writer.mark(TIME_NS, SessionMark("new", "applied", CONTAINER, "/", "{}", 0, *gap).details())
    writer.close()
    assert dict(contents(writer.path).facts())["gaps"] == "1, 3.0 s together"
    empty = TraceWriter(tmp_path / "b.gvtrace", host={})
    empty.close()
    assert dict(contents(empty.path).facts()) == {"sandboxes": "0"}


def test_how_the_clock_was_set_is_told(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace", host={})
    at = TIME_NS
    for step in (0, 3600, -20):
        at += (step + 1) * SECOND
        writer.message(1, at, read_message())
        if step:
            writer.mark(at, ClockMark(step * SECOND).details())
    writer.close()
    found = contents(writer.path)
    assert dict(found.facts())["clock"] == (
        "set 2 times: +3,600.0 s, -20.0 s; 2.0 s passed from the first row to the last"
    )
    assert found.document()["clock_steps_ns"] == [3600 * SECOND, -20 * SECOND]
    assert found.document()["passed_ns"] == 2 * SECOND


def test_a_gap_that_is_told_twice_is_one(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace", host={})
    gap, other = (TIME_NS, TIME_NS + 3 * SECOND), (TIME_NS, TIME_NS + 4 * SECOND)
    writer.mark(TIME_NS, GapMark("none came", CONTAINER, *gap).details())
    writer.mark(TIME_NS, SessionMark("new", "applied", CONTAINER, "/", "{}", 0, *gap).details())
    writer.mark(TIME_NS, GapMark("none came", "another", *other).details())
    writer.close()
    assert dict(contents(writer.path).facts())["gaps"] == "2, 7.0 s together"
