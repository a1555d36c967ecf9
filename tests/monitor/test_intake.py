from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from gvtui.monitor.intake import Intake, Received, Truncated, Turn, send_reply

Pair = tuple[socket.socket, socket.socket]

BATCH = 8


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    theirs.settimeout(10)
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def intake() -> Intake:
    return Intake(BATCH, 1000)


def datagrams(*turns: Turn) -> list[bytes]:
    parts = [part for turn in turns for part in turn.parts]
    return [data for part in parts if isinstance(part, Received) for data in part.datagrams]


def test_what_lies_ready_is_taken_in_order(pair: Pair, intake: Intake) -> None:
    ours, theirs = pair
    sent = [bytes([n]) * (n + 1) for n in range(12)]
    for datagram in sent:
        theirs.send(datagram)
    turn = intake.take_turn(ours)
    assert datagrams(turn) == sent
    times = [part.recv_ns for part in turn.parts]
    assert times == sorted(times)
    assert (turn.messages, turn.is_full, turn.ended) == (12, False, "")
    assert intake.take_turn(ours).parts == []


@pytest.mark.parametrize("limit", [1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH])
def test_a_turn_is_bounded(pair: Pair, limit: int) -> None:
    ours, theirs = pair
    for number in range(limit + 5):
        theirs.send(bytes([number]))
    intake = Intake(BATCH, 1000, limit)
    first, second = intake.take_turn(ours), intake.take_turn(ours)
    assert (first.messages, first.is_full) == (limit, True)
    assert (second.messages, second.is_full) == (min(5, limit), limit <= 5)
    assert datagrams(first, second) == [bytes([number]) for number in range(limit + min(5, limit))]


@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_message_over_the_limit_is_told_in_its_place(
    pair: Pair, intake: Intake, place: int
) -> None:
    ours, theirs = pair
    huge = os.urandom(1500)
    sent = [bytes([n]) for n in range(8)]
    sent[place] = huge
    for datagram in sent:
        theirs.send(datagram)
    turn = intake.take_turn(ours)
    came: list[bytes] = []
    for part in turn.parts:
        if isinstance(part, Truncated):
            assert (part.beginning, part.real_size) == (huge[:1000], 1500)
        came += [huge] if isinstance(part, Truncated) else part.datagrams
    assert came == sent
    assert turn.messages == 8


@pytest.mark.parametrize("size", [511, 512, 513, 999, 1000])
def test_long_messages_are_whole(pair: Pair, intake: Intake, size: int) -> None:
    ours, theirs = pair
    sent = [b"short", os.urandom(size), b"", os.urandom(size), b"end"]
    for _ in range(2):
        for datagram in sent:
            theirs.send(datagram)
        turn = intake.take_turn(ours)
        assert datagrams(turn) == sent
        assert len(turn.parts) == 1


@pytest.mark.parametrize("count", [0, 1, BATCH - 1, BATCH, BATCH + 1])
def test_what_was_sent_before_the_end_is_taken(pair: Pair, intake: Intake, count: int) -> None:
    ours, theirs = pair
    for _ in range(count):
        theirs.send(b"last words")
    theirs.close()
    turn = intake.take_turn(ours)
    assert datagrams(turn) == [b"last words"] * count
    assert turn.ended == "closed by the sandbox"


def test_an_empty_message_is_not_the_end(pair: Pair, intake: Intake) -> None:
    ours, theirs = pair
    sent = [b"a", b"", b"b", b""]
    for datagram in sent:
        theirs.send(datagram)
    turn = intake.take_turn(ours)
    assert datagrams(turn) == sent
    assert turn.ended == ""
    for _ in range(BATCH):
        theirs.send(b"")
    turn = intake.take_turn(ours)
    assert datagrams(turn) == [b""] * BATCH
    assert turn.ended == ""


def test_a_reset_does_not_hide_what_lies_ready(pair: Pair, intake: Intake) -> None:
    ours, theirs = pair
    ours.send(b"an answer that is never read")
    theirs.send(b"still here")
    theirs.close()
    turn = intake.take_turn(ours)
    assert datagrams(turn) == [b"still here"]
    assert turn.ended == "closed by the sandbox"


def test_a_broken_descriptor_ends_the_connection(intake: Intake) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as unconnected:
        turn = intake.take_turn(unconnected)
    assert turn.ended.startswith("broken: ")


def test_a_reply_to_nobody_is_told(pair: Pair) -> None:
    ours, theirs = pair
    assert send_reply(ours, b"hello")
    theirs.close()
    assert not send_reply(ours, b"hello")
