from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gvtui.trace.shares import MOST_SENT_NOTHING, Shares, sender_of
from gvtui.trace.summary import ConnectionCounts
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message

RUNSC = {"path": "/usr/bin/runsc", "dev": 1, "ino": 2}


def peer(pid: int, *, uid: int = 0, container: str = "", is_trusted: bool = True) -> dict[str, Any]:
    """The details of a peer."""
    named = {"container_id": container, "command": ["runsc", "create", container]}
    return {
        "peer_pid": pid,
        "peer_start": 7,
        "peer_uid": uid,
        "is_trusted": is_trusted,
        "exe": RUNSC,
        **(named if container else {}),
    }


def test_connections_of_one_sandbox_are_one_sender() -> None:
    assert sender_of(1, peer(10, container="web")) == sender_of(2, peer(11, container="web"))
    assert sender_of(1, peer(10, container="web")) != sender_of(2, peer(11, container="db"))
    assert sender_of(1, peer(10)) == sender_of(2, peer(10))
    assert sender_of(1, peer(10)) != sender_of(2, peer(11))


def test_of_another_user_all_processes_are_one_sender() -> None:
    # Whatever they call themselves.
    one = peer(10, uid=1000, container="web", is_trusted=False)
    other = peer(11, uid=1000, container="db", is_trusted=False)
    assert sender_of(1, one) == sender_of(2, other)
    assert sender_of(1, one) != sender_of(3, peer(12, container="web"))


def test_of_whom_nothing_is_known_each_connection_stands_alone() -> None:
    assert sender_of(1, {}) != sender_of(2, {})


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    now = [0]
    monkeypatch.setattr("gvtui.trace.shares.time.monotonic_ns", lambda: now[0])
    return now


def flood(writer: TraceWriter, conns: range, seconds: float = 60) -> int:
    """Messages of several connections in turn, as long as they may; gives how many batches came."""
    batch = [(TIME_NS, read_message())] * 4
    for sent in range(2000):
        conn = conns[sent % len(conns)]
        if writer.pushes_others_out(conn, seconds):
            return sent
        writer.messages(conn, batch)
    return 2000


def test_many_connections_do_not_make_a_share_larger(tmp_path: Path, now: list[int]) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=200_000, segment_bytes=20_000)
    quiet, loud = peer(10, container="web"), peer(11, container="db")
    writer.opened(1, TIME_NS, quiet)
    for conn in range(2, 42):
        writer.opened(conn, TIME_NS, loud)
    writer.message(1, TIME_NS, read_message())
    came = flood(writer, range(2, 42))
    assert came < 2000
    assert writer.dropped_segments == 0
    assert writer.held_bytes(1) > 0
    # None of its connections may go on, and the other one may.
    assert all(writer.pushes_others_out(conn, 60) for conn in range(2, 42))
    assert not writer.pushes_others_out(1, 60)
    assert writer.held_bytes(2) == writer.held_bytes(41) > 50 * writer.held_bytes(1)
    writer.close()


def test_those_that_take_too_much_do_not_protect_each_other(tmp_path: Path, now: list[int]) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    # The one beside them comes late: the oldest segment has nothing of it.
    first = [(TIME_NS, read_message())] * 100
    for conn in (2, 3):
        writer.messages(conn, first)
    for _ in range(3):
        writer.messages(1, first[:1])
        for conn in (2, 3):
            writer.messages(conn, first)
    while not writer.dropped_segments:
        for conn in (2, 3):
            assert not writer.pushes_others_out(conn, 60) or writer.held_bytes(1)
            writer.messages(conn, first)
    writer.close()


def test_who_was_told_apart_is_forgotten_with_its_messages(tmp_path: Path, now: list[int]) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    for conn in range(1, 200):
        writer.opened(conn, TIME_NS, peer(conn))
        writer.closed(conn, TIME_NS, {"reason": "x"})
    flood(writer, range(500, 501))
    assert len(writer._files._shares._senders) == 0
    writer.close()


@pytest.mark.parametrize("keep_bytes", [None, 1 << 24])
def test_of_connections_that_come_and_go_no_more_is_known_than_is_needed(
    tmp_path: Path, keep_bytes: int | None
) -> None:
    """No segment is complete meanwhile, as in a recording none ever is."""
    writer = TraceWriter(tmp_path / "a.gvtrace", keep_bytes=keep_bytes)
    shares = writer._files._shares
    writer.opened(1, TIME_NS, peer(10, container="web"))
    writer.opened(2, TIME_NS, peer(11, container="db"))
    writer.message(2, TIME_NS, read_message())
    writer.closed(2, TIME_NS, {"reason": "x"})
    for conn in range(3, 4 * MOST_SENT_NOTHING):
        writer.opened(conn, TIME_NS, peer(conn))
        writer.closed(conn, TIME_NS, {"reason": "x"})
        assert len(shares._senders) <= MOST_SENT_NOTHING + 3
    # Whose messages are held, or who stands, is known.
    writer.opened(100_000, TIME_NS, peer(12, container="db"))
    assert writer.held_bytes(100_000) == writer.held_bytes(2) > 0
    assert shares._sender(1) == sender_of(1, peer(10, container="web"))
    writer.close()


def test_what_is_compressed_counts_for_what_it_takes() -> None:
    shares = Shares()
    tally = ConnectionCounts()
    tally.of(1).messages, tally.of(1).bytes = 10, 1000
    for _ in range(3):
        shares.complete(tally, still={1})
    each = shares.held_bytes(1, ConnectionCounts()) // 3
    shares.shrunk(-2, 0.5)
    assert shares.held_bytes(1, ConnectionCounts()) == 2 * each + each // 2
    shares.shrunk(0, 0.5)
    shares.shrunk(-9, 0.5)
    assert shares.held_bytes(1, ConnectionCounts()) == 2 * each + each // 2
