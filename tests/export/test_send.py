from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gvtui.export.send import SendError, connect, play
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.wire.handshake import build_handshake, parse_handshake
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


def test_the_pace_of_the_sandbox_where_receipt_is_not_known(collector: Collector) -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    times = [row.time_ns for row in map(trace.row, range(trace.end_row)) if row.time_ns]
    clock = Clock()
    play(trace, collector.path, clock=clock, sleep=clock.sleep)
    trace.close()
    assert abs(clock.now_ns - (max(times) - times[0])) < 1_000_000


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
