from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.points.document import dump_session
from gvtui.points.session import Point, Session
from gvtui.trace.collecting import collect
from gvtui.trace.connection import SECOND_NS
from gvtui.trace.connections import Connections
from gvtui.trace.marks import DropsMark, SessionMark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
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


@pytest.mark.parametrize("point", ["sentry/task_exit", "sentry/clone"])
def test_a_session_tells_whether_exits_are_traced(tmp_path: Path, point: str) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.opened(1, TIME_NS, {"container_id": "web"})
    session = dump_session(Session(points=(Point(point),)))
    writer.mark(TIME_NS, SessionMark("", "applied", "web", "/r", session).details())
    trace = Trace.open(tmp_path / "a.gvtrace")
    life = trace.connections.lives.of(1)
    assert life is not None
    assert life.traces_exits is (point == "sentry/task_exit")
    writer.mark(TIME_NS, SessionMark("", "deleted", "web", "/r", "").details())
    trace.refresh()
    assert life.traces_exits is False
    writer.message(1, TIME_NS, build_message(5, b""))
    trace.refresh()
    assert life.traces_exits is True
    trace.close()
    writer.close()


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


def test_a_flood_of_starts_is_read_once_for_each_container(tmp_path: Path) -> None:
    starts = [start_message("web", ("a", str(number))) for number in range(500)]
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", [(1, [*starts, read_message()])]))
    read: list[int] = []
    decoded = trace.decoded
    trace.decoded = lambda index: read.append(index) or decoded(index)  # type: ignore[method-assign, func-returns-value]
    known = Connections()
    collect(known, trace, 0, trace.rows(0, trace.end_row))
    assert known[1].args == ["a", "499"]
    assert len(read) == 1
    trace.close()


def test_arguments_of_containers_are_kept_short_and_few(tmp_path: Path) -> None:
    huge = ("x" * 1000,) * 500
    starts = [start_message(f"c{number}", huge) for number in range(100)]
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", [(1, starts)]))
    connection = trace.connections[1]
    assert len(connection.container_args) == 64
    kept = sum(len(word) for args in connection.container_args.values() for word in args)
    assert kept < 64 * 5000
    # Of more than a chunk's share of bytes the newest is read, and the others are not made up.
    assert connection.container_args["c99"][0] == huge[0]
    assert ["…"] in connection.container_args.values()
    # The one that the connection is named after stays, however many come.
    assert "c0" in connection.container_args
    trace.close()


def asked(path: Path, *steps: int | bytes) -> Trace:
    """A connection that sends messages, and of which drops are asked for in between."""
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, {"peer_pid": 5, "peer_start": 1})
    for number, step in enumerate(steps):
        now = TIME_NS + number * 1_000_000_000
        if isinstance(step, bytes):
            writer.message(1, now, step)
        else:
            writer.mark(now, DropsMark(step).details(), 1)
    writer.closed(1, TIME_NS + 99_000_000_000, {"messages": 0})
    writer.close()
    return Trace.open(path)


def drops_in(trace: Trace) -> list[int]:
    rows = trace.rows(0, trace.end_row)
    return [int(row["result"]) for row in rows[rows["kind"] == Kind.DROP]]


def test_drops_that_were_asked_for_count_once(tmp_path: Path) -> None:
    first, later = read_message(dropped=3), read_message(dropped=40)
    trace = asked(tmp_path / "a.gvtrace", first, 30, later, 40, 39)
    assert drops_in(trace) == [3, 27, 10]
    assert (trace.connections.dropped, trace.connections[1].dropped) == (40, 40)
    assert not trace.connections.may_lack_drops(TIME_NS)
    trace.close()
    for made in (".index", ".strings"):
        Path(f"{trace.path}{made}").unlink()
    again = Trace.open(trace.path)
    assert drops_in(again) == [3, 27, 10]
    again.close()


def test_what_nobody_was_asked_for_is_the_least(tmp_path: Path) -> None:
    trace = asked(tmp_path / "a.gvtrace", read_message(), 30, read_message(dropped=30))
    assert drops_in(trace) == [30]
    assert trace.connections.may_lack_drops(TIME_NS)
    old = Trace.open(write_trace(tmp_path / "old.gvtrace", [(1, [read_message(dropped=3)])]))
    assert not old.connections.may_lack_drops(TIME_NS)
    old.close()
    trace.close()


def test_a_live_connection_lacks_drops_only_when_it_is_quiet(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.opened(1, TIME_NS, {"peer_pid": 5, "peer_start": 1})
    writer.message(1, TIME_NS, read_message())
    trace = Trace.open(tmp_path / "a.gvtrace")
    quiet = TIME_NS + 10 * SECOND_NS
    assert not trace.connections.may_lack_drops(TIME_NS + SECOND_NS)
    assert trace.connections.may_lack_drops(quiet)
    writer.mark(quiet, DropsMark(0).details(), 1)
    trace.refresh()
    assert not trace.connections.may_lack_drops(quiet)
    writer.close()
    trace.close()
