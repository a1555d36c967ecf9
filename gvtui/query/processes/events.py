"""Updates the process tree from messages about processes: clone, exec, exit, container start.

Facts that this depends on, seen with runsc 0.0~20240729:

- The ids in `sentry/clone` and in context data are those of the whole sandbox. The result of a fork
is the id inside its container or pid namespace, so it is used only if no `sentry/clone` came.
- A thread that executes a program takes over the id of its process, after `sentry/task_exit` came
for the first thread. So that event ends a process only if no thread has executed a program before,
and the process sends nothing more.
- An exec gives up to five messages: raw and decoded enter and exit, and `sentry/execve`. They stand
for one program, or for none if the exec failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from gvtui.decode.origin import Origin
from gvtui.decode.outcome import ExecOutcome
from gvtui.query.calls.exec_rules import ExecCode
from gvtui.query.processes.image import ProgramImages
from gvtui.query.processes.process import Evidence, Exec, Process, ProcessId
from gvtui.trace.details import MAX_TEXT, short_args
from gvtui.trace.procfs import is_tty
from gvtui.trace.row import Direction
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.messagetype import MessageType
from gvtui.wire.ports import right_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gvtui.query.calls.execs import Execs
    from gvtui.query.processes.tree import ProcessTree
    from gvtui.trace.row import Row
    from gvtui.wire.messages import Decoded

AnyMessage: TypeAlias = Any
"""A protobuf message whose class the type of its row decides."""

EVENT_TYPES = [
    MessageType.CONTAINER_START,
    MessageType.SENTRY_CLONE,
    MessageType.SENTRY_EXEC,
    MessageType.SENTRY_EXIT_NOTIFY_PARENT,
    MessageType.SENTRY_TASK_EXIT,
    MessageType.SYSCALL_EXECVE,
    MessageType.SYSCALL_CLONE,
    MessageType.SYSCALL_FORK,
]
"""The message types that tell of processes."""

AUDIT_VARIABLE = "KUBERNETES_EXEC_AUDIT_ID"
"""The environment variable with the audit ID of an exec session, as Kubernetes has proposed."""

_MAX_AUDIT_ID = 128
_MAX_ANCESTORS = 1000
_CLONE_PARENT = 0x8000
_CLONE_THREAD = 0x10000
_MAX_PID = 1 << 22


class ProcessEvents:
    """Updates a process tree from messages."""

    def __init__(
        self,
        tree: ProcessTree,
        execs: Execs,
        container_of: Callable[[int], str],
        name_of: Callable[[int, str], str],
        clone_sysno: int,
        audit_variable: str = AUDIT_VARIABLE,
    ) -> None:
        """Make it for one tree.

        Args:
            tree: where to put processes.
            execs: knows what became of execs.
            container_of: gives the container of a row by its id.
            name_of: gives what a container is called on a connection.
            clone_sysno: the number of clone; -1 where there is none.
            audit_variable: the environment variable with the audit ID of an exec session.
        """
        self._tree = tree
        self._execs = execs
        self._container_of = container_of
        self._name_of = name_of
        self._clone_sysno = clone_sysno
        self._audit = f"{audit_variable}="
        self._images = ProgramImages()

    def take(self, row: Row, number: int, decoded: Decoded) -> None:
        """Update the tree from one message; `number` is its row id."""
        message: AnyMessage = right_ports(decoded)
        container = self._container_of(number)
        source = Evidence.EVENT if row.direction == Direction.NONE else Evidence.CONTEXT
        process = self._tree.ensure(row.conn, number, message.context_data, container, source)
        is_start = row.type == MessageType.CONTAINER_START
        if process is not None and not message.context_data.container_id and not is_start:
            # What it starts runs in its container, which may be another than the sandbox's first.
            container = process.container
        if is_start:
            self._started(row, number, message, process, container)
        elif row.type == MessageType.SENTRY_CLONE:
            self._cloned(row, number, message, process, container)
        elif row.type == MessageType.SYSCALL_EXECVE:
            if process is not None:
                self._exec_called(row, number, message, process)
        elif row.type in (MessageType.SYSCALL_CLONE, MessageType.SYSCALL_FORK, RAW_SYSCALL):
            if row.direction == Direction.EXIT and row.result > 0 and process is not None:
                self._fork_returned(row, number, message, process)
        elif process is None:
            return
        elif row.type == MessageType.SENTRY_EXEC:
            self._executed(row, number, message, process)
        elif row.type == MessageType.SENTRY_TASK_EXIT:
            self._thread_ended(row, number, message, process)
        elif row.type == MessageType.SENTRY_EXIT_NOTIFY_PARENT:
            self._end(process, row, number, message.exit_status)
        self._tree.version += 1

    def _started(
        self, row: Row, number: int, message: AnyMessage, process: Process | None, container: str
    ) -> None:
        if process is None:
            life = self._tree.life_of(row.conn)
            process = self._tree.create(container, 0, 0, Evidence.EVENT, number, life=life)
        self._tree.move(process, container)
        process.source, process.is_start_told = Evidence.EVENT, True
        process.began_ns = process.began_ns or row.when_ns
        process.name = process.name or (message.args[0].rpartition("/")[2] if message.args else "")
        process.cwd = message.cwd or process.cwd
        if not process.programs:
            process.begin_with(message.args, number)

    def _cloned(
        self, row: Row, number: int, message: AnyMessage, process: Process | None, container: str
    ) -> None:
        self._tree.clones_told.add(row.conn)
        pid, tid = message.created_thread_group_id, message.created_thread_id
        start_ns = message.created_thread_start_time_ns
        is_thread = message.flags & _CLONE_THREAD
        if process is not None and (is_thread or pid == process.pid):
            process.thread(tid, start_ns)
            return
        if is_thread or pid <= 0:
            return
        child = self._tree.spans.current(row.conn, pid, start_ns)
        if child is None or child.start_ns != start_ns:
            life = self._tree.life_of(row.conn)
            child = self._tree.create(container, pid, start_ns, Evidence.EVENT, number, life=life)
            child.is_container_told = process is not None and process.is_container_told
            self._tree.spans.begin(row.conn, number, child)
        child.source, child.is_start_told = Evidence.EVENT, True
        child.thread(tid, start_ns)
        self._inherit(child, process, number, bool(message.flags & _CLONE_PARENT))

    def _inherit(
        self, child: Process, process: Process | None, number: int, from_sibling: bool
    ) -> None:
        if process is None or child is process:
            return
        child.name = child.name or process.name
        child.cwd = child.cwd or process.cwd
        child.is_exec_session = child.is_exec_session or process.is_exec_session
        if not child.programs and not child.args:
            child.begin_with(*process.args_told(number), from_parent=True)
        parent = process.parent if from_sibling else process
        self._tree.adopt(child, parent, process.parent_pid if from_sibling else process.pid)

    def _fork_returned(self, row: Row, number: int, message: AnyMessage, process: Process) -> None:
        flags = message.flags if row.type == MessageType.SYSCALL_CLONE else 0
        if row.type == RAW_SYSCALL:
            flags = message.arg1 if message.sysno == self._clone_sysno else 0
        is_told = row.conn in self._tree.clones_told
        if is_told or flags & _CLONE_THREAD or not 0 < row.result < _MAX_PID:
            return
        child = self._tree.spans.current(row.conn, row.result)
        if child is None or child.has_ended:
            container, life = process.container, self._tree.life_of(row.conn)
            child = self._tree.create(container, row.result, 0, Evidence.CONTEXT, number, life=life)
            child.is_container_told = process.is_container_told
            self._tree.spans.begin(row.conn, number, child)
        self._inherit(child, process, number, bool(flags & _CLONE_PARENT))

    def _executed(self, row: Row, number: int, message: AnyMessage, process: Process) -> None:
        """Note the program that an exec started: the thread's last exec, or one not seen before."""
        path, args = message.binary_path[:MAX_TEXT], short_args(message.argv)
        last = process.last_exec(row.tid)
        if last is None or last.is_told or last.outcome is ExecOutcome.FAILED:
            last = Exec(number, row.time_ns, path, args, ExecOutcome.DONE, row.tid)
            process.add_exec(last)
        last.row, last.time_ns, last.path, last.args = number, row.time_ns, path, args
        last.outcome, last.is_told = ExecOutcome.DONE, True
        last.image = self._images.read(message)
        process.runs(last, number)
        process.take_args()
        self._goes_on(process, row.tid)
        self._session(process, message.env)
        for name in ("stdin", "stdout", "stderr"):
            if message.HasField(name):
                file = getattr(message, name)
                top = _top(process)
                top.has_tty = top.has_tty or is_tty(file.mode, file.path)
        self._pipe(row.conn, process, message, "pipe_input_proc", "pipe_from")
        self._pipe(row.conn, process, message, "pipe_output_proc", "pipe_to")
        self._tree.tells_programs = True
        if last.image is not None:
            self._tree.tells_digests = self._tree.tells_digests or bool(last.image.file.digests)
            is_known = last.image.file.origin is not Origin.UNKNOWN
            self._tree.tells_origins = self._tree.tells_origins or is_known
            has_stdio = last.image.stdin is not None or last.image.stdout is not None
            self._tree.tells_stdio = self._tree.tells_stdio or has_stdio
            self._tree.pipes.join(process, last.image.stdin, last.image.stdout)

    def _session(self, process: Process, environment: Iterable[str]) -> None:
        """Note the audit ID that a program of an exec session got in its environment."""
        for each in environment:
            if each.startswith(self._audit):
                top = _top(process)
                top.audit_id = top.audit_id or each[len(self._audit) :][:_MAX_AUDIT_ID]
                return

    def _pipe(
        self, conn: int, process: Process, message: AnyMessage, field: str, attribute: str
    ) -> None:
        if not message.HasField(field):
            return
        other = getattr(message, field).context_data
        if other.thread_group_id > 0:
            other_id = ProcessId(
                self._name_of(conn, other.container_id) or process.container,
                other.thread_group_id,
                other.thread_group_start_time_ns,
            )
            setattr(process, attribute, other_id)

    def _exec_called(self, row: Row, number: int, message: AnyMessage, process: Process) -> None:
        path, args = message.pathname[:MAX_TEXT], short_args(message.argv)
        self._session(process, message.envv)
        asked = Exec(number, row.time_ns, path, args, ExecOutcome.ASKED, row.tid)
        if row.direction == Direction.ENTER:
            process.add_exec(asked)
            return
        outcome = self._execs.outcome(number) or ExecOutcome.ASKED
        last = process.last_exec(row.tid)
        # `sentry/execve` comes before the exit only in old versions, where the exec has a duration.
        is_old = self._execs.code(number) is ExecCode.DONE
        if last is None or last.exit_row >= 0 or (last.is_told and not is_old):
            last = asked
            process.add_exec(last)
        last.exit_row = number
        raw = self._execs.twin(number)
        last.raw_exit_row = raw if raw is not None else -1
        self.decided(process, last, number, outcome, row.errno)

    def decided(
        self, process: Process, entry: Exec, number: int, outcome: ExecOutcome, errno: int = 0
    ) -> None:
        """Note the outcome of an exec, which may be known only after its exit, row `number`."""
        if entry.is_told:
            return
        entry.outcome, entry.errno = outcome, errno
        if outcome is ExecOutcome.DONE:
            entry.row = number
            process.runs(entry, number)
            self._goes_on(process, entry.tid)
        process.take_args()

    def _goes_on(self, process: Process, tid: int) -> None:
        """Note an exec of the process: its other threads have ended, the process has not."""
        first = process.threads.get(process.pid)
        if tid not in (0, process.pid):
            process.is_taken_over = first is None or not first.has_ended
        process.revive()
        for thread in process.threads.values():
            thread.has_ended = thread.has_ended or thread.tid != process.pid
        if first is not None:
            first.has_ended = False

    def _thread_ended(self, row: Row, number: int, message: AnyMessage, process: Process) -> None:
        tid = message.context_data.thread_id
        thread = process.thread(tid, message.context_data.thread_start_time_ns) if tid else None
        if thread is not None:
            thread.has_ended = True
            thread.end_ns = row.time_ns
            thread.exit_status = message.exit_status
        first = process.threads.get(process.pid)
        is_last = first is not None and all(t.has_ended for t in process.threads.values())
        if tid == process.pid and process.is_taken_over and thread is not None:
            # The thread that executes a program continues under this id.
            process.is_taken_over = thread.has_ended = False
            thread.end_ns, thread.exit_status = 0, None
        elif tid == process.pid or is_last:
            self._end(process, row, number, message.exit_status)

    def _end(self, process: Process, row: Row, number: int, exit_status: int) -> None:
        if not process.has_ended or not process.end_ns:
            process.end_ns = row.time_ns
        process.has_ended = True
        process.end_row = number
        process.exit_status = exit_status


def _top(process: Process) -> Process:
    """The first of a process's known ancestors, or itself."""
    for _ in range(_MAX_ANCESTORS):
        if process.parent is None:
            break
        process = process.parent
    return process
