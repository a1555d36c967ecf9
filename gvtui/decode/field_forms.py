"""Puts the value of a single message field into words: flags, error numbers, times, addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from gvtui.decode import calls, file_flags, memory_flags, sockets, task_flags
from gvtui.decode.errno_names import errno_name, errno_text
from gvtui.decode.fcntl import fcntl_argument
from gvtui.decode.numbers import identity, octal, pointer
from gvtui.decode.signals import signal_set, wait_status
from gvtui.decode.times import duration, seconds_text
from gvtui.points.syscalls import syscall_name
from gvtui.wire.pb import common_pb2, container_pb2, sentry_pb2, syscall_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

    from gvtui.decode.flags import Flags, ValueSet

Form = Callable[[Any, Any, str], str]
"""Takes a field's value, its message and the architecture; gives words, or "" for none."""

_NANOSECONDS = 1_000_000_000


def moment(nanoseconds: int, zone: tzinfo | None = UTC) -> str:
    """A time since the epoch: `2026-11-23 12:01:07.118234567`; empty if out of range.

    Args:
        nanoseconds: the time, Unix nanoseconds.
        zone: the time zone of the words; None for the local one.
    """
    seconds, rest = divmod(nanoseconds, _NANOSECONDS)
    try:
        shown = datetime.fromtimestamp(seconds, zone)
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{shown:%Y-%m-%d %H:%M:%S}.{rest:09d}"


class MomentForm:
    """The form of a time: in UTC, where nobody says otherwise."""

    def __init__(self, nanoseconds: Callable[[Any], int]) -> None:
        self._nanoseconds = nanoseconds
        """Gives Unix nanoseconds for a value of the field."""

    def __call__(self, value: object, _message: object, _architecture: str) -> str:
        """The time in UTC."""
        return self.words(value, UTC)

    def words(self, value: object, zone: tzinfo | None) -> str:
        """The time in a zone; None for the local one."""
        return moment(self._nanoseconds(value), zone)


def _simple(form: Callable[[Any], str]) -> Form:
    return lambda value, _message, _architecture: form(value)


def _errno(value: int, _message: object, _architecture: str) -> str:
    text = errno_text(value)
    return f"{errno_name(value)} ({text})" if text else errno_name(value)


def _sysno(value: int, _message: object, architecture: str) -> str:
    return syscall_name(value, architecture) or ""


def _by_architecture(tables: Mapping[str, Flags] | Mapping[str, ValueSet]) -> Form:
    texts = {architecture: table.text for architecture, table in tables.items()}
    return lambda value, _message, architecture: texts[architecture](value)


def _protocol(value: int, message: syscall_pb2.Socket, _architecture: str) -> str:
    return sockets.protocol(message.domain, value)


def _fcntl_argument(value: int, message: syscall_pb2.Fcntl, architecture: str) -> str:
    return fcntl_argument(message.cmd, value, architecture) or ""


def _timespec(value: common_pb2.Timespec) -> str:
    return seconds_text(value.sec, value.nsec)


def _file_time(value: common_pb2.Timespec) -> int:
    return value.sec * _NANOSECONDS + value.nsec


def _itimerspec(value: syscall_pb2.ItimerSpec) -> str:
    return f"{_timespec(value.value)}, then every {_timespec(value.interval)}"


def _socket_ip(value: common_pb2.SocketIp) -> str:
    return sockets.ip_endpoint(value.ip, value.port)


def _socket_info(value: common_pb2.SocketInfo) -> str:
    ends = f"{_socket_ip(value.local)} → {_socket_ip(value.remote)}"
    return f"{sockets.FAMILY.text(value.family)} {ends}"


def _credentials(value: common_pb2.Credentials) -> str:
    uids = (value.real_uid, value.effective_uid, value.saved_uid)
    gids = (value.real_gid, value.effective_gid, value.saved_gid)
    return f"uid {_ids(uids)}, gid {_ids(gids)}"


def _ids(ids: tuple[int, int, int]) -> str:
    real, effective, saved = map(identity, ids)
    if real == effective == saved:
        return real
    return f"{real} (effective {effective}, saved {saved})"


_POINTER = _simple(pointer)
_DIRECTORY = _simple(file_flags.directory_fd)
_FAMILY = _simple(sockets.FAMILY.text)
_ADDRESS = _simple(sockets.address)
_MODE = _simple(octal)
_FILE_MODE = _simple(file_flags.file_mode)
_ID = _simple(identity)
_WAIT = _simple(wait_status)
_MOMENT = MomentForm(int)
_FILE_TIME = MomentForm(_file_time)
_RLIMIT = _simple(task_flags.rlimit_value)
_CLONE = _simple(task_flags.clone_flags)
_RWF = _simple(file_flags.RWF.text)
_DIGEST = _simple(bytes.hex)

