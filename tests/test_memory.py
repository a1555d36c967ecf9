"""The receiving process holds what it is allowed to, however much came: counted in bytes of objects."""

from __future__ import annotations

import socket
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from gvtui.limits import AS_THEY_COME
from gvtui.trace.living import Living
from gvtui.trace.marks import DropsMark
from gvtui.trace.names import Names, NamesMark
from gvtui.trace.writer import TraceWriter
from gvtui.wire.handshake import build_handshake
from gvtui.wire.header import build_message
from gvtui.wire.pb import sentry_pb2
from tests.held import grown, held
from tests.monitor.running import Running, connect, run
from tests.trace.factory import TIME_NS, context, exit_message, read_message
from tests.trace.recorder import open_message

if TYPE_CHECKING:
    from pathlib import Path

SECOND = 1_000_000_000
SPARE = 4096
FEW, MANY = 300, 750
"""Rounds, each with ever new processes, paths and a connection: the limits below are reached in few."""
LIMITS = replace(
    AS_THEY_COME, strings=1024, new_connections=100_000, new_connections_per_process=100_000
)
STANDING = 1


@pytest.fixture(autouse=True)
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gvtui.trace.summary.MAX_LISTED", 20)
    monkeypatch.setattr("gvtui.trace.shares.MOST_SENT_NOTHING", 20)
    monkeypatch.setattr("gvtui.trace.writer.Living", partial(Living, max_dead=50))


class Sandboxes:
    """One that stands, and others that come and go, with processes that come and go."""

    def __init__(self, writer: TraceWriter) -> None:
        self.writer = writer
        self._now = TIME_NS
        self._round = 0
        self._opened(STANDING)

    def _opened(self, conn: int) -> None:
        details = {
            "peer_pid": conn,
            "peer_start": conn,
            "peer_uid": 0,
            "is_trusted": True,
            "command": ["runsc", "create", f"box-{conn}"],
        }
        self.writer.opened(conn, self._now, details)

    def play(self, rounds: int) -> None:
        for _ in range(rounds):
            self._round += 1
            self._now += SECOND
            conn = STANDING + self._round
            self._opened(conn)
            self.writer.mark(self._now, NamesMark("c", Names(f"n{conn}")).details(), conn)
            for each in (conn, STANDING):
                self._processes(each)
                told = DropsMark(self._round)
                self.writer.mark(self._now, told.details(), each)
            self.writer.closed(conn, self._now, {"reason": "x"})
            # It has nothing to say, and goes.
            self._opened(conn + 1_000_000)
            self.writer.closed(conn + 1_000_000, self._now, {"reason": "x"})

    def _processes(self, conn: int) -> None:
        for number in range(3):
            pid = 1000 + self._round * 10 + number
            clone = sentry_pb2.CloneInfo(
                context_data=context(pid=1),
                created_thread_id=pid,
                created_thread_group_id=pid,
                created_thread_start_time_ns=self._now,
            )
            path = f"/tmp/{conn}/{pid}"
            calls = [open_message(path, pid=pid, start_ns=self._now, time_ns=self._now)]
            if not number:
                # Enough to be looked up at once.
                calls += [
                    read_message(pid=pid, time_ns=self._now + 1_000_000 * count, fd=3 + count % 2)
                    for count in range(70)
                ]
            self.writer.received(conn, self._now, [build_message(2, clone.SerializeToString())])
            self.writer.received(conn, self._now, calls)
            self.writer.received(conn, self._now, [exit_message(pid=pid)])


@pytest.mark.parametrize("keep_bytes", [1 << 20, None])
def test_what_is_written_leaves_nothing_behind_in_memory(
    tmp_path: Path, keep_bytes: int | None
) -> None:
    """In a flight recorder, in which one segment follows another, and in a recording."""
    writer = TraceWriter(
        tmp_path / "a.gvtrace", keep_bytes=keep_bytes, segment_bytes=1 << 16, limits=LIMITS
    )
    sandboxes = Sandboxes(writer)
    sandboxes.play(FEW)
    few, segments = held(writer), writer.dropped_segments
    sandboxes.play(MANY - FEW)
    assert grown(few, held(writer), SPARE) == {}
    if keep_bytes is not None:
        assert writer.dropped_segments - segments > 100
    assert writer.refused_strings
    writer.close()


def test_connections_that_have_gone_leave_nothing_behind_in_memory(tmp_path: Path) -> None:
    async def test(running: Running) -> None:
        async def come_and_go(count: int) -> None:
            until = running.monitor.connections + count
            for _ in range(count):
                client = await connect(running.path, build_handshake())
                await client.send(read_message())
                client.close()
                # One that does not greet.
                silent = await connect(running.path)
                silent.shutdown(socket.SHUT_RDWR)
                silent.close()
                running.said()
            await running.until(
                lambda: running.monitor.connections == until and not _standing(running)
            )

        await come_and_go(FEW)
        few = held(running.monitor)
        await come_and_go(MANY - FEW)
        assert grown(few, held(running.monitor), SPARE) == {}

    run(tmp_path, test, limits=LIMITS, send_buffer_bytes=0)


def _standing(running: Running) -> int:
    return running.monitor.admission.connections


def test_a_leak_is_found() -> None:
    class Leaking:
        def __init__(self) -> None:
            self.kept: dict[int, Any] = {}

    leaking = Leaking()
    leaking.kept |= dict.fromkeys(range(100))
    few = held(leaking)
    leaking.kept |= dict.fromkeys(range(400))
    assert list(grown(few, held(leaking), SPARE)) == [".kept"]
