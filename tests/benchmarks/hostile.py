"""Recordings that are dear to read, of any size: what a sandbox may send to slow its watchers down."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from gvtui.wire.pb import common_pb2, container_pb2, sentry_pb2, syscall_pb2

START_NS = 1_795_455_436_533_277_469
_OPEN, _EXECVE, _CLONE, _START, _EXEC, _CONNECT = 7, 11, 2, 1, 3, 10

Messages = Iterator[tuple[int, bytes]]
"""Connections with their messages."""


def _context(number: int, **fields: int | str) -> common_pb2.ContextData:
    about: dict[str, int | str] = {"thread_id": 7, "thread_group_id": 7, "container_id": "c1"}
    return common_pb2.ContextData(time_ns=START_NS + number * 1000, **(about | fields))  # type: ignore[arg-type]


def _opened(context: common_pb2.ContextData, path: str = "/x", result: int | None = None) -> bytes:
    message = syscall_pb2.Open(context_data=context, sysno=257, pathname=path)
    if result is not None:
        message.exit.result = result
    return message.SerializeToString()


def connections(count: int) -> Messages:
    """Each message on a connection of its own."""
    for number in range(count):
        context = _context(number, container_id=f"c{number}")
        yield number + 1, build_message(_OPEN, _opened(context))


def clones(count: int) -> Messages:
    """One process id, started again and again."""
    for number in range(count):
        message = sentry_pb2.CloneInfo(
            context_data=_context(number, thread_group_id=1, thread_id=1),
            created_thread_group_id=77,
            created_thread_id=77,
            created_thread_start_time_ns=START_NS + number,
        )
        yield 1, build_message(_CLONE, message.SerializeToString())


def chain(count: int) -> Messages:
    """Each process starts the next."""
    for number in range(count):
        message = sentry_pb2.CloneInfo(
            context_data=_context(number, thread_group_id=number + 1, thread_id=number + 1),
            created_thread_group_id=number + 2,
            created_thread_id=number + 2,
            created_thread_start_time_ns=START_NS + number,
        )
        yield 1, build_message(_CLONE, message.SerializeToString())


def processes(count: int) -> Messages:
    """Each message of a process of its own, that no container names."""
    for number in range(count):
        context = _context(
            number, thread_group_id=number + 1, thread_id=number + 1, container_id=""
        )
        yield 1, build_message(_OPEN, _opened(context))


def threads(count: int) -> Messages:
    """Each call of a thread of its own, and none returns."""
    for number in range(count):
        yield 1, build_message(_OPEN, _opened(_context(number, thread_id=number + 1)))


def execs(count: int) -> Messages:
    """Programs that begin, and may have failed."""
    for number in range(count):
        message = syscall_pb2.Execve(
            context_data=_context(number), sysno=59, pathname=f"/bin/{number}", argv=["a", "b"]
        )
        if number % 2:
            message.exit.result = 0
            message.exit.SetInParent()
        yield 1, build_message(_EXECVE, message.SerializeToString())


def programs(count: int) -> Messages:
    """Programs, files and digests that do not repeat, each of a process of its own."""
    for number in range(count):
        message = sentry_pb2.ExecveInfo(
            context_data=_context(number, thread_group_id=number + 1, thread_id=number + 1),
            binary_path=f"/bin/{number}",
            argv=[f"{number}", "-c"],
            binary_sha256=number.to_bytes(32, "big"),
        )
        yield 1, build_message(_EXEC, message.SerializeToString())


def hosts(count: int) -> Messages:
    """Connections to hosts that do not repeat."""
    for number in range(count):
        message = syscall_pb2.Connect(
            context_data=_context(number),
            sysno=42,
            fd=number % 1000,
            address=b"\x02\x00\x01\xbb" + number.to_bytes(4, "big") + bytes(8),
        )
        message.exit.SetInParent()
        yield 1, build_message(_CONNECT, message.SerializeToString())


def starts(count: int) -> Messages:
    """Containers that start, with many arguments."""
    for number in range(count // 50):
        message = container_pb2.Start(id=f"c{number % 100}", args=["abcdefgh"] * 2000)
        yield 1, build_message(_START, message.SerializeToString())


def paths(count: int) -> Messages:
    """Paths and names that do not repeat."""
    for number in range(count):
        context = _context(number, process_name=f"p{number}")
        yield 1, build_message(_OPEN, _opened(context, f"/p/{number}/{'x' * 50}", 3))


def drops(count: int) -> Messages:
    """Each message tells of a drop."""
    for number in range(count):
        yield 1, build_message(_OPEN, _opened(_context(number)), number + 1)


def nested(count: int) -> Messages:
    """Unknown fields within each other."""
    inner = b""
    while len(inner) < min(count * 10, 900_000):
        size, length = len(inner), b""
        while size > 127:
            length += bytes([size & 127 | 128])
            size >>= 7
        inner = b"\xa2\x06" + length + bytes([size]) + inner
    yield 1, build_message(_OPEN, _opened(_context(0)) + inner)


def unknown(count: int) -> Messages:
    """A message of very many unknown fields."""
    fields = b"\xa0\x06\x01" * min(count * 3, 300_000)
    yield 1, build_message(_OPEN, _opened(_context(0)) + fields)


def long(count: int) -> Messages:
    """Very long texts."""
    for number in range(10):
        path = "/" + "ab" * min(count * 5, 400_000)
        yield 1, build_message(_OPEN, _opened(_context(number), path, 3))


KINDS: dict[str, Callable[[int], Messages]] = {
    each.__name__: each
    for each in (
        connections, clones, chain, processes, threads, execs, programs, hosts, starts, paths, drops,
        nested, unknown, long,
    )
}  # fmt: skip


def write(path: Path, kind: str, count: int) -> None:
    """A recording of one kind and size; connections are opened and closed."""
    writer = TraceWriter(path)
    current, batch = 0, list[tuple[int, bytes]]()
    now = START_NS
    for conn, message in KINDS[kind](count):
        now += 1000
        if conn != current or len(batch) >= 512:
            if batch:
                writer.messages(current, batch)
            if conn != current:
                if current:
                    writer.closed(current, now, {"reason": "closed by the sandbox"})
                writer.opened(conn, now, {"peer_pid": conn, "command": ["runsc"]})
            current, batch = conn, []
        batch.append((now, message))
    if batch:
        writer.messages(current, batch)
    writer.close()


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
