"""The porter: a separate process that inspects peers, so that the receiving process need not.

Reading another process's command line and descriptors needs rights almost like root's. The porter
has them, and reads nothing that a sandbox sends. It also removes the socket at the end, even if the
receiving process was killed. A peer can block an inspection with memory that never arrives, so
several threads inspect, and the receiving process waits only for a limited time. Many that connect
at once, as when a host starts, wait for their turn as long as inspections go on.
"""

from __future__ import annotations

import contextlib
import itertools
import resource
import select
import socket
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

import msgpack
import trio

from gvtui.monitor.helper import Helper
from gvtui.monitor.peer import credentials, may_have_room, peer_details
from gvtui.monitor.priority import become_realtime
from gvtui.monitor.rights import confine_porter, deny_porter
from gvtui.monitor.sendbuffer import enlarge_send_buffer

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.monitor.listener import Listener

LOOK_SECONDS = 2.0
"""How many seconds the inspection of a peer may take; then the connection goes on without it."""

MOST_LOOKS = 8
"""How many peers are inspected at the same time; others wait for their turn."""

MOST_WAITING = 512
"""How many others, less where there are few descriptors; of more, only the socket's data are
read."""

PATIENCE_SECONDS = 0.25
"""How long they wait while no inspection begins, before only the socket's data are read: an
inspection takes a millisecond, so all of them are stuck."""

_TICK_MS = 50

_END_SECONDS = 2.0
_MAX_ANSWER = 1 << 20
_MAX_QUESTION = 64


def look(connection: socket.socket, send_buffer: int) -> dict[str, Any]:
    """Inspect the peer of a connection; see `peer_details`.

    Args:
        connection: a connection that was just accepted.
        send_buffer: the wanted send buffer of a `runsc` in bytes; 0 leaves it unchanged.

    Returns:
        The details; with `send_buffer`, its size in bytes, if it was to be enlarged; 0 if that
        failed.
    """
    details = peer_details(connection)
    if send_buffer and may_have_room(details):
        details["send_buffer"] = enlarge_send_buffer(connection, details["peer_pid"], send_buffer)
    return details


class Porter:
    """The receiving process's end of the porter. Owns the process until `end`."""

    def __init__(self, helper: Helper, channel: socket.socket) -> None:
        self._helper = helper
        self._channel = channel
        self._numbers = itertools.count(1)
        self._waiting: dict[int, trio.Event] = {}
        self._answers: dict[int, dict[str, Any]] = {}
        self._is_gone = False

    @classmethod
    def start(cls, listener: Listener, *, realtime: bool) -> Porter:
        """Fork the porter; this process must not have threads yet.

        Raises:
            OSError: no further process can be started.
        """
        return cls(*Helper.connected(lambda theirs: _serve(theirs, listener, realtime=realtime)))

    async def listen(self) -> None:
        """Receive answers until the porter ends."""
        while not self._is_gone:
            await trio.lowlevel.wait_readable(self._channel.fileno())
            try:
                data = self._channel.recv(_MAX_ANSWER)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data:
                self._is_gone = True
                for waiting in self._waiting.values():
                    waiting.set()
                return
            number, details = msgpack.unpackb(data)
            if number in self._waiting:
                self._answers[number] = details
                self._waiting[number].set()

    async def look(self, connection: socket.socket, send_buffer: int) -> dict[str, Any]:
        """As the function `look`; only the socket's data if the porter does not answer."""
        number = next(self._numbers)
        question = msgpack.packb((number, send_buffer))
        event = self._waiting[number] = trio.Event()
        try:
            with contextlib.suppress(OSError), trio.move_on_after(LOOK_SECONDS):
                if not self._is_gone:
                    socket.send_fds(self._channel, [question], [connection.fileno()])
                    await event.wait()
            return self._answers.pop(number, None) or credentials(connection)
        finally:
            del self._waiting[number]
            self._answers.pop(number, None)

    def end(self) -> None:
        """End the porter, and wait until it has removed the socket."""
        self._channel.close()
        self._helper.end(_END_SECONDS)


class _Question(NamedTuple):
    number: int
    connection: socket.socket
    send_buffer: int


class _Desk:
    """Questions that wait for a thread that inspects."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._waiting: deque[_Question] = deque()
        self._news = threading.Condition()
        self._clock = clock
        self._moved_at = 0.0

    @property
    def is_waited_at(self) -> bool:
        """Whether any question waits."""
        return bool(self._waiting)

    def put(self, question: _Question) -> None:
        """Take in a question."""
        with self._news:
            if not self._waiting:
                self._moved_at = self._clock()
            self._waiting.append(question)
            self._news.notify()

    def take(self) -> _Question:
        """The question that has waited longest; waits for one."""
        with self._news:
            while not self._waiting:
                self._news.wait()
            self._moved_at = self._clock()
            return self._waiting.popleft()

    def give_up(self) -> list[_Question]:
        """Questions that nobody can be expected to take; they do not wait any more."""
        given_up = []
        with self._news:
            is_stuck = self._clock() - self._moved_at > PATIENCE_SECONDS
            while self._waiting and (is_stuck or len(self._waiting) > self._most):
                given_up.append(self._waiting.popleft())
        return given_up


def _serve(channel: socket.socket, listener: Listener, *, realtime: bool) -> None:
    """Answer questions until the receiving process closes its end."""
    deny_porter()
    desk = _Desk(min(MOST_WAITING, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))

    def work() -> None:
        # Each thread has its own priority and rights.
        _settle(realtime=realtime)
        while True:
            number, connection, send_buffer = desk.take()
            with connection:
                _answer(channel, number, look(connection, send_buffer))

    for _ in range(MOST_LOOKS):
        threading.Thread(target=work, daemon=True).start()
    _settle(realtime=realtime)
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    while True:
        has_news = poll.poll(_TICK_MS if desk.is_waited_at else None)
        for question in desk.give_up():
            with question.connection:
                _answer(channel, question.number, credentials(question.connection))
        if not has_news:
            continue
        data, fds, _, _ = socket.recv_fds(channel, _MAX_QUESTION, 1)
        if not data:
            break
        if not fds:
            continue
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, fileno=fds[0])
        number, send_buffer = msgpack.unpackb(data)
        desk.put(_Question(number, connection, send_buffer))
    listener.remove_socket()


def _settle(*, realtime: bool) -> None:
    if realtime:
        become_realtime()
    confine_porter()


def _answer(channel: socket.socket, number: int, details: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        channel.send(msgpack.packb((number, details)))
