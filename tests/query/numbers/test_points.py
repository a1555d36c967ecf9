from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gvtui.points.bundled import bundled_catalogue
from gvtui.query.numbers import points
from gvtui.query.numbers.points import PointTally
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from tests.trace.factory import read_message, write_trace
from tests.trace.recorder import SECOND, START_NS, TRACES, Recorder


def test_counts_are_those_of_the_rows() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    try:
        tally = PointTally(trace)
        while tally.advance(0.0):
            pass
        assert tally.complete
        rows = trace.rows(0, trace.end_row)
        messages = rows[rows["kind"] == Kind.MESSAGE]
        expected = Counter(trace.string(int(number)) for number in messages["point"])
        assert tally.by_point() == expected
        assert tally.by_point({1}) == expected
        assert tally.by_point({2}) == {}
    finally:
        trace.close()


def test_all_that_the_newest_gvisor_sends_is_in_the_list_that_comes_along() -> None:
    trace = Trace.open(TRACES / "newest-2026.trace")
    try:
        tally = PointTally(trace)
        while tally.advance(0.0):
            pass
        catalogue = bundled_catalogue(trace.architecture)
        counted = tally.by_point()
        assert counted.keys() <= catalogue.points.keys()
        assert {"sentry/mmap", "syscall/listen/exit", "syscall/ptrace/enter"} <= counted.keys()
        assert sum(counted.values()) == 1261
    finally:
        trace.close()


def test_a_rate_is_of_what_has_come_lately(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(10)
    trace = Trace.open(recorder.path)
    tally = PointTally(trace)
    assert tally.rates(START_NS + SECOND) == {}
    tally.advance(1)
    assert tally.rates(START_NS) == {}
    recorder.now = START_NS + SECOND
    recorder.add(30)
    trace.refresh()
    assert tally.rates(START_NS + 2 * SECOND) == {}
    tally.advance(1)
    assert tally.rates(START_NS + SECOND) == {"syscall/openat/enter": 5.0}
    assert tally.rates(START_NS + 2 * SECOND) == {"syscall/openat/enter": 20.0}
    assert tally.rates(START_NS + 2 * SECOND, {7}) == {}
    assert tally.rates(START_NS + 3 * SECOND) == {"syscall/openat/enter": 15.0}
    assert tally.rates(START_NS + 4 * SECOND) == {}
    trace.close()


def test_rates_agree_with_those_of_the_connection(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    trace = Trace.open(recorder.path)
    tally = PointTally(trace)
    for second in range(20):
        recorder.now = START_NS + second * SECOND
        recorder.add(second)
        trace.refresh()
        tally.advance(1)
        now = START_NS + (second + 1) * SECOND
        assert sum(tally.rates(now).values()) == trace.connections[1].rate(now)
    trace.close()


def test_it_tells_which_context_most_messages_lack(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(5, pid=0)
    recorder.add(2)
    trace = Trace.open(recorder.path)
    tally = PointTally(trace)
    assert not tally.lacks("group_id", {1})
    tally.advance(1)
    assert tally.lacks("group_id", {1}) == (5, 7)
    assert tally.lacks("credentials", {1}) == (7, 7)
    assert not tally.lacks("process_name", {1})
    assert not tally.lacks("cwd", {1})
    assert not tally.lacks("group_id", set())
    trace.close()


def test_marks_of_sessions_are_kept(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.writer.mark(recorder.now, {"kind": "session", "container_id": "c", "session": "{}"})
    recorder.writer.mark(recorder.now, {"kind": "gap", "text": "gap"})
    recorder.add()
    trace = Trace.open(recorder.path)
    tally = PointTally(trace)
    tally.advance(1)
    assert [mark.container_id for mark in tally.marks] == ["c"]
    trace.close()


def test_old_connections_are_counted_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(points, "MAX_CONNECTIONS", 3)
    batches = [(conn, [read_message()] * conn) for conn in range(1, 8)]
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", batches))
    tally = PointTally(trace)
    tally.advance(1)
    assert sum(tally.by_point().values()) == 28
    assert sum(tally.by_point({7}).values()) == 7
    assert tally.by_point({1}) == {}
    trace.close()
