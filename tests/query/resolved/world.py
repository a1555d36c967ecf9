"""A made-up sandbox whose calls are resolved."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.analysis import Analysis
from gvtui.trace.reader import Trace
from gvtui.wire.pb import sentry_pb2, syscall_pb2
from tests.query.processes.box import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.query.resolved.lookup import Resolved

NUMBERS = sysnos_by_name("x86_64")


class World(Box):
    """Sends the exits of calls that succeeded."""

    def call(
        self,
        number: int,
        message_class: type[Any],
        name: str,
        result: int = 0,
        pid: int = 1,
        **fields: Any,
    ) -> None:
        """A decoded exit; `cwd` and `errno` may be among the fields."""
        context = {"cwd": fields.pop("cwd")} if "cwd" in fields else {}
        errno = fields.pop("errno", 0)
        message = message_class(
            context_data=self.context(pid, **context), sysno=NUMBERS[name], **fields
        )
        message.exit.SetInParent()
        message.exit.result, message.exit.errorno = result, errno
        self.send(number, message)

    def open(self, fd: int, path: str, flags: int = 0, at: int = -100, **fields: Any) -> None:
        self.call(7, syscall_pb2.Open, "openat", fd, pathname=path, flags=flags, fd=at, **fields)

    def close(self, fd: int, **fields: Any) -> None:
        self.call(8, syscall_pb2.Close, "close", fd=fd, **fields)

    def raw(self, name: str, *arguments: int, result: int = 0, **fields: Any) -> None:
        args = {f"arg{place}": value for place, value in enumerate(arguments, 1)}
        self.call(6, syscall_pb2.Syscall, name, result, **args, **fields)

    def fork(self, pid: int, child: int, flags: int = 0) -> None:
        self.send(
            2,
            sentry_pb2.CloneInfo(
                context_data=self.context(pid),
                created_thread_id=child,
                created_thread_group_id=child,
                created_thread_start_time_ns=child,
                flags=flags,
            ),
        )

    @contextmanager
    def resolved(self, step: int = 1 << 18) -> Iterator[Resolved]:
        self.writer.close()
        trace = Trace.open(self.path)
        analysis = Analysis(trace)
        found = analysis.resolved
        while analysis.context.advance(step):
            pass
        yield found
        trace.close()


def table(found: Resolved, pid: int = 1) -> dict[int, str]:
    """What a process has open: the name of each descriptor."""
    [process] = [p for p in found.processes if p.pid == pid and not p.has_ended]
    return {fd: d.name or d.kind.word for fd, d in found.descriptors(process.number)}
