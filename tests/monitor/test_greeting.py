from __future__ import annotations

import socket
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from gvtui.monitor.greeting import greet
from gvtui.wire.handshake import build_handshake, parse_handshake
from tests.monitor.running import Running, connect, run


def greeting(*sent: bytes, close: bool = False) -> tuple[str | None, bytes]:
    """How it goes with a client that sends this, and what the client gets."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        for datagram in sent:
            theirs.send(datagram)
        if close:
            theirs.shutdown(socket.SHUT_WR)
        said = trio.run(greet, ours, 5, clock=MockClock(autojump_threshold=0))
        try:
            return said, theirs.recv(1000)
        except BlockingIOError:
            return said, b""


def test_the_handshake_is_answered() -> None:
    said, answer = greeting(build_handshake())
    assert said is None
    parse_handshake(answer)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ((), "no handshake within 5 s"),
        ((b"\xff\xff\xff\xff",), "no handshake"),
        ((b"\x08\x00",), "version"),
    ],
)
def test_why_a_client_is_refused(sent: tuple[bytes, ...], why: str) -> None:
    said, answer = greeting(*sent)
    assert said is not None
    assert why in said
    assert answer == b""


def test_a_client_that_just_leaves_is_no_fault() -> None:
    assert greeting(close=True) == ("", b"")


def test_a_silent_client_is_closed_in_time_and_holds_up_nobody(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        silent = await connect(running.path)
        with trio.fail_after(4.0):
            good = await connect(running.path, build_handshake())
        assert await silent.recv(10) == b""
        silent.close()
        good.close()
        texts = [event["text"] for event in running.said() if event["kind"] == "log"]
        assert any("no handshake within 5 s" in text for text in texts)

    run(tmp_path, check, MockClock(autojump_threshold=0.2))
