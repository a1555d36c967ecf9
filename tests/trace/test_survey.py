from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from gvtui.trace import survey as module
from gvtui.trace.files import logs_of
from gvtui.trace.keep import save
from gvtui.trace.losses import FULL, Loss, Losses
from gvtui.trace.reader import Trace
from gvtui.trace.records import LogKind, pack_record
from gvtui.trace.row import Kind
from gvtui.trace.summary import Reception, SummaryCounts
from gvtui.trace.survey import Survey, find_damage, survey
from gvtui.trace.writer import TraceWriter
from tests.export.parts import thinned_folder, worn_folder
from tests.trace.factory import TIME_NS, TRACES, read_message, to_format_1, write_trace


def look(path: Path) -> Survey:
    trace = Trace.open(path)
    try:
        return survey(trace)
    finally:
        trace.close()


def recorded(path: Path, reception: Reception | None, count: int = 70) -> Path:
    writer = TraceWriter(path)
    writer.reception = reception
    writer.opened(1, TIME_NS, {"container_id": "c1"})
    writer.received(1, TIME_NS + 1, [read_message(fd=fd, dropped=2) for fd in range(count)])
    writer.closed(1, TIME_NS + 5, {})
    writer.close()
    return path


def test_what_came_is_accounted_for(tmp_path: Path) -> None:
    reception = Reception(80, 6, {"size": 4}, Losses([Loss(6, TIME_NS, TIME_NS + 9, FULL)]))
    found = look(recorded(tmp_path / "a.gvtrace", reception))
    assert found.problems == []
    accounting = found.accounting
    assert (accounting.received, accounting.logged, accounting.indexed) == (80, 70, 70)
    assert (accounting.refused, accounting.lost, accounting.dropped) == ({"size": 4}, 6, 2)
    assert accounting.difference == 0
    assert found.losses.pack() == reception.losses.pack()
    assert (found.first_ns, found.last_ns) == (TIME_NS, TIME_NS + 5)
    assert (found.segments, found.closed_segments, found.recordings) == (1, 1, 1)
    assert found.has_checksums
    assert found.tally.by_conn[1].messages == 70


@pytest.mark.parametrize(("received", "word"), [(79, "9 messages fewer"), (69, "1 message more")])
def test_a_difference_is_told(tmp_path: Path, received: int, word: str) -> None:
    found = look(recorded(tmp_path / "a.gvtrace", Reception(received)))
    assert found.problems == [f"{word} than were received"]


@pytest.mark.parametrize("has_summary", [True, False])
def test_rows_that_are_held_back_are_left_out(tmp_path: Path, has_summary: bool) -> None:
    reception = Reception(80, 6, {"size": 4}, Losses([Loss(6, TIME_NS, TIME_NS + 9, FULL)]))
    path = recorded(tmp_path / "a.gvtrace", reception, count=9)
    if not has_summary:
        path = to_format_1(path)
    is_whole = False
    limit = 0
    while not is_whole:
        trace = Trace.open(path, limit=limit)
        found, is_whole = survey(trace), limit >= trace.available_rows
        messages = int(np.count_nonzero(trace.rows(0, limit)["kind"] == Kind.MESSAGE))
        trace.close()
        accounting = found.accounting
        assert (accounting.logged, accounting.indexed) == (messages, messages)
        assert accounting.refused == ({"size": 4} if is_whole and has_summary else {})
        assert bool(found.problems) == (is_whole and has_summary)
        limit += 1
    assert messages == 9


def test_where_nobody_counted_there_is_no_difference(tmp_path: Path) -> None:
    for path in (
        recorded(tmp_path / "a.gvtrace", None),
        to_format_1(recorded(tmp_path / "b.gvtrace", Reception(1))),
        TRACES / "seed-example.trace",
    ):
        found = look(path)
        assert found.accounting.received is None
        assert found.accounting.logged == found.accounting.indexed > 0
        assert found.problems == []
        assert found.has_checksums == (path.name == "a.gvtrace")


