"""Very many stand-ins for sandboxes, each a process: `python -m tests.load.herd SOCKET PLAN`.

The plan is JSON: kinds (see `KINDS`), each with seconds and how many. What each process has sent is a
line of JSON on standard output, when all have ended; `started` comes before, when all run.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from gvtui.wire.handshake import build_handshake
from gvtui.wire.header import build_message
from gvtui.wire.pb import common_pb2, syscall_pb2

OPEN = 7
CYCLE = 8192
"""After how many messages the numbers that messages carry begin again."""
NOBODY = 65534
RETRIES, BACKOFF_SECONDS, MOST_BACKOFF_SECONDS = 5, 0.0001, 0.005
"""How often, and after what rest, a sandbox tries to send a message before it drops it; see
`gvtui.points.tuning.LOSSLESS`."""
_LOOK_EVERY = 64
"""After how many messages a sandbox that is flat out looks at the clock."""
QUIET_SECONDS = 0.2
"""From one message of a quiet sandbox to its next."""


@dataclass(slots=True)
class Sent:
    """What one process has done."""

    kind: str
    pid: int
    messages: int = 0
    """Messages that the kernel took."""
    dropped: int = 0
    """Messages that found no room, as the last one told."""
    malformed: int = 0
    """Of the messages, those that are none."""
    connections: int = 0
    """Connections that were greeted."""
    refused: int = 0
    """Connections that were closed instead."""
    handshakes: list[float] = field(default_factory=list)
    """Seconds from connecting to the answer, of those greeted."""
    problem: str = ""


def payload(number: int, time_ns: int, name: str, more: str = "") -> bytes:
    """An `open` that returned this number; its path ends with `more`."""
    context = common_pb2.ContextData(
        time_ns=time_ns, thread_id=7, thread_group_id=7, container_id=name, process_name="storm"
    )
    message = syscall_pb2.Open(
        context_data=context, sysno=257, pathname=f"/srv/{name}/{number}{more}"
    )
    message.exit.result = number
    return message.SerializeToString()


def greeted(path: str, sent: Sent) -> socket.socket | None:
    """A connection after its handshake; None if it was refused."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    started = time.perf_counter()
    try:
        client.connect(path)
        client.send(build_handshake())
        if client.recv(100):
            sent.handshakes.append(time.perf_counter() - started)
            sent.connections += 1
            return client
    except (BrokenPipeError, ConnectionResetError):
        # It was closed before it had said who it is.
        pass
    sent.refused += 1
    client.close()
    return None


def flat_out(path: str, seconds: float, sent: Sent, retries: int) -> None:
    """As many messages as there is time for; what finds no room in time is dropped, and told."""
    client = greeted(path, sent)
    if client is None:
        return
    client.setblocking(False)
    name = f"flat-{sent.pid}"
    payloads = [payload(number, time.time_ns(), name) for number in range(CYCLE)]
    header = build_message(OPEN, b"")
    until = time.monotonic() + seconds
    number = 0
    for turn in itertools.count():
        if not turn % _LOOK_EVERY and time.monotonic() >= until:
            break
        data = payloads[number]
        rest = BACKOFF_SECONDS
        for attempt in range(retries + 1):
            try:
                client.sendmsg((header, data))
            except BlockingIOError:
                if attempt == retries:
                    sent.dropped += 1
                    header = build_message(OPEN, b"", sent.dropped)
                    break
                time.sleep(rest)
                rest = min(2 * rest, MOST_BACKOFF_SECONDS)
            else:
                sent.messages += 1
                number = sent.messages % CYCLE
                break
    # One more tells of the last drops.
    client.setblocking(True)
    client.sendmsg((header, payloads[number]))
    sent.messages += 1
    client.close()


def eager(path: str, seconds: float, sent: Sent) -> None:
    """A sandbox flat out that never waits."""
    flat_out(path, seconds, sent, 0)


def patient(path: str, seconds: float, sent: Sent) -> None:
    """A sandbox flat out that tries again before it drops a message."""
    flat_out(path, seconds, sent, RETRIES)


def quiet(path: str, seconds: float, sent: Sent) -> None:
    """A few messages a second, each with the time at which it was sent."""
    client = greeted(path, sent)
    if client is None:
        return
    name = f"quiet-{sent.pid}"
    until = time.monotonic() + seconds
    time.sleep(sent.pid % 100 / 100 * QUIET_SECONDS)
    while time.monotonic() < until:
        number = sent.messages % CYCLE
        client.send(build_message(OPEN, payload(number, time.time_ns(), name)))
        sent.messages += 1
        time.sleep(QUIET_SECONDS)
    client.close()


def late(path: str, seconds: float, sent: Sent) -> None:
    """One that starts when the storm has gone on for a while."""
    time.sleep(seconds / 2)
    quiet(path, seconds / 2, sent)


def slow(path: str, seconds: float, sent: Sent) -> None:
    """A byte a second."""
    _broken(path, seconds, sent, lambda number: b"x")


def halved(path: str, seconds: float, sent: Sent) -> None:
    """Half a message a second, which is none."""

    def half(number: int) -> bytes:
        whole = build_message(OPEN, payload(number, time.time_ns(), "halved"))
        return whole[: len(whole) // 2]

    _broken(path, seconds, sent, half)


def _broken(path: str, seconds: float, sent: Sent, make: Callable[[int], bytes]) -> None:
    client = greeted(path, sent)
    if client is None:
        return
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        client.send(make(sent.messages))
        sent.messages += 1
        time.sleep(1.0)
    sent.malformed = sent.messages
    client.close()


def storming(path: str, seconds: float, sent: Sent) -> None:
    """Connections that come, say one thing, and go, one after the other."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        client = greeted(path, sent)
        if client is None:
            continue
        client.send(build_message(OPEN, payload(0, time.time_ns(), f"storm-{sent.pid}")))
        sent.messages += 1
        client.close()


def strange(path: str, seconds: float, sent: Sent) -> None:
    """A storm of another user's, where this one may become another."""
    with contextlib.suppress(PermissionError):
        os.setresuid(NOBODY, NOBODY, NOBODY)
    storming(path, seconds, sent)


def silent(path: str, seconds: float, sent: Sent) -> None:
    """Connections that say nothing until they are closed, and then come again."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            client.connect(path)
            poll = select.poll()
            poll.register(client, select.POLLRDHUP)
            sent.refused += bool(poll.poll(left * 1000))


KINDS: dict[str, Callable[[str, float, Sent], None]] = {
    each.__name__: each
    for each in (eager, patient, quiet, late, slow, halved, storming, strange, silent)
}


def start(kind: str, path: str, seconds: float) -> tuple[int, int]:
    """Fork a process; gives its id, and the pipe that will have what it has sent."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    sent = Sent(kind, os.getpid())
    try:
        KINDS[kind](path, seconds, sent)
    except Exception:
        sent.problem = traceback.format_exc()
    with os.fdopen(writing, "w") as out:
        json.dump(asdict(sent), out)
    os._exit(0)


def main() -> None:
    """Start all of a plan, and print what each has sent."""
    path, plan = sys.argv[1], json.loads(sys.argv[2])
    running: list[tuple[int, int]] = []
    for kind, seconds, count in plan:
        running += [start(kind, path, seconds) for _ in range(count)]
    print("started", flush=True)
    for pid, reading in running:
        with os.fdopen(reading) as said:
            print(said.read(), flush=True)
        os.waitpid(pid, 0)


def read_sent(line: str) -> Sent:
    """A line of what `main` has printed."""
    values: dict[str, Any] = json.loads(line)
    return Sent(**values)


if __name__ == "__main__":
    main()
