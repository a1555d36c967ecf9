from __future__ import annotations

import os
from pathlib import Path

import pytest

from gvtui.limits import AS_THEY_COME, changed
from gvtui.monitor.pace import USUAL_BUFFER_BYTES
from gvtui.trace.marks import RefusedMark, read_mark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.strings import MAX_STRING_BYTES
from gvtui.wire.handshake import build_handshake
from gvtui.wire.header import build_message
from tests.monitor.running import Running, connect, run
from tests.monitor.sandbox import start_client
from tests.trace.factory import read_message

BAD = b"\x01"


def refusals(folder: Path) -> list[RefusedMark]:
    """What the trace notes of limits."""
    trace = Trace.open(folder / "t.gvtrace")
    marks = [
        read_mark(trace.details(row_id))
        for row_id in range(trace.end_row)
        if trace.row(row_id).kind == Kind.MARK
    ]
    trace.close()
    return [mark for mark in marks if isinstance(mark, RefusedMark)]


@pytest.mark.parametrize("beyond", [0, 1])
def test_malformed_messages_end_their_connection_alone(tmp_path: Path, beyond: int) -> None:
    async def check(running: Running) -> None:
        good = await connect(running.path, build_handshake())
        bad = await connect(running.path, build_handshake())
        for _ in range(3 + beyond):
            await bad.send(BAD)
        await running.until(lambda: running.trace.connections.malformed == 3 + beyond)
        if beyond:
            assert await bad.recv(10) == b""
            await running.until(lambda: not running.trace.connections[2].connected)
            reason = running.trace.connections[2].close_reason
            assert reason == "beyond the limit malformed, 3"
        else:
            await bad.send(read_message())
            await running.until(lambda: running.trace.connections.messages == 4)
        await good.send(read_message())
        await running.until(lambda: running.trace.connections[1].messages == 1)
        good.close()
        bad.close()

    run(tmp_path, check, limits=changed(AS_THEY_COME, {"malformed": 3}))
    found = [(mark.limit, mark.count, mark.text) for mark in refusals(tmp_path)]
    text = "ended connection 2: beyond the limit malformed, 3"
    assert found == [("malformed", 1, text)] * beyond


def test_a_message_is_cut_beyond_its_size_and_told(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        for size in (4096, 4097):
            await client.send(build_message(9, b"").ljust(size, b"\0"))
        await running.until(lambda: running.trace.connections.messages == 2)
        assert running.trace.connections.truncated == 1
        rows = running.trace.rows(0, 99)
        assert rows["length"][rows["kind"] == Kind.MESSAGE].tolist() == [4096, 4096]
        client.close()

    run(tmp_path, check, limits=changed(AS_THEY_COME, {"message-size": 4096}))
    (mark,) = refusals(tmp_path)
    assert mark.text == (
        "cut a message of 4,097 bytes of connection 1: beyond the limit message-size, 4KiB"
    )


@pytest.mark.parametrize(("claimed", "is_counted"), [(2000, True), (2_000_000_000, False)])
def test_drops_that_cannot_be_are_told_and_not_counted(
    tmp_path: Path, claimed: int, *, is_counted: bool
) -> None:
    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        await client.send(read_message(dropped=claimed))
        await client.send(read_message(dropped=claimed + 5))
        await running.until(lambda: running.trace.connections.messages == 2)
        assert running.trace.connections.dropped == (claimed if is_counted else 0) + 5
        client.close()

    run(tmp_path, check)
    texts = [mark.text for mark in refusals(tmp_path)]
    text = (
        f"did not count {claimed:,} drops that connection 1 claims: beyond the limit drops-a-second, "
        "20,000,000 a second"
    )
    assert texts == ([] if is_counted else [text])


def test_the_connections_of_a_sandbox_share_its_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All come from one process here: the first two are to be one sandbox, the third another.
    monkeypatch.setattr("gvtui.trace.shares.sender_of", lambda conn, _: conn == 3)

    async def check(running: Running) -> None:
        clients = [await connect(running.path, build_handshake()) for _ in range(3)]
        trace = running.trace

        def come() -> int:
            return trace.connections.messages + running.monitor.left_out

        for sent in range(100):
            await clients[sent % 2].send(read_message(fd=sent))
            await running.until(lambda most=sent: come() > most)  # type: ignore[misc]
        written = trace.connections.messages
        assert 5 < written < 20
        left_out = running.monitor.left_out
        assert left_out == 100 - written
        # All adds up.
        reception = running.monitor.ledger.reception
        assert (reception.received, reception.refused) == (100, {"disk-per-sandbox": left_out})
        await clients[2].send(read_message())
        await running.until(lambda: trace.connections[3].messages == 1)
        assert trace.connections.messages == written + 1
        for client in clients:
            client.close()

    run(tmp_path, check, limits=changed(AS_THEY_COME, {"disk-per-sandbox": 2000}))
    first, rest = refusals(tmp_path)
    assert "left out 1 message of connection " in first.text
    assert first.text.endswith(": beyond the limit disk-per-sandbox, 2000")
    assert all(f" of connection {conn}" in rest.text for conn in (1, 2))
    assert first.count + rest.count > 80


@pytest.mark.parametrize("most", [2, 1, 0])
def test_send_buffers_stay_as_they_come_beyond_their_number(tmp_path: Path, most: int) -> None:
    wanted = 2 * USUAL_BUFFER_BYTES

    async def check(running: Running) -> None:
        known = running.trace.connections
        with start_client(running.path, "run", "a"):
            await running.until(lambda: len(known) == 1)
            with start_client(running.path, "run", "b"), start_client(running.path, "list"):
                await running.until(lambda: len(known) == 3)
        sizes = [each.details.get("send_buffer", 0) for each in known.values()]
        assert sorted(sizes) == [0] * (3 - most) + [wanted] * most
        # Those that have gone make room again.
        await running.until(lambda: not any(each.connected for each in known.values()))
        with start_client(running.path, "run", "c"):
            await running.until(lambda: len(known) == 4)
            assert known[4].details.get("send_buffer", 0) == wanted * bool(most)

    limits = changed(AS_THEY_COME, {"send-buffers": most})
    run(tmp_path, check, limits=limits, send_buffer_bytes=wanted)
    texts = [mark.text for mark in refusals(tmp_path)]
    # That nobody is to have more is no news.
    assert len(texts) == (most == 1)
    for text in texts:
        assert text.startswith("did not enlarge the send buffer of process ")
        assert text.endswith(f" of user {os.geteuid()}: beyond the limit send-buffers, 1")


@pytest.mark.parametrize("beyond", [0, 1])
def test_texts_that_find_no_room_are_told(tmp_path: Path, beyond: int) -> None:
    longest = "x" * (MAX_STRING_BYTES + beyond)

    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        await client.send(read_message(name=longest))
        await running.until(lambda: running.trace.connections.messages == 1)
        client.close()

    run(tmp_path, check)
    texts = [mark.text for mark in refusals(tmp_path)]
    text = (
        "did not keep 1 text of messages among the strings: too long, beyond the limit strings, "
        "1,048,576, or beyond the limit string-bytes, 128MiB, or beyond one connection's part of them"
    )
    assert texts == [text] * beyond


def test_a_turn_is_as_long_as_the_limit_says(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        for number in range(100):
            await client.send(read_message(fd=number))
        await running.until(lambda: running.trace.connections.messages == 100)
        client.close()

    run(tmp_path, check, limits=changed(AS_THEY_COME, {"messages-a-turn": 16}))
