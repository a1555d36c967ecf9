from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gvtui.monitor import sendbuffer
from gvtui.monitor.peer import peer_details
from gvtui.monitor.sendbuffer import enlarge_send_buffer, may_enlarge

WANTED = 4 << 20

CLIENT = """
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
client.connect(sys.argv[1])
client.recv(1)
print(client.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF), flush=True)
"""


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(str(tmp_path / "s.sock"))
        listening.listen()
        yield listening


@pytest.fixture
def is_own_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The peer is the process of the tests, which may have more open than any `runsc`."""
    monkeypatch.setattr(sendbuffer, "_MAX_DESCRIPTORS", 1 << 20)


own_peer = pytest.mark.usefixtures("is_own_peer")


def room_of(sender: socket.socket) -> int:
    return sender.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def connect(listening: socket.socket) -> tuple[socket.socket, socket.socket]:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.connect(listening.getsockname())
    return client, listening.accept()[0]


def fill(sender: socket.socket) -> int:
    """How many messages of 100 bytes it takes until no more fit."""
    sender.setblocking(False)
    sent = 0
    while True:
        try:
            sender.send(bytes(100))
        except BlockingIOError:
            return sent
        sent += 1


def test_another_processs_buffer_is_enlarged(listening: socket.socket) -> None:
    command = [sys.executable, "-c", CLIENT, listening.getsockname()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        connection, _ = listening.accept()
        with connection:
            room = enlarge_send_buffer(connection, peer_details(connection)["peer_pid"], WANTED)
            connection.send(b".")
            assert process.stdout is not None
            told = int(process.stdout.readline())
    if os.geteuid() == 0:
        assert told == WANTED
    assert room in (0, told)


@own_peer
def test_more_fits_than_before(listening: socket.socket) -> None:
    plain, plain_peer = connect(listening)
    with plain, plain_peer:
        usual = fill(plain)
    client, connection = connect(listening)
    with client, connection:
        room = enlarge_send_buffer(connection, os.getpid(), WANTED)
        assert room == room_of(client)
        assert fill(client) > 1.9 * usual


def test_root_may() -> None:
    with open("/proc/self/status") as status:
        (rights,) = (line.split()[1] for line in status if line.startswith("CapEff"))
    assert may_enlarge() == (
        f"{int(rights, 16):064b}"[-13] + f"{int(rights, 16):064b}"[-20] == "11"
    )


@own_peer
def test_a_buffer_that_is_larger_stays(listening: socket.socket) -> None:
    client, connection = connect(listening)
    with client, connection:
        before = room_of(client)
        assert enlarge_send_buffer(connection, os.getpid(), before // 2) == before
        assert room_of(client) == before


def test_without_the_right_to_force_it_goes_as_far_as_it_may(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.socket.setsockopt

    class Bound(socket.socket):
        def setsockopt(self, level: int, option: int, *value: int) -> None:  # type: ignore[override]
            if option == sendbuffer._SO_SNDBUFFORCE:
                raise PermissionError
            real(self, level, option, *value)

    client, connection = connect(listening)
    with client, connection:
        bound = Bound(fileno=os.dup(client.fileno()))
        with bound:
            assert sendbuffer._set_size(bound, WANTED) == room_of(client)
        assert room_of(client) > 212_992


@own_peer
def test_other_sockets_of_the_peer_are_left_alone(listening: socket.socket, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as elsewhere:
        elsewhere.bind(str(tmp_path / "other.sock"))
        elsewhere.listen()
        other, other_peer = connect(elsewhere)
        client, connection = connect(listening)
        before = room_of(other)
        with other, other_peer, client, connection:
            assert enlarge_send_buffer(connection, os.getpid(), WANTED) > before
            assert room_of(other) == before


@own_peer
def test_other_connections_of_the_peer_to_the_same_socket_are_left_alone(
    listening: socket.socket,
) -> None:
    first, first_peer = connect(listening)
    client, connection = connect(listening)
    last, last_peer = connect(listening)
    before = room_of(first)
    with first, first_peer, last, last_peer, client, connection:
        assert enlarge_send_buffer(connection, os.getpid(), WANTED) == room_of(client) > before
        assert (room_of(first), room_of(last)) == (before, before)


@pytest.mark.parametrize("swapped", ["file", "stream", "like it"])
def test_what_the_peer_puts_in_its_place_is_left_alone_and_given_back(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch, swapped: str
) -> None:
    client, connection = connect(listening)
    like_it, like_it_peer = connect(listening)
    stream, stream_peer = socket.socketpair()
    with (
        client,
        connection,
        like_it,
        like_it_peer,
        stream,
        stream_peer,
        open("/dev/null") as file,
    ):
        numbers = {"file": file.fileno(), "stream": stream.fileno(), "like it": like_it.fileno()}
        number = numbers[swapped]
        before = [room_of(each) for each in (client, like_it, stream)]
        tried: list[int] = []

        def number_of(*_: object) -> int:
            tried.append(number)
            return number

        monkeypatch.setattr(sendbuffer, "_number_of", number_of)
        descriptors = sorted(os.listdir("/proc/self/fd"))
        assert enlarge_send_buffer(connection, os.getpid(), WANTED) == 0
        assert sorted(os.listdir("/proc/self/fd")) == descriptors
        assert [room_of(each) for each in (client, like_it, stream)] == before
        assert len(tried) == sendbuffer._TRIES


def test_a_peer_is_not_searched_further_than_any_runsc_needs(listening: socket.socket) -> None:
    with ExitStack() as stack:
        for _ in range(sendbuffer._MAX_DESCRIPTORS):
            stack.enter_context(open("/dev/null"))
        far, far_connection = map(stack.enter_context, connect(listening))
        before = room_of(far)
        assert enlarge_send_buffer(far_connection, os.getpid(), WANTED) == 0
        assert room_of(far) == before


@own_peer
def test_no_try_leaves_anything_behind(listening: socket.socket) -> None:
    def one() -> None:
        client, connection = connect(listening)
        with client, connection:
            enlarge_send_buffer(connection, os.getpid(), WANTED)

    one()
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(50):
            one()
        assert len(gc.get_objects()) - before < 50
    finally:
        gc.enable()


@own_peer
def test_a_peer_that_cannot_be_reached_is_left_as_it_is(listening: socket.socket) -> None:
    client, connection = connect(listening)
    with client, connection:
        before = room_of(client)
        assert enlarge_send_buffer(connection, 0, WANTED) == 0
        with subprocess.Popen(["true"]) as gone:
            gone.wait()
        assert enlarge_send_buffer(connection, gone.pid, WANTED) == 0
        assert room_of(client) == before
