from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.details import pack_details, unpack_details
from gvtui.trace.losses import Loss, Losses
from gvtui.trace.reader import Trace
from gvtui.trace.records import LogKind, Record
from gvtui.trace.scanning import Begin, scan_log
from gvtui.trace.summary import (
    MAX_LISTED,
    ConnectionCounts,
    Reception,
    Summary,
    SummaryCounts,
    tally_of,
)
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message

counts = st.builds(SummaryCounts, *[st.integers(0, 1 << 40)] * 6)
tallies = st.builds(
    ConnectionCounts,
    st.dictionaries(st.integers(1, 99), counts, max_size=9),
    counts,
    st.integers(0, 99),
)
receptions = st.builds(
    Reception,
    st.integers(0, 1 << 40),
    st.integers(0, 1 << 40),
    st.dictionaries(st.text(max_size=9), st.integers(0, 99), max_size=3),
    st.lists(st.builds(Loss, *[st.integers(0, 1 << 60)] * 3, st.text(max_size=9))).map(Losses),
)


@given(st.builds(Summary, st.integers(0, 1 << 40), tallies, receptions | st.none()))
def test_a_summary_comes_back(summary: Summary) -> None:
    read = Summary.read(unpack_details(pack_details(summary.details())))
    assert read.details() == summary.details()
    assert (read.rows, read.tally) == (summary.rows, summary.tally)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=9))
def test_what_is_no_summary_counts_nothing_that_is_none(value: object) -> None:
    details = dict.fromkeys(("rows", "counts", "others", "received", "refused", "losses"), value)
    summary = Summary.read(details)
    total = summary.tally.total()
    assert min(summary.rows, total.messages, total.bytes) >= 0


def written(path: Path) -> TraceWriter:
    writer = TraceWriter(path)
    for conn in (1, 2):
        writer.opened(conn, TIME_NS, {})
    writer.received(1, TIME_NS, [read_message(fd=n, dropped=n // 40) for n in range(100)])
    writer.received(1, TIME_NS, [b"x", read_message(dropped=7)])
    writer.truncated(2, TIME_NS, read_message(dropped=5), 1 << 22)
    writer.closed(2, TIME_NS, {})
    return writer


def test_what_the_writer_counts_is_what_the_rows_say(tmp_path: Path) -> None:
    writer = written(tmp_path / "a.gvtrace")
    writer.reception = Reception(received=103)
    total = writer.counts
    writer.close()
    records = [item for item in scan_log(writer.path.read_bytes()) if isinstance(item, Record)]
    summary = Summary.read(unpack_details(records[-1].payload))
    assert records[-1].kind == LogKind.SUMMARY
    trace = Trace.open(writer.path)
    tally = ConnectionCounts()
    for start in range(0, trace.end_row + 10, 10):
        tally_of(trace.rows(start, start + 10), tally)
    assert summary.tally == tally
    assert summary.rows == trace.end_row
    assert summary.reception is not None
    assert summary.reception.received == 103
    assert total == tally.total()
    assert (total.messages, total.dropped, total.malformed, total.truncated) == (103, 12, 1, 1)
    for conn, counts in tally.by_conn.items():
        known = trace.connections[conn]
        assert counts == SummaryCounts(
            known.messages,
            known.bytes,
            known.dropped,
            known.malformed,
            known.truncated,
            known.unknown,
        )
    trace.close()


def test_each_segment_begins_with_what_was_counted_before(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    writer.opened(1, TIME_NS, {"peer_pid": 5})
    for number in range(40):
        writer.received(1, TIME_NS, [read_message(fd=n, dropped=number) for n in range(20)])
    total = writer.counts
    writer.close()
    assert (total.messages, total.dropped) == (800, 39)
    logs = sorted((tmp_path / "live").glob("*.gvtrace"))
    before: ConnectionCounts | None = None
    for log in logs:
        begin, *items = scan_log(log.read_bytes())
        assert isinstance(begin, Begin)
        told = ConnectionCounts.read(begin.head["before"])
        assert before is None or told == before
        before = told
        before.add(Summary.read(unpack_details(items[-1].payload)).tally)  # type: ignore[union-attr]
    assert before is not None
    assert before.total() == total


def test_of_very_many_connections_those_that_ended_first_are_added_up() -> None:
    tally = ConnectionCounts()
    for conn in range(3 * MAX_LISTED):
        tally.of(conn).messages = 1
    tally.fold({5})
    assert len(tally.by_conn) == MAX_LISTED
    assert 5 in tally.by_conn
    assert 3 * MAX_LISTED - 1 in tally.by_conn
    assert tally.total().messages == 3 * MAX_LISTED
    assert tally.other_connections == 2 * MAX_LISTED


def test_refused_messages_are_added_up() -> None:
    assert Reception(refused={"rate": 3, "size": 4}).refused_messages == 7
