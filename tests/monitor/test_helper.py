from __future__ import annotations

import errno
import gc
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gvtui.monitor.helper import Helper
from tests.monitor.sandbox import wait_until

MOST = 1 << 16


@pytest.fixture
def start() -> Iterator[Callable[[Callable[[socket.socket], None]], tuple[Helper, socket.socket]]]:
    """Starts helpers, and ends them."""
    made: list[tuple[Helper, socket.socket]] = []

    def start(serve: Callable[[socket.socket], None]) -> tuple[Helper, socket.socket]:
        made.append(Helper.connected(serve))
        return made[-1]

    yield start
    for helper, channel in made:
        channel.close()
        helper.end()


Start = Callable[[Callable[[socket.socket], None]], tuple[Helper, socket.socket]]


def received(channel: socket.socket) -> bytes:
    assert select.select([channel], [], [], 60)[0]
    return channel.recv(MOST)


def echo(channel: socket.socket) -> None:
    while data := channel.recv(MOST):
        channel.send(data)


def test_both_have_a_channel_and_the_helper_ends_when_it_is_closed(start: Start) -> None:
    helper, channel = start(echo)
    channel.send(b"a")
    assert received(channel) == b"a"
    assert helper.ending == ""
    channel.close()
    assert wait_until(lambda: helper.ending == "has ended with code 0")
    # Whoever has its number now is left alone.
    helper.end()


def test_it_ignores_what_ends_the_receiving_process(start: Start) -> None:
    helper, channel = start(echo)
    channel.send(b"a")
    received(channel)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(helper.pid, number)
    channel.send(b"b")
    assert received(channel) == b"b"


def test_of_all_that_is_open_it_has_its_own_descriptor_and_the_streams(
    start: Start, tmp_path: Path
) -> None:
    def tell(channel: socket.socket) -> None:
        fds = [fd for fd in range(1024) if Path(f"/proc/self/fd/{fd}").is_symlink()]
        collected = gc.isenabled() and gc.get_freeze_count() > 0
        channel.send(repr((fds, channel.fileno(), collected)).encode())

    with (tmp_path / "low").open("wb") as low:
        many = [os.dup(low.fileno()) for _ in range(20)]
        for fd in many[:10]:
            os.close(fd)
        gc.disable()
        try:
            _, channel = start(tell)
        finally:
            gc.enable()
        fds, own, collected = eval(received(channel))
        for fd in many[10:]:
            os.close(fd)
    assert own > 2
    assert fds == [0, 1, 2, own]
    assert collected


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (lambda _: os.kill(os.getpid(), signal.SIGKILL), "was killed by SIGKILL"),
        (lambda _: os.kill(os.getpid(), signal.SIGRTMIN + 3), "was killed by signal 37"),
        (lambda _: os._exit(7), "has ended with code 7"),
        (lambda _: None, "has ended with code 0"),
    ],
)
def test_how_it_has_ended_is_told_in_words(
    start: Start, how: Callable[[socket.socket], None], words: str
) -> None:
    helper, _ = start(how)
    assert wait_until(lambda: helper.ending == words), helper.ending


def test_a_fault_is_told_on_standard_error(
    start: Start, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def fail(_: socket.socket) -> None:
        # The one of the tests is another descriptor.
        sys.stderr = os.fdopen(2, "w", closefd=False)
        raise ZeroDivisionError("of its own")

    helper, _ = start(fail)
    assert wait_until(lambda: helper.ending == "has ended with code 1")
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_one_that_goes_on_is_killed_after_its_time(start: Start) -> None:
    def go_on(channel: socket.socket) -> None:
        channel.send(b"a")
        while True:
            signal.pause()

    helper, channel = start(go_on)
    received(channel)
    helper.end(0.05)
    assert helper.ending == "was killed by SIGKILL"


def test_where_the_ends_of_others_are_ignored_it_is_known_that_it_has_ended(start: Start) -> None:
    helper, channel = start(echo)
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        channel.close()
        assert wait_until(lambda: helper.ending == "has ended")
        helper.end(1.0)
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_where_none_can_be_started_nothing_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", refuse)
    before = os.listdir("/proc/self/fd")
    with pytest.raises(BlockingIOError):
        Helper.connected(echo)
    assert len(os.listdir("/proc/self/fd")) == len(before)
