"""Renders arguments and results of the system calls that the sandbox decodes, by message."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gvtui.decode import file_flags, memory_flags, sockets, task_flags
from gvtui.decode.call import NOT_KNOWN, CallSide, descriptor
from gvtui.decode.errno_names import failure
from gvtui.decode.escape import string_list
from gvtui.decode.fcntl import fcntl_argument, fcntl_result
from gvtui.decode.numbers import identity, int64, octal, pointer
from gvtui.decode.signals import signal_set
from gvtui.decode.times import timespec
from gvtui.wire.pb import syscall_pb2
from gvtui.words import noun_for

if TYPE_CHECKING:
    from google.protobuf.message import Message

Arguments = Callable[[CallSide], list[str]]
Result = Callable[[CallSide], str]


def _open(call: CallSide) -> list[str]:
    message, flags = call.message, call.message.flags
    if call.name == "creat":
        return [call.path(), octal(message.mode)]
    shown = [] if call.name == "open" else [call.directory()]
    shown += [call.path(), file_flags.OPEN[call.architecture].text(flags)]
    if file_flags.opens_with_mode(flags):
        shown.append(octal(message.mode))
    return shown


def _opened(call: CallSide) -> str:
    message = call.message
    return descriptor(message.exit.result, _opened_path(call))


def _opened_path(call: CallSide) -> str:
    """Where the opened path leads, as far as the message tells; symbolic links are not seen."""
    message = call.message
    path: str = message.pathname
    if not path:
        return ""
    if path.startswith("/"):
        return posixpath.normpath("/" + path.lstrip("/"))
    at_cwd = call.name in ("open", "creat") or message.fd == file_flags.AT_FDCWD
    base = message.context_data.cwd if at_cwd else call.fd_path()
    return posixpath.normpath(posixpath.join(base, path)) if base.startswith("/") else ""


def _close(call: CallSide) -> list[str]:
    return [call.fd()]


_VECTOR_CALLS = frozenset({"readv", "writev", "preadv", "pwritev", "preadv2", "pwritev2"})
_CALLS_WITH_FLAGS = frozenset({"preadv2", "pwritev2"})


def _transfer(call: CallSide) -> list[str]:
    message, name = call.message, call.name
    if name in _VECTOR_CALLS:
        # Their count is that of the bytes that all vectors hold; how many there are is not sent.
        size = (
            f"/* {message.count} {noun_for(message.count, 'byte')} */"
            if message.count
            else NOT_KNOWN
        )
        shown = [call.fd(), f"[{size}]", NOT_KNOWN]
    else:
        shown = [call.fd(), NOT_KNOWN, str(message.count)]
    if message.has_offset:
        shown.append(str(message.offset))
    elif name in _CALLS_WITH_FLAGS:
        shown.append("-1")
    if (flags := message.flags) or name in _CALLS_WITH_FLAGS:
        shown.append(file_flags.RWF.text(flags))
    return shown


def _connect(call: CallSide) -> list[str]:
    raw = call.message.address
    is_known = raw or not call.not_read(raw)
    return [call.fd(), sockets.address(raw) if is_known else NOT_KNOWN]


def _accept(call: CallSide) -> list[str]:
    message = call.message
    shown = [call.fd()]
    if not call.is_exit or call.errno:
        shown.append(NOT_KNOWN)
    else:
        shown.append(sockets.address(message.address) if message.address else "NULL")
    if call.name != "accept" or message.flags:
        shown.append(sockets.ACCEPT_FLAGS.text(message.flags))
    return shown


def _listen(call: CallSide) -> list[str]:
    message = call.message
    shown = [call.fd(), str(message.backlog)]
    known = []
    if message.socket_family or message.socket_type:
        known.append(sockets.FAMILY.text(message.socket_family))
        known.append(sockets.SOCKET_TYPE.text(message.socket_type))
    if message.address:
        known.append(sockets.address(message.address))
    if known:
        shown[-1] += f" /* {' '.join(known)} */"
    return shown


def _execve(call: CallSide) -> list[str]:
    message = call.message
    shown = [call.path(), string_list(message.argv)]
    count = len(message.envv)
    shown.append(f"[/* {count} {noun_for(count, 'var')} */]" if count else NOT_KNOWN)
    if call.name == "execveat":
        return [call.directory(), *shown, file_flags.EXECVEAT.text(message.flags)]
    return shown


def _socket(call: CallSide) -> list[str]:
    message = call.message
    return [
        sockets.FAMILY.text(message.domain),
        sockets.SOCKET_TYPE.text(message.type),
        sockets.protocol(message.domain, message.protocol),
    ]


def _new_pair(call: CallSide, first: int, second: int) -> str:
    return f"[{first}, {second}]" if call.is_exit and not call.errno else NOT_KNOWN


def _socketpair(call: CallSide) -> list[str]:
    message = call.message
    return [*_socket(call), _new_pair(call, message.socket1, message.socket2)]


def _pipe(call: CallSide) -> list[str]:
    message = call.message
    shown = [_new_pair(call, message.reader, message.writer)]
    if call.name != "pipe" or message.flags:
        shown.append(file_flags.PIPE[call.architecture].text(message.flags))
    return shown


def _chdir(call: CallSide) -> list[str]:
    return [call.fd()] if call.name == "fchdir" else [call.path()]


def _chroot(call: CallSide) -> list[str]:
    return [call.path()]


def _setid(call: CallSide) -> list[str]:
    return [] if call.name == "setsid" else [identity(call.message.id)]


def _setresid(call: CallSide) -> list[str]:
    message = call.message
    return [identity(message.rid), identity(message.eid), identity(message.sid)]


def rlimit(limit: syscall_pb2.StructRlimit) -> str:
    """A `StructRlimit` as strace writes it."""
    current, most = task_flags.rlimit_value(limit.cur), task_flags.rlimit_value(limit.max)
    return f"{{rlim_cur={current}, rlim_max={most}}}"


def _prlimit(call: CallSide) -> list[str]:
    message = call.message
    shown = [str(message.pid), task_flags.RLIMIT.text(message.resource)]
    shown.append(_given(call, "new_limit", rlimit))
    shown.append(_filled_in(call, "old_limit", rlimit))
    return shown


def _given(call: CallSide, field: str, form: Callable[[Any], str]) -> str:
    """An argument that the program may leave out."""
    message = call.message
    if message.HasField(field):
        return form(getattr(message, field))
    return NOT_KNOWN if call.not_read(None) else "NULL"


def _filled_in(call: CallSide, field: str, form: Callable[[Any], str]) -> str:
    """An argument that the kernel fills in: before that, its memory holds something old."""
    message = call.message
    if not message.HasField(field):
        return NOT_KNOWN if call.not_read(None) else "NULL"
    return form(getattr(message, field)) if call.is_exit and not call.errno else NOT_KNOWN


def _fcntl(call: CallSide) -> list[str]:
    message = call.message
    shown = [call.fd(), file_flags.FCNTL.text(message.cmd)]
    argument = fcntl_argument(message.cmd, message.args, call.architecture)
    return shown if argument is None else [*shown, argument]


def _fcntl_result(call: CallSide) -> str:
    message = call.message
    return fcntl_result(message.cmd, message.exit.result, call.fd_path(), call.architecture)


def _dup(call: CallSide) -> list[str]:
    message = call.message
    shown = [descriptor(message.old_fd, call.fd_path())]
    if call.name != "dup":
        shown.append(str(message.new_fd))
    if call.name == "dup3" or message.flags:
        shown.append(file_flags.DUP3.text(message.flags))
    return shown


def _duplicated(call: CallSide) -> str:
    return descriptor(call.message.exit.result, call.fd_path())


def _signalfd(call: CallSide) -> list[str]:
    message = call.message
    shown = [call.fd(), signal_set(message.sigset)]
    if call.name != "signalfd" or message.flags:
        shown.append(file_flags.SIGNALFD.text(message.flags))
    return shown


def _eventfd(call: CallSide) -> list[str]:
    message = call.message
    shown = [str(message.val & 0xFFFFFFFF)]
    if call.name != "eventfd" or message.flags:
        shown.append(file_flags.EVENTFD.text(message.flags))
    return shown


_WRITES_TID = task_flags.CLONE_BITS["CLONE_PARENT_SETTID"] | task_flags.CLONE_BITS["CLONE_PIDFD"]
"""Flags with which clone writes to the memory of its caller."""


def _clone(call: CallSide) -> list[str]:
    message = call.message
    flags = task_flags.clone_flags(message.flags)
    shown = [f"child_stack={pointer(message.stack)}", f"flags={flags}"]
    if message.flags & _WRITES_TID:
        # The message has the number that lies at that address: on enter an old one.
        is_written = call.is_exit and not call.errno
        shown.append(f"parent_tid={f'[{message.new_tid}]' if is_written else NOT_KNOWN}")
    if message.tls:
        shown.append(f"tls={pointer(message.tls)}")
    return shown


def _fork(_: CallSide) -> list[str]:
    return []


def itimerspec(spec: syscall_pb2.ItimerSpec) -> str:
    """An `ItimerSpec` as strace writes it."""
    interval = timespec(spec.interval.sec, spec.interval.nsec)
    return f"{{it_interval={interval}, it_value={timespec(spec.value.sec, spec.value.nsec)}}}"


def _timerfd_create(call: CallSide) -> list[str]:
    message = call.message
    clock = task_flags.CLOCK.text(message.clock_id)
    return [clock, task_flags.TIMERFD_CREATE.text(message.flags)]


def _timerfd_settime(call: CallSide) -> list[str]:
    message = call.message
    flags = task_flags.TIMERFD_SETTIME.text(message.flags)
    new_value = _given(call, "new_value", itimerspec)
    return [call.fd(), flags, new_value, _filled_in(call, "old_value", itimerspec)]


def _timerfd_gettime(call: CallSide) -> list[str]:
    if not call.is_exit or call.errno:
        return [call.fd(), NOT_KNOWN]
    return [call.fd(), _filled_in(call, "cur_value", itimerspec)]


def _inotify_init(call: CallSide) -> list[str]:
    if call.name == "inotify_init":
        return []
    return [file_flags.INOTIFY_INIT.text(call.message.flags)]


def _inotify_add_watch(call: CallSide) -> list[str]:
    return [call.fd(), call.path(), file_flags.INOTIFY_MASK.text(call.message.mask)]


def _inotify_rm_watch(call: CallSide) -> list[str]:
    return [call.fd(), str(call.message.wd)]


def _mmap(call: CallSide) -> list[str]:
    message = call.message
    return [
        pointer(message.addr),
        str(message.length),
        memory_flags.PROT[call.architecture].text(message.prot),
        memory_flags.MAP[call.architecture].text(message.flags),
        call.fd(),
        hex(message.offset) if message.offset > 0 else str(message.offset),
    ]


def _mapped(call: CallSide) -> str:
    return hex(call.message.exit.result & 0xFFFFFFFFFFFFFFFF)


_PTRACE_TRACEME = 0


def _ptrace(call: CallSide) -> list[str]:
    message = call.message
    shown = [task_flags.PTRACE[call.architecture].text(message.request)]
    if message.request != _PTRACE_TRACEME:
        shown.append(str(message.pid))
    return shown


def _number(call: CallSide) -> str:
    return str(int64(call.message.exit.result))


FORMS: dict[type[Message], tuple[Arguments, Result]] = {
    syscall_pb2.Open: (_open, _opened),
    syscall_pb2.Close: (_close, _number),
    syscall_pb2.Read: (_transfer, _number),
    syscall_pb2.Write: (_transfer, _number),
    syscall_pb2.Connect: (_connect, _number),
    syscall_pb2.Bind: (_connect, _number),
    syscall_pb2.Accept: (_accept, _number),
    syscall_pb2.Listen: (_listen, _number),
    syscall_pb2.Execve: (_execve, _number),
    syscall_pb2.Socket: (_socket, _number),
    syscall_pb2.SocketPair: (_socketpair, _number),
    syscall_pb2.Pipe: (_pipe, _number),
    syscall_pb2.Chdir: (_chdir, _number),
    syscall_pb2.Chroot: (_chroot, _number),
    syscall_pb2.Setid: (_setid, _number),
    syscall_pb2.Setresid: (_setresid, _number),
    syscall_pb2.Prlimit: (_prlimit, _number),
    syscall_pb2.Fcntl: (_fcntl, _fcntl_result),
    syscall_pb2.Dup: (_dup, _duplicated),
    syscall_pb2.Signalfd: (_signalfd, _number),
    syscall_pb2.Eventfd: (_eventfd, _number),
    syscall_pb2.Clone: (_clone, _number),
    syscall_pb2.Fork: (_fork, _number),
    syscall_pb2.TimerfdCreate: (_timerfd_create, _number),
    syscall_pb2.TimerfdSetTime: (_timerfd_settime, _number),
    syscall_pb2.TimerfdGetTime: (_timerfd_gettime, _number),
    syscall_pb2.InotifyInit: (_inotify_init, _number),
    syscall_pb2.InotifyAddWatch: (_inotify_add_watch, _number),
    syscall_pb2.InotifyRmWatch: (_inotify_rm_watch, _number),
    syscall_pb2.Mmap: (_mmap, _mapped),
    syscall_pb2.Ptrace: (_ptrace, _number),
}
"""How each message shows its arguments, and its result where the call succeeded."""


def result(call: CallSide, succeeded: Result) -> str:
    """The result as strace shows it; empty on enter."""
    if not call.is_exit:
        return ""
    errno = call.errno
    return failure(errno) if errno else succeeded(call)
