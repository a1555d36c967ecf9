"""Recordings as sandboxes give them: opens, reads, writes, sockets, failures, short programs.

`python -m tests.benchmarks.mixed FILE ROWS [KIND]` writes one; the kinds are in `KINDS`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gvtui.points.syscalls import sysnos_by_name
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from gvtui.wire.pb import container_pb2, sentry_pb2, syscall_pb2

START_NS = 1_795_455_436_533_277_469
CONTAINER = "runsc-668231"
BATCH = 500
WORKERS = 24
FILES = 4_000
NUMBERS = sysnos_by_name("x86_64")

KINDS = ("mixed", "moves", "opens", "raw")
"""Everything; reads and writes alone; opens and closes alone; raw calls alone."""

_IPV4 = b"\x02\x00\x01\xbb\x0a\x00\x00"


class Maker:
    """Makes the messages of one sandbox, each with its time."""

    def __init__(self) -> None:
        self.out: list[bytes] = []
        self._now = START_NS

    def take(self) -> list[bytes]:
        """The messages made since the last call."""
        made, self.out = self.out, []
        return made

    def send(self, number: int, message: Any, pid: int, name: str) -> None:
        """One message of a process."""
        self._now += 2_000
        context = message.context_data
        context.time_ns = self._now
        context.thread_id = context.thread_group_id = pid
        context.thread_group_start_time_ns = START_NS + pid
        context.container_id, context.process_name, context.cwd = CONTAINER, name, f"/srv/{name}"
        self.out.append(build_message(number, message.SerializeToString()))

    def call(
        self, number: int, kind: Any, name: str, pid: int, result: int = 0, **fields: Any
    ) -> None:
        """Enter and exit of a call; a result below 0 is an error."""
        program = f"worker-{pid % WORKERS}"
        self.send(number, kind(sysno=NUMBERS[name], **fields), pid, program)
        message = kind(sysno=NUMBERS[name], **fields)
        message.exit.SetInParent()
        if result < 0:
            message.exit.errorno = -result
        else:
            message.exit.result = result
        self.send(number, message, pid, program)

    def opened(self, pid: int, fd: int, file: int, flags: int = 0) -> None:
        """An open of one of many files, by its name in the working folder or by its whole path."""
        path = f"part{file % 97}/f{file}.so"
        path = path if file % 2 else f"/usr/lib/{path}"
        self.call(7, syscall_pb2.Open, "openat", pid, fd, fd=-100, pathname=path, flags=flags)

    def closed(self, pid: int, fd: int) -> None:
        """The close of a descriptor."""
        self.call(8, syscall_pb2.Close, "close", pid, 0, fd=fd)

    def moved(self, pid: int, fd: int, *, is_read: bool) -> None:
        """A read or a write."""
        if is_read:
            self.call(9, syscall_pb2.Read, "read", pid, 4096, fd=fd, count=4096)
        else:
            self.call(34, syscall_pb2.Write, "write", pid, 512, fd=fd, count=512)

    def raw(self, pid: int, name: str, *arguments: int, result: int = 0) -> None:
        """A call of which only the raw point is on."""
        given = {f"arg{place}": value for place, value in enumerate(arguments, 1)}
        self.call(6, syscall_pb2.Syscall, name, pid, result, **given)

    def worked(self, pid: int, number: int) -> None:
        """What a worker does with one file and, now and then, with one host."""
        self.opened(pid, 5, number % FILES, 0o101 if number % 4 == 0 else 0)
        for turn in range(6):
            self.moved(pid, 5, is_read=turn % 3 > 0)
        self.raw(pid, "fstat", 5, 1 << 40)
        self.closed(pid, 5)
        self.raw(pid, "futex", 1 << 40, 128)
        if number % 3 == 0:
            absent = f"/etc/absent{number % 50}"
            self.call(7, syscall_pb2.Open, "openat", pid, -2, fd=-100, pathname=absent)
        if number % 8 == 0:
            self.call(12, syscall_pb2.Socket, "socket", pid, 6, domain=2, type=1)
            address = _IPV4 + bytes([number % 40 + 1]) + bytes(8)
            self.call(10, syscall_pb2.Connect, "connect", pid, 0, fd=6, address=address)
            self.raw(pid, "sendto", 6, 1 << 40, 300, result=300)
            self.closed(pid, 6)

    def ran(self, parent: int, pid: int) -> None:
        """A short program of a process of its own."""
        name = f"worker-{parent % WORKERS}"
        clone = sentry_pb2.CloneInfo(
            created_thread_id=pid,
            created_thread_group_id=pid,
            created_thread_start_time_ns=START_NS + pid,
        )
        self.send(2, clone, parent, name)
        argv = ["tool", f"--job={pid % 100}", "/srv/input"]
        self.send(3, sentry_pb2.ExecveInfo(binary_path="/usr/bin/tool", argv=argv), pid, "tool")
        self.opened(pid, 3, pid % 50)
        self.moved(pid, 3, is_read=True)
        self.send(5, sentry_pb2.TaskExit(exit_status=0), pid, "tool")

    def began(self) -> None:
        """The container's first program, and the workers that it creates."""
        start = container_pb2.Start(id=CONTAINER, cwd="/srv", args=["init", "--all"])
        self.send(1, start, 1, "init")
        for pid in range(2, WORKERS + 2):
            clone = sentry_pb2.CloneInfo(
                created_thread_id=pid,
                created_thread_group_id=pid,
                created_thread_start_time_ns=START_NS + pid,
            )
            self.send(2, clone, 1, "init")


def messages(kind: str) -> Iterator[list[bytes]]:
    """Messages without end, some at a time."""
    maker = Maker()
    maker.began()
    for pid in range(2, WORKERS + 2):
        maker.opened(pid, 4, pid)
    yield maker.take()
    for number in range(1 << 62):
        pid = number % WORKERS + 2
        if kind == "moves":
            maker.moved(pid, 4, is_read=number % 2 > 0)
        elif kind == "opens":
            maker.opened(pid, 5, number % FILES)
            maker.closed(pid, 5)
        elif kind == "raw":
            maker.raw(pid, "fstat", 4, 1 << 40)
            maker.raw(pid, "pread64", 4, 1 << 40, 100, result=100)
        else:
            maker.worked(pid, number)
            if number % 20 == 0:
                maker.ran(pid, 1000 + number // 20)
        yield maker.take()


def write_mixed(path: Path, rows: int, kind: str = "mixed") -> None:
    """A recording with about so many messages, received 6 microseconds apart."""
    writer = TraceWriter(path)
    writer.opened(1, START_NS, {"peer_pid": 1, "command": ["runsc"]})
    source, waiting, written = messages(kind), list[bytes](), 0
    while written < rows:
        while len(waiting) < BATCH:
            waiting += next(source)
        writer.received(1, START_NS + written * 6_000, waiting[:BATCH])
        del waiting[:BATCH]
        written += BATCH
    writer.close()


if __name__ == "__main__":
    write_mixed(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
