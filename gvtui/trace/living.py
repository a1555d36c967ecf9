"""Knows which processes live in each sandbox, so that a flight recorder can let go of the rows that
told of them.

Only events are taken in: container/start and those of the group sentry. Each is rare beside system
calls. What lives is kept, and of the dead the parents of the living and the last ones, up to a
limit.
"""

from __future__ import annotations

from sys import getsizeof
from typing import TYPE_CHECKING, Any

from gvtui.trace.carried import CarriedMark, CarriedProcess
from gvtui.trace.details import pack_details, short_args
from gvtui.wire.header import WireError
from gvtui.wire.messages import decode
from gvtui.wire.messagetype import MessageType

if TYPE_CHECKING:
    from gvtui.trace.procfs import ProcessesMark

MAX_LIVING = 20_000
"""How many living processes are known in all."""
MAX_DEAD = 1_000
"""How many ended processes of each connection are known."""
MAX_BYTES = 16 << 20
"""How many bytes of memory what is known may take in all."""
_OVERHEAD = 600
"""About the bytes that a process takes without its texts."""
_WORD_BYTES = 8

TELLING = (
    MessageType.CONTAINER_START,
    MessageType.SENTRY_CLONE,
    MessageType.SENTRY_EXEC,
    MessageType.SENTRY_EXIT_NOTIFY_PARENT,
    MessageType.SENTRY_TASK_EXIT,
)
"""The types of the messages that tell of processes."""
_TAKEN_OVER = (
    "container_id",
    "name",
    "args",
    "cwd",
    "began_ns",
    "is_start_told",
    "is_exec_session",
)
"""What is known of a process besides its ids and its end."""
_CLONE_PARENT = 0x8000
_CLONE_THREAD = 0x10000
_MAX_NAME = 15
"""Characters of a process's name: TASK_COMM_LEN of Linux, less the zero at its end."""
_MAX_WORDS, _MAX_WORD = 32, 128
"""How many words are kept of a command line, and how many characters of a word."""
_MAX_TEXT = 1024


class _Sandbox:
    """The processes of one connection by thread group id."""

    __slots__ = (
        "children",
        "dead",
        "ended",
        "is_cut",
        "living",
        "size",
        "sizes",
        "taken_over",
    )

    def __init__(self) -> None:
        self.living: dict[int, CarriedProcess] = {}
        self.dead: dict[int, CarriedProcess] = {}
        """The oldest first."""
        self.children: dict[int, int] = {}
        """How many of the processes that are known have this parent."""
        self.taken_over: set[int] = set()
        """Processes whose id a thread takes over that executes a program."""
        self.ended = 0
        self.is_cut = False
        self.sizes: dict[int, int] = {}
        """Bytes that each known process takes."""
        self.size = 0
        """Bytes that all of them take."""


