from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from gvtui.monitor import intake
from gvtui.monitor.intake import TURN_MESSAGES, send_reply, take_turn

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    theirs.settimeout(10)
    with ours, theirs:
        yield ours, theirs


def test_what_lies_ready_is_taken_in_order(pair: Pair) -> None:
    ours, theirs = pair
    datagrams = [bytes([n]) * (n + 1) for n in range(50)]
    for datagram in datagrams:
        theirs.send(datagram)
    turn = take_turn(ours)
    assert [data for _, data in turn.messages] == datagrams
    times = [when for when, _ in turn.messages]
    assert times == sorted(times)
    assert (turn.is_full, turn.ended) == (False, "")
    assert take_turn(ours).messages == []


def test_a_turn_is_bounded(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pair
    monkeypatch.setattr(intake, "TURN_MESSAGES", 10)
    for number in range(25):
        theirs.send(bytes([number]))
    sizes = []
    while (turn := take_turn(ours)).messages:
        sizes.append((len(turn.messages), turn.is_full))
    assert sizes == [(10, True), (10, True), (5, False)]
    assert TURN_MESSAGES < 1000


def test_huge_messages_bound_a_turn_too(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pair
    monkeypatch.setattr(intake, "TURN_BYTES", 1500)
    for _ in range(3):
        theirs.send(bytes(1000))
    turn = take_turn(ours)
    assert (len(turn.messages), turn.is_full) == (2, True)


def test_a_message_over_the_limit_is_told_with_its_real_size(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pair
    monkeypatch.setattr(intake, "MAX_MESSAGE_SIZE", 1000)
    monkeypatch.setattr(intake, "_buffer", memoryview(bytearray(1000)))
    data = os.urandom(1500)
    theirs.send(b"before")
    theirs.send(data)
    theirs.send(b"after")
    turn = take_turn(ours)
    assert [message for _, message in turn.messages] == [b"before"]
    ((_, beginning, real_size),) = turn.truncated
    assert (beginning, real_size) == (data[:1000], 1500)
    assert [message for _, message in take_turn(ours).messages] == [b"after"]


def test_what_was_sent_before_the_end_is_taken(pair: Pair) -> None:
    ours, theirs = pair
    theirs.send(b"last words")
    theirs.close()
    turn = take_turn(ours)
    assert [data for _, data in turn.messages] == [b"last words"]
    assert turn.ended == "closed by the sandbox"


def test_an_empty_message_is_not_the_end(pair: Pair) -> None:
    ours, theirs = pair
    for datagram in (b"a", b"", b"b"):
        theirs.send(datagram)
    turn = take_turn(ours)
    assert [data for _, data in turn.messages] == [b"a", b"", b"b"]
    assert turn.ended == ""


def test_a_reset_does_not_hide_what_lies_ready(pair: Pair) -> None:
    ours, theirs = pair
    ours.send(b"an answer that is never read")
    theirs.send(b"still here")
    theirs.close()
    turns = [take_turn(ours), take_turn(ours)]
    assert [data for turn in turns for _, data in turn.messages] == [b"still here"]
    assert turns[-1].ended == "closed by the sandbox"


def test_a_reply_to_nobody_is_told(pair: Pair) -> None:
    ours, theirs = pair
    assert send_reply(ours, b"hello")
    theirs.close()
    assert not send_reply(ours, b"hello")