FORMS: dict[type[Message], dict[str, Form]] = {
    common_pb2.ContextData: {
        "time_ns": _MOMENT,
        "thread_start_time_ns": _MOMENT,
        "thread_group_start_time_ns": _MOMENT,
        "credentials": _simple(_credentials),
    },
    common_pb2.SocketIp: {"family": _FAMILY, "ip": _simple(sockets.ip_address)},
    common_pb2.SocketInfo: {
        "family": _FAMILY,
        "local": _simple(_socket_ip),
        "remote": _simple(_socket_ip),
    },
    common_pb2.FdInfo: {"mode": _FILE_MODE, "socket": _simple(_socket_info)},
    common_pb2.Timespec: {"nsec": _simple(duration)},
    container_pb2.Start: {},
    sentry_pb2.CloneInfo: {"created_thread_start_time_ns": _MOMENT, "flags": _CLONE},
    sentry_pb2.ExecveInfo: {
        "binary_mode": _FILE_MODE,
        "binary_sha256": _DIGEST,
        "binary_sha1": _DIGEST,
        "binary_ctime": _FILE_TIME,
    },
    sentry_pb2.MmapInfo: {"mapped_mode": _FILE_MODE, "mapped_ctime": _FILE_TIME},
    sentry_pb2.ExitNotifyParentInfo: {"exit_status": _WAIT},
    sentry_pb2.TaskExit: {"exit_status": _WAIT},
    syscall_pb2.Exit: {"errorno": _errno},
    syscall_pb2.StructRlimit: {"cur": _RLIMIT, "max": _RLIMIT},
    syscall_pb2.ItimerSpec: {"interval": _simple(_timespec), "value": _simple(_timespec)},
    syscall_pb2.Open: {
        "fd": _DIRECTORY,
        "flags": _by_architecture(file_flags.OPEN),
        "mode": _MODE,
    },
    syscall_pb2.Read: {"flags": _RWF},
    syscall_pb2.Write: {"flags": _RWF},
    syscall_pb2.Connect: {"address": _ADDRESS},
    syscall_pb2.Bind: {"address": _ADDRESS},
    syscall_pb2.Accept: {"address": _ADDRESS, "flags": _simple(sockets.ACCEPT_FLAGS.text)},
    syscall_pb2.Listen: {
        "address": _ADDRESS,
        "socket_family": _FAMILY,
        "socket_type": _simple(sockets.SOCKET_TYPE.text),
    },
    syscall_pb2.Execve: {"fd": _DIRECTORY, "flags": _simple(file_flags.EXECVEAT.text)},
    syscall_pb2.Socket: {
        "domain": _FAMILY,
        "type": _simple(sockets.SOCKET_TYPE.text),
        "protocol": _protocol,
    },
    syscall_pb2.SocketPair: {
        "domain": _FAMILY,
        "type": _simple(sockets.SOCKET_TYPE.text),
        "protocol": _protocol,
    },
    syscall_pb2.Setid: {"id": _ID},
    syscall_pb2.Setresid: {"rid": _ID, "eid": _ID, "sid": _ID},
    syscall_pb2.Prlimit: {
        "resource": _simple(task_flags.RLIMIT.text),
        "new_limit": _simple(calls.rlimit),
        "old_limit": _simple(calls.rlimit),
    },
    syscall_pb2.Pipe: {"flags": _by_architecture(file_flags.PIPE)},
    syscall_pb2.Fcntl: {"cmd": _simple(file_flags.FCNTL.text), "args": _fcntl_argument},
    syscall_pb2.Dup: {"flags": _simple(file_flags.DUP3.text)},
    syscall_pb2.Signalfd: {
        "sigset": _simple(signal_set),
        "flags": _simple(file_flags.SIGNALFD.text),
    },
    syscall_pb2.Eventfd: {"flags": _simple(file_flags.EVENTFD.text)},
    syscall_pb2.Clone: {"flags": _CLONE, "stack": _POINTER, "tls": _POINTER},
    syscall_pb2.TimerfdCreate: {
        "clock_id": _simple(task_flags.CLOCK.text),
        "flags": _simple(task_flags.TIMERFD_CREATE.text),
    },
    syscall_pb2.TimerfdSetTime: {
        "flags": _simple(task_flags.TIMERFD_SETTIME.text),
        "new_value": _simple(_itimerspec),
        "old_value": _simple(_itimerspec),
    },
    syscall_pb2.TimerfdGetTime: {"cur_value": _simple(_itimerspec)},
    syscall_pb2.InotifyInit: {"flags": _simple(file_flags.INOTIFY_INIT.text)},
    syscall_pb2.InotifyAddWatch: {"mask": _simple(file_flags.INOTIFY_MASK.text)},
    syscall_pb2.Mmap: {
        "addr": _POINTER,
        "prot": _by_architecture(memory_flags.PROT),
        "flags": _by_architecture(memory_flags.MAP),
    },
    syscall_pb2.Ptrace: {"request": _by_architecture(task_flags.PTRACE)},
}
"""The form of each field, by message and field name; other fields are shown as they are."""

SYSNO: Form = _sysno
"""The form of `sysno`, which every system call has."""