class Living:
    """The processes of all connections that stand."""

    def __init__(
        self,
        max_living: int = MAX_LIVING,
        max_dead: int = MAX_DEAD,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._max_living, self._max_dead, self._max_bytes = max_living, max_dead, max_bytes
        self._sandboxes: dict[int, _Sandbox] = {}
        self._count = 0
        self._size = 0

    @property
    def size(self) -> int:
        """About how many bytes of memory what is known takes."""
        return self._size

    def __len__(self) -> int:
        return self._count

    def forget(self, conn: int) -> None:
        """Drop what is known of a connection that has closed."""
        sandbox = self._sandboxes.pop(conn, None)
        if sandbox is not None:
            self._count -= len(sandbox.living)
            self._size -= sandbox.size

    def take(self, conn: int, message_type: int, datagram: bytes) -> None:
        """Take in a message; those that tell nothing of processes, or are malformed, do nothing."""
        if message_type not in TELLING:
            return
        try:
            decoded = decode(datagram)
        except WireError:
            return
        message: Any = decoded.message
        sandbox = self._sandboxes.setdefault(conn, _Sandbox())
        process = self._ensure(sandbox, message.context_data)
        if process is None:
            return
        self._take_in(sandbox, process, message_type, message)
        self._weigh(sandbox, process)

    def _take_in(
        self,
        sandbox: _Sandbox,
        process: CarriedProcess,
        message_type: int,
        message: Any,  # noqa: ANN401
    ) -> None:
        context = message.context_data
        if message_type == MessageType.CONTAINER_START:
            process.is_start_told = True
            process.began_ns = process.began_ns or context.time_ns
            process.cwd = message.cwd[:_MAX_TEXT] or process.cwd
            process.args = process.args or _short(message.args)
            process.name = process.name or _named(process.args, "")
        elif message_type == MessageType.SENTRY_CLONE:
            self._cloned(sandbox, message, process)
        elif message_type == MessageType.SENTRY_EXEC:
            self._executed(sandbox, message, process)
        elif message_type == MessageType.SENTRY_TASK_EXIT:
            if context.thread_id != process.pid:
                return
            if process.pid in sandbox.taken_over:
                sandbox.taken_over.discard(process.pid)
                return
            self._end(sandbox, process, context.time_ns, message.exit_status)
        else:
            self._end(sandbox, process, context.time_ns, message.exit_status)

    def listed(self, conn: int, mark: ProcessesMark) -> None:
        """Take in the processes that a sandbox was asked for."""
        sandbox = self._sandboxes.setdefault(conn, _Sandbox())
        for entry in mark.processes:
            process = sandbox.living.get(entry.pid)
            if process is None and entry.pid not in sandbox.dead:
                process = self._add(sandbox, entry.pid, entry.start_ns, entry.parent_pid)
            if process is None:
                continue
            process.start_ns = process.start_ns or entry.start_ns
            process.name = process.name or entry.name[:_MAX_NAME]
            process.cwd = process.cwd or entry.cwd[:_MAX_TEXT]
            process.args = process.args or _short(entry.args)
            process.container_id = entry.container_id or process.container_id or mark.container_id
            self._weigh(sandbox, process)

    def carry(self, conn: int, mark: CarriedMark) -> None:
        """Take over what another trace has told of the processes before its rows."""
        sandbox = self._sandboxes.setdefault(conn, _Sandbox())
        sandbox.is_cut = sandbox.is_cut or mark.is_cut
        sandbox.ended += mark.ended - sum(each.has_ended for each in mark.processes)
        for each in mark.processes:
            if each.pid in sandbox.living or each.pid in sandbox.dead:
                continue
            process = self._add(sandbox, each.pid, each.start_ns, each.parent_pid)
            if process is None:
                continue
            for name in _TAKEN_OVER:
                setattr(process, name, getattr(each, name))
            if each.has_ended:
                self._end(sandbox, process, each.end_ns, each.exit_status)
            self._weigh(sandbox, process)

    def marks(self, most_bytes: int) -> list[tuple[int, CarriedMark]]:
        """What is known, for each connection; with more than so many bytes, the newest are left
        out, which the marks tell."""
        left = most_bytes
        marks = []
        for conn, sandbox in self._sandboxes.items():
            chosen = []
            is_cut = sandbox.is_cut
            known = [*sandbox.dead.values(), *sandbox.living.values()]
            for process in sorted(known, key=_age):
                left -= len(pack_details(process.details()))
                if left < 0:
                    is_cut = True
                    break
                chosen.append(process)
            marks.append((conn, CarriedMark(tuple(chosen), sandbox.ended, is_cut)))
        return marks

    def _ensure(self, sandbox: _Sandbox, context: Any) -> CarriedProcess | None:  # noqa: ANN401
        """The process in a message's context; None if the context names none, or too many live."""
        pid, start_ns = context.thread_group_id, context.thread_group_start_time_ns
        if pid <= 0:
            return None
        for known in (sandbox.living.get(pid), sandbox.dead.get(pid)):
            if known is not None and (not start_ns or known.start_ns in (0, start_ns)):
                process: CarriedProcess | None = known
                break
        else:
            process = self._add(sandbox, pid, start_ns, max(0, context.parent_thread_group_id))
        if process is None:
            return None
        process.start_ns = process.start_ns or start_ns
        process.container_id = process.container_id or context.container_id[:_MAX_TEXT]
        process.name = context.process_name[:_MAX_NAME] or process.name
        process.cwd = process.cwd or context.cwd[:_MAX_TEXT]
        process.is_exec_session = process.is_exec_session or context.is_exec_session
        return process

    def _add(
        self, sandbox: _Sandbox, pid: int, start_ns: int, parent_pid: int
    ) -> CarriedProcess | None:
        former = sandbox.living.pop(pid, None) or sandbox.dead.pop(pid, None)
        if former is not None:
            if not former.has_ended:
                self._count -= 1
                sandbox.ended += 1
            self._leave(sandbox, former)
        if self._count >= self._max_living:
            sandbox.is_cut = True
            return None
        process = CarriedProcess(pid, start_ns, parent_pid)
        sandbox.living[pid] = process
        self._count += 1
        if parent_pid:
            sandbox.children[parent_pid] = sandbox.children.get(parent_pid, 0) + 1
        return process

    def _cloned(self, sandbox: _Sandbox, message: Any, process: CarriedProcess) -> None:  # noqa: ANN401
        pid, start_ns = message.created_thread_group_id, message.created_thread_start_time_ns
        if message.flags & _CLONE_THREAD or pid <= 0 or pid == process.pid:
            return
        from_sibling = message.flags & _CLONE_PARENT
        parent_pid = process.parent_pid if from_sibling else process.pid
        child = sandbox.living.get(pid)
        if child is None or (start_ns and child.start_ns not in (0, start_ns)):
            child = self._add(sandbox, pid, start_ns, parent_pid)
        if child is None:
            return
        if not child.parent_pid:
            child.parent_pid = parent_pid
            sandbox.children[parent_pid] = sandbox.children.get(parent_pid, 0) + 1
        child.start_ns = child.start_ns or start_ns
        child.is_start_told = True
        child.container_id = child.container_id or process.container_id
        child.name, child.cwd = child.name or process.name, child.cwd or process.cwd
        child.args = child.args or process.args
        child.is_exec_session = child.is_exec_session or process.is_exec_session
        self._weigh(sandbox, child)

    def _executed(self, sandbox: _Sandbox, message: Any, process: CarriedProcess) -> None:  # noqa: ANN401
        tid = message.context_data.thread_id
        if tid not in (0, process.pid) and not process.has_ended:
            sandbox.taken_over.add(process.pid)
        if process.has_ended:
            # The first thread has ended, and another one has taken over its id.
            del sandbox.dead[process.pid]
            sandbox.living[process.pid] = process
            sandbox.ended -= 1
            self._count += 1
            process.has_ended, process.end_ns, process.exit_status = False, 0, None
        process.args = _short(message.argv)
        process.name = _named(process.args, message.binary_path[:_MAX_TEXT]) or process.name

    def _end(
        self, sandbox: _Sandbox, process: CarriedProcess, end_ns: int, exit_status: int | None
    ) -> None:
        process.exit_status = exit_status
        process.end_ns = process.end_ns or end_ns
        if process.has_ended:
            return
        process.has_ended = True
        del sandbox.living[process.pid]
        self._count -= 1
        sandbox.dead[process.pid] = process
        sandbox.ended += 1
        sandbox.taken_over.discard(process.pid)
        if len(sandbox.dead) > self._max_dead:
            self._let_one_go(sandbox)

    def _let_one_go(self, sandbox: _Sandbox) -> None:
        """Forget the oldest of the dead without children; if all have some, the oldest."""
        for pid in sandbox.dead:
            if not sandbox.children.get(pid):
                break
        else:
            pid = next(iter(sandbox.dead))
        self._leave(sandbox, sandbox.dead.pop(pid))

    def _weigh(self, sandbox: _Sandbox, process: CarriedProcess) -> None:
        """Count the bytes of a process of which something was told, and let others go for it."""
        pid = process.pid
        if process not in (sandbox.living.get(pid), sandbox.dead.get(pid)):
            return
        size = _size_of(process)
        more = size - sandbox.sizes.get(pid, 0)
        sandbox.sizes[pid] = size
        sandbox.size += more
        self._size += more
        if self._size > self._max_bytes:
            self._make_room()

    def _make_room(self) -> None:
        """Forget processes of the sandboxes that have the most, down to the half of each: first what
        has ended, then what began last."""
        # Not for each that comes: this takes time that grows with the number of sandboxes.
        enough = self._max_bytes - self._max_bytes // 16
        for sandbox in sorted(self._sandboxes.values(), key=lambda each: each.size, reverse=True):
            half = sandbox.size // 2
            while self._size > enough and sandbox.size > half:
                if sandbox.dead:
                    self._let_one_go(sandbox)
                else:
                    pid, process = sandbox.living.popitem()
                    sandbox.taken_over.discard(pid)
                    sandbox.is_cut = True
                    self._count -= 1
                    self._leave(sandbox, process)

    def _leave(self, sandbox: _Sandbox, process: CarriedProcess) -> None:
        size = sandbox.sizes.pop(process.pid, 0)
        sandbox.size -= size
        self._size -= size
        count = sandbox.children.get(process.parent_pid, 0) - 1
        if count > 0:
            sandbox.children[process.parent_pid] = count
        else:
            sandbox.children.pop(process.parent_pid, None)


def _short(args: Any) -> list[str]:  # noqa: ANN401
    """A command line, cut: the words that a list shows."""
    words = [word[:_MAX_WORD] + "…" * (len(word) > _MAX_WORD) for word in args[:_MAX_WORDS]]
    return short_args(words + ["…"] * (len(args) > _MAX_WORDS))


def _size_of(process: CarriedProcess) -> int:
    """About how many bytes of memory a process takes; words that others have too count again."""
    texts = (process.container_id, process.name, process.cwd, *process.args)
    return _OVERHEAD + sum(map(getsizeof, texts)) + _WORD_BYTES * len(process.args)


def _named(args: list[str], path: str) -> str:
    called = (args[0].lstrip("-") if args else "") or path
    return called.rpartition("/")[2][:_MAX_NAME]


def _age(process: CarriedProcess) -> tuple[int, int]:
    return process.start_ns or process.began_ns, process.pid
