from __future__ import annotations

import contextlib
import errno
import os
import socket
from pathlib import Path

import msgpack
import pytest
import trio

from gvtui.monitor.fdstore import Storing
from gvtui.monitor.goingon import STORED_AS, GoingOn, WentBefore
from gvtui.monitor.intake import Turn
from gvtui.monitor.pace import USUAL_BUFFER_BYTES
from gvtui.monitor.sendbuffer import _SO_SNDBUFFORCE
from gvtui.trace.marks import BinaryMark, NoteMark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Flag, Kind
from gvtui.wire.handshake import build_handshake
from tests.monitor.running import Running, connect, run
from tests.monitor.sandbox import start_client
from tests.trace.factory import read_message


def test_many_sandboxes_at_once(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        async def sandbox(number: int) -> None:
            client = await connect(running.path, build_handshake())
            for fd in range(200):
                await client.send(read_message(fd=fd, pid=number))
            client.close()

        async with trio.open_nursery() as nursery:
            for number in range(1, 11):
                nursery.start_soon(sandbox, number)
        trace = running.trace
        await running.until(lambda: trace.connections.messages == 2000)
        await running.until(lambda: not any(c.connected for c in trace.connections.values()))
        rows = trace.rows(0, 9999)
        for number in range(1, 11):
            assert rows["fd"][rows["pid"] == number].tolist() == list(range(200))

    run(tmp_path, check)


@pytest.mark.parametrize(
    ("size", "command", "is_reached"),
    [
        (2 * USUAL_BUFFER_BYTES, ["run", "web"], True),
        (2 * USUAL_BUFFER_BYTES, ["list"], False),
        (0, ["run", "web"], False),
    ],
)
def test_the_send_buffer_of_a_runsc_is_enlarged_and_noted(
    tmp_path: Path, size: int, command: list[str], *, is_reached: bool
) -> None:
    async def check(running: Running) -> None:
        client = start_client(running.path, *command)
        with client:
            await running.until(lambda: len(running.trace.connections) == 1)
            (connection,) = running.trace.connections.values()
            assert connection.details.get("send_buffer") == (size if is_reached else None)
            assert client.stdout is not None
            has = await trio.to_thread.run_sync(client.stdout.readline)
            assert int(has) == (size if is_reached else USUAL_BUFFER_BYTES)

    run(tmp_path, check, send_buffer_bytes=size)


def test_what_lies_ready_at_the_end_is_taken(tmp_path: Path) -> None:
    sent = 0

    async def check(running: Running) -> None:
        nonlocal sent
        client = await connect(running.path, build_handshake())
        client.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, 2 << 20)
        await running.until(lambda: len(running.trace.connections) == 1)
        # No await between the first message and the end: the monitor does not get a turn before.
        with client, socket.socket(fileno=os.dup(client.fileno())) as plain:
            plain.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    plain.send(read_message(fd=sent))
                    sent += 1

    run(tmp_path, check)
    trace = Trace.open(tmp_path / "t.gvtrace")
    assert sent > 4000
    assert trace.connections.messages == sent
    trace.close()


