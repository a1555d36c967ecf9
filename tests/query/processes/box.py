"""A sandbox whose messages are made up, for tests of the process tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.query.calls.pairs import Pairs
from gvtui.query.processes.processes import Processes
from gvtui.query.processes.tree import ProcessTree
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from gvtui.wire.pb import common_pb2, container_pb2, sentry_pb2, syscall_pb2

if TYPE_CHECKING:
    from pathlib import Path


def processes_of(trace: Trace, step: int = 1 << 20, **options: Any) -> Processes:
    pairs = Pairs(trace)
    processes = Processes(trace, pairs, **options)
    while pairs.advance(step):
        while processes.advance(step):
            pass
    return processes


def tree_of(trace: Trace, step: int = 1 << 20) -> ProcessTree:
    return processes_of(trace, step).tree


class Box:
    """A sandbox whose messages are made up."""

    def __init__(self, path: Path) -> None:
        self.writer = TraceWriter(path)
        self.path = path
        self.clock = 1_700_000_000_000_000_000
        self.writer.opened(1, self.clock, {})

    def context(self, pid: int, tid: int = 0, **fields: Any) -> common_pb2.ContextData:
        self.clock += 1000
        given: dict[str, Any] = {
            "time_ns": self.clock,
            "thread_id": tid or pid,
            "thread_group_id": pid,
            "thread_group_start_time_ns": pid,
            "container_id": "box",
        }
        return common_pb2.ContextData(**(given | fields))

    def send(self, number: int, message: Any, conn: int = 1) -> None:
        payload = message.SerializeToString()
        self.writer.message(conn, self.clock, build_message(number, payload))

    def start(self, pid: int = 1, *args: str) -> None:
        context = self.context(pid)
        self.send(1, container_pb2.Start(context_data=context, id="box", args=args))

    def clone(self, pid: int, child: int, start_ns: int = 0, **fields: int) -> None:
        given = {
            "created_thread_id": child,
            "created_thread_group_id": child,
            "created_thread_start_time_ns": start_ns or child,
        }
        self.send(2, sentry_pb2.CloneInfo(context_data=self.context(pid), **(given | fields)))

    def read(
        self, context: common_pb2.ContextData, *, errno: int | None = None, conn: int = 1
    ) -> None:
        message = syscall_pb2.Read(context_data=context)
        if errno is not None:
            message.exit.errorno = errno
            message.exit.SetInParent()
        self.send(9, message, conn)

    def execve(self, context: common_pb2.ContextData, *argv: str, errno: int | None = None) -> None:
        message = syscall_pb2.Execve(context_data=context, sysno=59, pathname=argv[0], argv=argv)
        if errno is not None:
            message.exit.errorno = errno
            message.exit.SetInParent()
        self.send(11, message)

    def executed(self, context: common_pb2.ContextData, *argv: str, **fields: Any) -> None:
        self.send(
            3,
            sentry_pb2.ExecveInfo(context_data=context, binary_path=argv[0], argv=argv, **fields),
        )

    def task_exit(self, context: common_pb2.ContextData, status: int = 0) -> None:
        self.send(5, sentry_pb2.TaskExit(context_data=context, exit_status=status))

    def notify(self, context: common_pb2.ContextData, status: int = 0) -> None:
        self.send(4, sentry_pb2.ExitNotifyParentInfo(context_data=context, exit_status=status))

    def processes(self, step: int = 1 << 20, **options: int) -> Processes:
        self.writer.close()
        trace = Trace.open(self.path)
        try:
            return processes_of(trace, step, **options)
        finally:
            trace.close()

    def tree(self, step: int = 1 << 20, **options: int) -> ProcessTree:
        return self.processes(step, **options).tree


def only(tree: ProcessTree, pid: int) -> Any:
    found = [process for process in tree if process.pid == pid]
    assert len(found) == 1
    return found[0]