def test_a_summary_that_says_otherwise_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.message(1, TIME_NS, read_message())
    writer._files.tally.of(1).add(SummaryCounts(messages=1))
    writer.close()
    assert look(writer.path).problems == ["a segment's summary counts 2 messages, its log has 1"]


def test_segments_that_are_missing_between_others_are_told(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=200_000, segment_bytes=20_000)
    for _ in range(40):
        writer.received(1, TIME_NS, [read_message(fd=n) for n in range(20)])
    writer.close()
    found = look(tmp_path / "live")
    assert found.problems == []
    assert found.accounting.let_go + found.accounting.logged == 800
    joined = tmp_path / "joined.gvtrace"
    logs = sorted((tmp_path / "live").glob("*.gvtrace"))
    joined.write_bytes(b"".join(log.read_bytes() for log in (*logs[:1], *logs[2:])))
    found = look(joined)
    assert len(found.problems) == 1
    assert found.problems[0].endswith("of segments between others are missing")
    # What is missing was not let go: that is what comes before all others.
    assert (found.accounting.let_go, found.accounting.logged + found.accounting.missing) == (0, 800)
    assert found.accounting.missing > 0


def test_what_is_kept_of_a_flight_recorder_adds_up(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    writer.reception = Reception(800)
    writer.opened(1, TIME_NS, {"peer_pid": 5})
    for _ in range(40):
        writer.received(1, TIME_NS, [read_message(fd=n) for n in range(20)])
    live = Trace.open(tmp_path / "live")
    save(live, tmp_path / "kept.gvtrace")
    for found in (survey(live), look(tmp_path / "kept.gvtrace")):
        assert found.problems == []
        assert found.accounting.let_go > 0
        assert found.accounting.let_go + found.accounting.logged == 800
        assert found.accounting.received is None
        assert found.recordings == 1
    live.close()
    writer.close()
    assert look(tmp_path / "live").accounting.received == 800


def break_header(log: bytes, skipping: int = 0) -> bytes:
    """A log of which one header, behind so many others, is damaged."""
    place = -1
    for _ in range(skipping + 1):
        place = log.index(b"\xa6before", place + 1)
    return log[:place] + b"\xa7" + log[place + 1 :]


@pytest.mark.parametrize("make", [worn_folder, thinned_folder])
def test_a_copy_whose_first_header_is_damaged_tells_once_what_was_let_go(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    with closing(Trace.open(make(tmp_path / "live"))) as live:
        save(live, tmp_path / "kept.gvtrace")
        expected = survey(live)
    kept = (tmp_path / "kept.gvtrace").read_bytes()
    segments = b"".join(log.read_bytes() for log in logs_of(tmp_path / "live"))
    for name, log in (("a", kept), ("b", break_header(kept)), ("c", segments)):
        path = tmp_path / f"{name}.gvtrace"
        path.write_bytes(log)
        found = look(path)
        assert found.accounting == expected.accounting
        assert (found.accounting.let_go > 0, found.may_be_less_let_go) == (True, False)
        assert (found.problems, found.recordings) == ([], 1)


def test_what_stands_behind_a_damaged_header_may_be_what_the_next_one_has_before_it(
    tmp_path: Path,
) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=200_000, segment_bytes=20_000)
    writer.opened(1, TIME_NS, {"peer_pid": 5})
    for n in range(40):
        writer.received(1, TIME_NS, [read_message(fd=fd, dropped=n) for fd in range(20)])
    writer.close()
    logs = b"".join(log.read_bytes() for log in logs_of(tmp_path / "live"))
    (tmp_path / "a.gvtrace").write_bytes(logs)
    whole = look(tmp_path / "a.gvtrace")
    assert (whole.accounting.let_go, whole.may_be_less_let_go) == (0, False)
    (tmp_path / "b.gvtrace").write_bytes(break_header(logs))
    found = look(tmp_path / "b.gvtrace")
    assert 0 < found.accounting.let_go < 800
    assert found.may_be_less_let_go
    assert (found.accounting.dropped_let_go, found.may_lack_drops) == (0, True)
    assert found.problems == []


def test_all_damage_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STEP_BYTES", 1)
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=fd) for fd in range(5)])])
    whole = path.read_bytes()
    told: list[tuple[int, int]] = []
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        trace = Trace.open(path)
        find_damage(trace, lambda *now: told.append(now))
        assert len(trace.damage) == 1 or trace.damaged_bytes > 0
        survey(trace)
        assert len(trace.damage) <= 5
        trace.close()
    assert told[-1] == (len(whole), len(whole))
    to_format_1(write_trace(tmp_path / "b.gvtrace", [(1, [read_message()])]))
    trace = Trace.open(tmp_path / "b.gvtrace")
    find_damage(trace)
    assert not trace.damage
    trace.close()


