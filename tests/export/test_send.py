from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gvtui.export.send import SendError, connect, play
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.trace.marks import ClockMark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from gvtui.wire.handshake import build_handshake, parse_handshake
from gvtui.wire.header import build_message
from tests.monitor.sandbox import comes
from tests.trace.factory import TIME_NS, TRACES, read_message, recorded_datagrams, write_trace


class Collector:
    """A monitor that only collects what each connection sends."""

    def __init__(self, path: Path, answer: bytes | None = build_handshake()) -> None:
        self.path = path
        self.received: list[list[bytes]] = []
        self._answer = answer
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.bind(str(path))
        self._server.listen()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            messages: list[bytes] = []
            self.received.append(messages)
            thread = threading.Thread(target=self._take, args=(connection, messages), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _take(self, connection: socket.socket, messages: list[bytes]) -> None:
        with connection:
            assert parse_handshake(connection.recv(1024)) == 1
            if self._answer is None:
                return
            connection.send(self._answer)
            while datagram := connection.recv(1 << 20):
                messages.append(datagram)

    def close(self) -> None:
        if self._server.fileno() >= 0:
            self._server.shutdown(socket.SHUT_RDWR)
            self._server.close()
        for thread in self._threads:
            thread.join(120)


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    made = Collector(tmp_path / "sock")
    yield made
    made.close()


class Clock:
    """Time that only passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.slept: list[float] = []

    def __call__(self) -> int:
        return self.now_ns

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now_ns += round(seconds * 1e9)


def test_sends_every_message_as_it_was(collector: Collector) -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    sent = play(trace, collector.path, speed=None)
    trace.close()
    collector.close()
    assert collector.received == [recorded_datagrams("shell-2024")]
    assert (sent.messages, sent.connections) == (len(collector.received[0]), 1)


def test_one_connection_for_each_that_was_recorded(collector: Collector, tmp_path: Path) -> None:
    first, second = [read_message(fd=1)], [read_message(fd=2), read_message(fd=3)]
    path = write_trace(tmp_path / "x.gvtrace", [(1, first), (2, second), (1, first)])
    trace = Trace.open(path)
    assert play(trace, collector.path, speed=None).connections == 2
    trace.close()
    collector.close()
    assert collector.received == [first + first, second]


def test_a_recorder_that_has_lost_the_beginning(collector: Collector, tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "x.gvtrace")
    writer.message(5, TIME_NS, read_message())
    writer.truncated(5, TIME_NS, read_message(), 2 << 20)
    writer.close()
    trace = Trace.open(tmp_path / "x.gvtrace")
    sent = play(trace, collector.path, speed=None)
    trace.close()
    assert (sent.messages, sent.connections, sent.skipped) == (1, 1, 1)


@pytest.mark.parametrize(("speed", "expected"), [(1.0, [2.0, 1.0]), (2.0, [1.0, 0.5])])
def test_the_pace_of_receipt(
    collector: Collector, tmp_path: Path, speed: float, expected: list[float]
) -> None:
    writer = TraceWriter(tmp_path / "x.gvtrace")
    for second in (0, 2, 1, 3):
        writer.message(1, TIME_NS + second * 10**9, read_message())
    writer.close()
    trace = Trace.open(tmp_path / "x.gvtrace")
    clock = Clock()
    play(trace, collector.path, speed=speed, clock=clock, sleep=clock.sleep)
    trace.close()
    assert clock.slept == expected


@pytest.mark.parametrize("step", [-3600, 86_400])
def test_a_clock_that_was_set_changes_no_pace(
    collector: Collector, tmp_path: Path, step: int
) -> None:
    writer = TraceWriter(tmp_path / "x.gvtrace")
    for second in range(5):
        at = TIME_NS + (second + (step if second >= 2 else 0)) * 10**9
        writer.message(1, at, read_message())
        if second == 2:
            writer.mark(at, ClockMark(step * 10**9).details())
    writer.close()
    trace = Trace.open(tmp_path / "x.gvtrace")
    clock = Clock()
    play(trace, collector.path, clock=clock, sleep=clock.sleep)
    trace.close()
    assert clock.slept == [1.0] * 4


def test_the_pace_of_the_sandbox_where_receipt_is_not_known(collector: Collector) -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    times = [row.time_ns for row in map(trace.row, range(trace.end_row)) if row.time_ns]
    clock = Clock()
    play(trace, collector.path, clock=clock, sleep=clock.sleep)
    trace.close()
    assert abs(clock.now_ns - (max(times) - times[0])) < 1_000_000


def of_several(path: Path) -> Trace:
    """A recording of connections that overlap, drop points, say nothing, and end or do not."""
    writer = TraceWriter(path)
    dropped = {1: 0, 2: 0, 4: 0}
    at = TIME_NS
    for conn in (1, 2, 3):
        writer.opened(conn, at, {"peer_pid": 1, "peer_uid": 0})
    for number in range(60):
        at += 1_000_000
        if number == 20:
            writer.closed(3, at, {"reason": "closed by the sandbox"})
            writer.opened(4, at, {"peer_pid": 1, "peer_uid": 0})
        if number == 40:
            writer.closed(1, at, {"reason": "closed by the sandbox"})
            writer.mark(at, {"kind": "note", "text": "here"})
        conn = (2, 1, 4)[number % 3] if 20 <= number < 40 else 2
        dropped[conn] += 3 * (number % 7 == 4)
        writer.message(conn, at, read_message(fd=number, pid=conn, dropped=dropped[conn]))
    writer.message(4, at, build_message(999, b"of a later version", dropped[4]))
    writer.close()
    return Trace.open(path)


def sequence(trace: Trace) -> list[tuple[int, int, bytes | int]]:
    """What came on which connection, in order: messages as bytes, drops as their number."""
    kinds = (Kind.OPENED, Kind.MESSAGE, Kind.DROP, Kind.CLOSED)
    rows = ((row_id, trace.row(row_id)) for row_id in range(trace.end_row))
    numbers: dict[int, int] = {}
    found: list[tuple[int, int, bytes | int]] = []
    for row_id, row in rows:
        if row.kind in kinds:
            number = numbers.setdefault(row.conn, len(numbers))
            what = trace.payload(row_id) if row.kind == Kind.MESSAGE else row.result
            found.append((number, row.kind, what))
    return found


@pytest.mark.parametrize("speed", [1000.0, None], ids=["paced", "fast"])
def test_what_a_monitor_records_of_it_is_equal(tmp_path: Path, speed: float | None) -> None:
    first = of_several(tmp_path / "first.gvtrace")
    sent = sequence(first)
    again = tmp_path / "again.gvtrace"
    options = MonitorOptions(listen=tmp_path / "s", record=again, realtime=False)
    monitor = MonitorProcess.start(options)
    done = play(first, options.listen, speed=speed)
    assert (done.messages, done.connections, done.marks) == (61, 4, 1)
    second = Trace.open(again)
    assert comes(
        second,
        lambda: (
            second.connections.messages == 61
            and not any(each.connected for each in second.connections.values())
        ),
    )
    monitor.stop()
    second.refresh()
    came = sequence(second)
    first.close()
    second.close()
    assert sum(kind == Kind.DROP for _, kind, _ in sent) > 5
    # What had not ended in the first ends in the second, when all is sent.
    ends = {(conn, Kind.CLOSED, 0) for conn in range(4)} - set(sent)
    assert len(ends) == 2
    for conn in range(4):
        of_conn = [each for each in sent if each[0] == conn]
        of_conn += [each for each in ends if each[0] == conn]
        assert [each for each in came if each[0] == conn] == of_conn
    if speed is not None:
        assert came[:-2] == sent


def test_no_monitor(tmp_path: Path) -> None:
    with pytest.raises(SendError, match="no monitor answers"):
        connect(tmp_path / "nothing")


def test_a_monitor_that_refuses(tmp_path: Path) -> None:
    collector = Collector(tmp_path / "sock", answer=b"")
    with pytest.raises(SendError, match="refused the connection; see what it says"):
        connect(collector.path)
    collector.close()


def test_what_answers_is_no_monitor(tmp_path: Path) -> None:
    collector = Collector(tmp_path / "sock", answer=b"\xff\xff")
    with pytest.raises(SendError, match="is no monitor"):
        connect(collector.path)
    collector.close()


def test_a_monitor_that_goes_away(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gvtui.export.send.connect", lambda endpoint: ours)
        trace = Trace.open(write_trace(tmp_path / "x.gvtrace", [(1, [read_message()])]))
        with pytest.raises(SendError, match="took 0 of the messages and then no more"):
            play(trace, tmp_path / "sock", speed=None)
        trace.close()
