from __future__ import annotations

from pathlib import Path

from gvtui.trace.connections import SECOND_NS, Connection
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from tests.trace.factory import CONTAINER, TIME_NS, read_message, start_message, write_trace


def test_counts_are_kept_for_each_connection(tmp_path: Path) -> None:
    batches = [
        (1, [start_message("first"), read_message(), b"bad"]),
        (2, [read_message(dropped=3), build_message(999, b"")]),
        (1, [read_message(dropped=1)]),
    ]
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", batches))
    first, second = trace.connections.values()
    assert (first.messages, first.malformed, first.unknown, first.dropped) == (4, 1, 0, 1)
    assert (second.messages, second.malformed, second.unknown, second.dropped) == (2, 0, 1, 3)
    assert first.bytes == sum(len(data) for conn, some in batches if conn == 1 for data in some)
    assert (first.container_id, first.container_source) == ("first", "message")
    assert first.args == ["sh", "-c", "true"]
    assert second.container_id == CONTAINER
    assert (trace.connections.messages, trace.connections.dropped) == (6, 4)
    assert (first.peer_pid, first.connected) == (101, False)
    trace.close()


def test_the_command_line_names_the_container_before_any_message(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.opened(1, TIME_NS, {"peer_pid": 5, "command": ["runsc"], "container_id": "web"})
    trace = Trace.open(tmp_path / "a.gvtrace")
    connection = trace.connections[1]
    assert (connection.container_id, connection.container_source) == ("web", "command")
    writer.message(1, TIME_NS, build_message(5, b""))
    writer.message(1, TIME_NS, read_message())
    trace.refresh()
    containers = [trace.container_of(row) for row in (1, 2)]
    assert containers == ["web", CONTAINER]
    trace.close()
    writer.close()


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


def test_rates_count_whole_seconds(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    base = 1000 * SECOND_NS
    for second, count in ((0, 3), (1, 5), (3, 2), (2, 4)):
        writer.messages(1, [(base + second * SECOND_NS, read_message())] * count)
    writer.close()
    trace = Trace.open(tmp_path / "a.gvtrace")
    connection = trace.connections[1]
    assert connection.per_second(base + 4 * SECOND_NS, 5) == [0, 3, 5, 4, 2]
    assert connection.rate(base + 4 * SECOND_NS) == 3.0
    assert connection.rate(base + 60 * SECOND_NS) == 0.0
    trace.close()


def test_seconds_long_gone_are_forgotten() -> None:
    connection = Connection(1)
    for second in range(1000):
        connection._count_second(second, second)
    assert connection.per_second(1000 * SECOND_NS, 3) == [997, 998, 999]
    assert sum(connection.per_second(1000 * SECOND_NS, 1000)) == sum(range(880, 1000))