def test_a_truncated_message_of_an_impossible_size_is_damage_and_no_difference(
    tmp_path: Path,
) -> None:
    path = to_format_1(write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])]))
    with path.open("ab") as log:
        log.write(pack_record(LogKind.TRUNCATED, 1, TIME_NS, b"\xff" * 8 + b"abc"))
    trace = Trace.open(path)
    found = survey(trace)
    assert found.problems == []
    assert found.accounting.logged == found.accounting.indexed == 1
    assert trace.damaged_bytes == 21 + 11
    trace.close()


def test_drops_told_in_segments_that_were_let_go_are_counted(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    writer.opened(1, TIME_NS, {"container_id": "c1"})
    for n in range(40):
        messages = [read_message(fd=fd, dropped=n * 20 + fd) for fd in range(20)]
        writer.received(1, TIME_NS, messages)
    writer.close()
    told = 39 * 20 + 19
    trace = Trace.open(tmp_path / "live")
    save(trace, tmp_path / "kept.gvtrace")
    for found in (survey(trace), look(tmp_path / "kept.gvtrace")):
        accounting = found.accounting
        left = found.tally.total().dropped
        assert 0 < left < told
        assert (accounting.dropped, accounting.dropped_let_go) == (told, told - left)
        assert not found.may_lack_drops
    assert trace.connections.dropped == told
    trace.close()


@pytest.mark.parametrize("stands", [True, False])
def test_who_has_gone_with_its_segment_may_have_dropped_more(tmp_path: Path, stands: bool) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    writer.opened(1, TIME_NS, {})
    writer.received(1, TIME_NS, [read_message(dropped=7)])
    if not stands:
        writer.closed(1, TIME_NS, {})
    writer.opened(2, TIME_NS, {})
    for _ in range(40):
        writer.received(2, TIME_NS, [read_message(fd=fd) for fd in range(20)])
    writer.close()
    trace = Trace.open(tmp_path / "live")
    save(trace, tmp_path / "kept.gvtrace")
    assert trace.connections.may_lack_drops(TIME_NS) is not stands
    for found in (survey(trace), look(tmp_path / "kept.gvtrace")):
        assert found.accounting.dropped == found.accounting.dropped_let_go == 7
        assert found.may_lack_drops is not stands
    trace.close()


def test_drops_of_segments_that_are_missing_make_the_count_the_least(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=200_000, segment_bytes=20_000)
    for n in range(20):
        writer.received(1, TIME_NS, [read_message(fd=fd, dropped=n) for fd in range(20)])
    writer.close()
    logs = sorted((tmp_path / "live").glob("*.gvtrace"))
    assert len(logs) > 3
    assert not look(tmp_path / "live").may_lack_drops
    joined = tmp_path / "joined.gvtrace"
    joined.write_bytes(b"".join(log.read_bytes() for log in (*logs[:1], *logs[2:])))
    assert look(joined).may_lack_drops