def test_a_client_that_just_looks_is_no_event(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        (await connect(running.path)).close()
        (await connect(running.path, build_handshake())).close()
        await running.until(lambda: len(running.trace.connections) == 1)
        assert [event for event in running.said() if event["kind"] == "log"] == []

    run(tmp_path, check)


def test_hostile_messages_cost_only_themselves(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        for datagram in (b"\x01", b"\x08\x00\x09\x00\0\0\0\0\xff\xff", read_message(fd=5)):
            await client.send(datagram)
        await running.until(lambda: running.trace.connections.messages == 3)
        rows = running.trace.rows(0, 99)
        rows = rows[rows["kind"] == Kind.MESSAGE]
        assert rows["flags"].tolist() == [Flag.MALFORMED, Flag.MALFORMED, 0]
        client.close()

    run(tmp_path, check)


def refuse(fd: int, data: bytes) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def marks(trace: Trace) -> list[tuple[str, int]]:
    rows = trace.rows(0, 99)
    places = [place for place, kind in enumerate(rows["kind"].tolist()) if kind == Kind.MARK]
    return [(trace.details(place)["kind"], trace.details(place)["messages"]) for place in places]


def test_a_full_disk_does_not_stop_the_intake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        await running.until(lambda: len(running.trace.connections) == 1)
        # Each time that the disk is full has its own count.
        for times, lost in ((1, 5000), (2, 5007)):
            with monkeypatch.context() as patch:
                patch.setattr(os, "write", refuse)
                for _ in range(lost - running.monitor.ledger.lost):
                    await client.send(read_message())
                await running.until(lambda lost=lost: running.monitor.ledger.lost == lost)  # type: ignore[misc]
            await running.until(lambda times=times: len(marks(running.trace)) == times)  # type: ignore[misc]
            await client.send(read_message(fd=77))
            await running.until(lambda times=times: running.trace.connections.messages == times)  # type: ignore[misc]
        assert marks(running.trace) == [("lost", 5000), ("lost", 7)]
        # Told once, for the disk was full again before long.
        (fault,) = [event for event in running.said() if event["kind"] == "fault"]
        assert "No space left" in fault["text"]
        assert running.monitor.ledger.losses.messages == 5007
        client.close()

    run(tmp_path, check)


def test_an_end_that_cannot_be_written_is_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(running: Running) -> None:
        trace = running.trace
        first = await connect(running.path, build_handshake())
        await running.until(lambda: len(trace.connections) == 1)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", refuse)
            first.close()
            second = await connect(running.path, build_handshake())
            await running.until(lambda: running.monitor.ledger.owed == 2)
            told = [each["connected"] for each in running.said() if "connected" in each]
            assert (told[-1], max(told)) in ((1, 1), (1, 2)), "in whatever order they were met"
        await running.until(lambda: len(trace.connections) == 2)
        assert [each.connected for each in trace.connections.values()] == [False, True]
        second.close()

    run(tmp_path, check)


def test_the_stop_of_the_monitor_closes_its_connections(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        await client.send(read_message())
        await running.until(lambda: running.trace.connections.messages == 1)
        running.ours.send(msgpack.packb({"kind": "stop"}))
        assert await client.recv(10) == b""
        await running.until(lambda: not running.trace.connections[1].connected)
        assert running.trace.connections[1].close_reason == "the monitor stopped"
        client.close()

    run(tmp_path, check)


def test_nothing_can_be_sent_behind_the_last_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[bool] = []

    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        await running.until(lambda: len(running.trace.connections) == 1)
        take = running.monitor._intake.take_turn

        def last_turn(connection: socket.socket) -> Turn:
            turn = take(connection)
            try:
                os.write(client.fileno(), read_message())
            except BrokenPipeError:
                refused.append(True)
            return turn

        monkeypatch.setattr(running.monitor._intake, "take_turn", last_turn)
        running.ours.send(msgpack.packb({"kind": "stop"}))
        await running.until(lambda: not running.trace.connections[1].connected)
        client.close()

    run(tmp_path, check)
    assert refused == [True]


def test_the_end_under_load_is_bounded_and_what_was_not_taken_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gvtui.monitor.server.LAST_SECONDS", 0.0)
    sent = read_message()
    kept: list[Running] = []

    async def check(running: Running) -> None:
        kept.append(running)
        client = await connect(running.path, build_handshake())
        await running.until(lambda: len(running.trace.connections) == 1)
        # It lies there, and nobody takes it before the end.
        monkeypatch.setattr(running.monitor._intake, "take_turn", lambda _: Turn())
        await client.send(sent)
        running.ours.send(msgpack.packb({"kind": "stop"}))
        await running.until(lambda: not running.trace.connections[1].connected)
        client.close()

    run(tmp_path, check)
    words = kept[0].monitor.ledger.losses.words()
    assert words.startswith(
        f"{len(sent)} bytes were not taken that sandboxes had sent before the end"
    )


def test_a_connection_goes_on_without_a_handshake(tmp_path: Path) -> None:
    """It is greeted no more, its drops count from what it had told, and its end ends its keeping."""
    sandbox, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    channel, manager = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    told = {"peer_pid": 7, "peer_start": 5, STORED_AS: "n", "dropped_before": 4, "drops_before": 0}
    mark = BinaryMark("/runsc", "1", is_exec_exit_last=False).details()
    one = GoingOn(theirs.detach(), "n", 5_000, told, [(6_000, mark)])
    unknown, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sandbox.send(read_message(dropped=6))

    async def check(running: Running) -> None:
        await running.until(lambda: running.trace.connections.messages == 1)
        assert [len(running.trace.connections), running.monitor.admission.connections] == [2, 2]
        sandbox.close()
        await running.until(lambda: not running.trace.connections[1].connected)
        other.close()
        await running.until(lambda: not running.trace.connections[2].connected)

    before = WentBefore([one, GoingOn(unknown.detach(), "m")], text="2 go on")
    with channel, manager:
        run(tmp_path, check, storing=Storing(channel), before=before)
        assert [manager.recv(100) for _ in range(3)] == [b"gvtui-listener", b"n", b"m"]
    trace = Trace.open(tmp_path / "t.gvtrace")
    known, unknown_one = trace.connections.values()
    assert (known.opened_ns, known.peer_pid, known.dropped) == (5_000, 7, 2)
    assert unknown_one.peer_pid == os.getpid()
    rows = trace.rows(0, trace.end_row)["kind"].tolist()
    assert rows[:4] == [Kind.MARK, Kind.OPENED, Kind.MARK, Kind.OPENED]
    assert trace.details(0)["text"] == "2 go on"
    trace.close()


def test_what_waits_for_the_next_monitor_is_not_lost(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        running = Running(tmp_path, {}, storing=Storing(ours))
        running.monitor._untaken_bytes = 5
        mark = running.monitor._untaken()
        assert isinstance(mark, NoteMark)
        assert "5 bytes" in mark.text
        running.close()
