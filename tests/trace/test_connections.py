from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace import connections
from gvtui.trace.collecting import collect
from gvtui.trace.connection import ConnectionSums
from gvtui.trace.connections import Connections
from gvtui.trace.reader import Trace
from gvtui.trace.row import Flag, Kind
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from tests.query.memory import MemoryTrace, closed, drop, make_row
from tests.trace.factory import CONTAINER, TIME_NS, read_message, write_trace


def test_successive_sessions_of_a_container_are_summed(tmp_path: Path) -> None:
    batches = [(1, [read_message(dropped=5)]), (2, [read_message(dropped=2)])]
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", batches))
    (sandbox,) = trace.connections.sandboxes()
    assert (sandbox.container_id, len(sandbox.connections)) == (CONTAINER, 2)
    assert (sandbox.messages, sandbox.dropped, sandbox.connected) == (2, 7, False)
    assert sandbox.latest.conn == 2
    trace.close()


def test_connections_without_a_container_stand_alone(tmp_path: Path) -> None:
    nameless = build_message(5, b"")
    path = write_trace(tmp_path / "a.gvtrace", [(1, [nameless]), (2, [nameless])])
    trace = Trace.open(path)
    assert [sandbox.container_id for sandbox in trace.connections.sandboxes()] == ["", ""]
    trace.close()


def test_old_closed_connections_are_summed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CLOSED", 2)
    rows = [
        row
        for conn in range(1, 8)
        for row in (
            make_row(conn=conn, container=2 + conn % 3, length=10),
            drop(conn, conn),
            make_row(conn=conn, flags=Flag.UNKNOWN_TYPE),
            closed(conn),
        )
    ]
    trace = MemoryTrace(rows)
    trace.strings = ["", "…", "a", "b", "c"]
    known = Connections()
    collect(known, trace, 0, trace.rows(0, len(rows) // 2))
    collect(known, trace, len(rows) // 2, trace.rows(len(rows) // 2, len(rows)))
    assert [*known] == [6, 7]
    assert (known.total, known.messages, known.dropped, known.unknown) == (7, 14, 28, 7)
    sandboxes = known.sandboxes()
    shown = [
        (each.container_id, each.count, each.messages, each.dropped, len(each.connections))
        for each in sandboxes
    ]
    assert shown == [("a", 2, 4, 9, 1), ("b", 3, 6, 12, 1)]
    assert known.earlier == ConnectionSums(2, 4, 7)
    assert known.messages == known.earlier.messages + sum(each.messages for each in sandboxes)
    assert known.dropped == known.earlier.dropped + sum(each.dropped for each in sandboxes)
    # Rows of a connection that is summed up are still its container's.
    assert [known.container(conn) for conn in (2, 4, 7, 99)] == ["c", "b", "b", ""]
    assert known.are_of_many


def test_what_comes_on_a_connection_that_is_summed_up_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "MAX_OPEN", 3)
    rows = [make_row(conn=conn, container=2) for conn in range(1, 6)]
    trace = MemoryTrace([*rows, make_row(conn=1), drop(1, 5)])
    trace.strings = ["", "…", "a"]
    known = Connections()
    collect(known, trace, 0, trace.rows(0, 5))
    assert 1 not in known
    collect(known, trace, 5, trace.rows(5, 7))
    (sandbox,) = known.sandboxes()
    assert (known.messages, known.dropped) == (sandbox.messages, sandbox.dropped) == (6, 5)
    assert sandbox.count == known.total == 5


@given(
    st.lists(
        st.tuples(
            st.integers(1, 9),
            st.sampled_from([Kind.MESSAGE, Kind.MESSAGE, Kind.DROP, Kind.CLOSED]),
            st.integers(0, 3),
        ),
        max_size=80,
    ),
    st.integers(1, 80),
)
def test_sums_do_not_depend_on_slices_or_on_what_is_summed_up(
    steps: list[tuple[int, Kind, int]], step: int
) -> None:
    rows = [
        make_row(conn=conn, kind=kind, container=number and number + 1, result=number, length=7)
        for conn, kind, number in steps
    ]
    trace = MemoryTrace(rows)
    trace.strings = ["", "…", "a", "b", "c"]
    plain, known = Connections(), Connections()
    collect(plain, trace, 0, trace.rows(0, len(rows)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "MAX_CLOSED", 1)
        patch.setattr(connections, "MAX_OPEN", 3)
        for start in range(0, len(rows), step):
            collect(known, trace, start, trace.rows(start, min(start + step, len(rows))))
        assert len(known) <= 3
    sums = (plain.total, plain.messages, plain.dropped)
    assert (known.total, known.messages, known.dropped) == sums
    assert plain.messages == sum(each.messages for each in plain.values())
    sandboxes = known.sandboxes()
    assert known.earlier.messages + sum(each.messages for each in sandboxes) == plain.messages
    assert known.earlier.dropped + sum(each.dropped for each in sandboxes) == plain.dropped
    assert known.earlier.connections + sum(each.count for each in sandboxes) == plain.total


def test_what_went_before_it_was_read_is_counted_all_the_same(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    for conn in (1, 2):
        writer.opened(conn, TIME_NS, {"peer_pid": conn, "container_id": f"c{conn}"})
    writer.message(1, TIME_NS, read_message(dropped=3))
    stopped = Trace.open(tmp_path / "live")
    assert (stopped.connections.messages, stopped.connections.dropped) == (1, 3)
    for conn in (3, 4):
        writer.opened(conn, TIME_NS, {"peer_pid": conn, "container_id": f"c{conn}"})
        writer.message(conn, TIME_NS, read_message(dropped=conn))
    writer.closed(2, TIME_NS, {"reason": "x"})
    writer.closed(3, TIME_NS, {"reason": "x"})
    for number in range(60):
        batch = [read_message(fd=fd, dropped=10 * number) for fd in range(20)]
        writer.received(1, TIME_NS + number, batch)
    late = Trace.open(tmp_path / "live")
    stopped.refresh()
    assert stopped.first_row > 3
    for trace in (stopped, late):
        connections = trace.connections
        assert connections.messages == 1203 == writer.counts.messages
        assert connections.dropped == 590 + 7 == writer.counts.dropped
        assert (connections[1].messages, connections[1].dropped) == (1201, 590)
        assert (connections[4].messages, connections[4].dropped) == (1, 4)
        assert (connections[4].peer_pid, connections[4].container_id) == (4, "c4")
        assert connections[4].connected
        # Of the third nobody has seen more than the sums.
        assert connections.get(3) is None
        assert connections.earlier.messages == 1
        assert connections.earlier.dropped == 3
    assert not stopped.connections[2].connected
    writer.message(4, TIME_NS, read_message(dropped=5))
    for trace in (stopped, late):
        trace.refresh()
        assert trace.connections.dropped == 598
        assert trace.connections[4].messages == 2
        trace.close()
    writer.close()
