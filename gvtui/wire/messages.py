"""Message types and the protobuf messages they carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from google.protobuf.message import DecodeError

from gvtui.wire.header import Header, WireError, parse_header
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pb import common_pb2, container_pb2, sentry_pb2, syscall_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message

RAW_SYSCALL = int(MessageType.SYSCALL_RAW)
"""The message type of a system call whose arguments the sandbox does not decode."""


@dataclass(frozen=True, slots=True)
class MessageKind:
    """What a message type stands for."""

    message_type: int
    name: str
    """Name of the protobuf message, such as `Open`."""
    message_class: type[Message]
    is_syscall: bool
    """Whether it is sent for system calls: once when they enter, once when they exit."""
    point: str | None
    """The trace point's name, such as `sentry/clone`; None if several points send this type."""


def _kinds() -> dict[int, MessageKind]:
    events: dict[int, tuple[type[Message], str]] = {
        MessageType.CONTAINER_START: (container_pb2.Start, "container/start"),
        MessageType.SENTRY_CLONE: (sentry_pb2.CloneInfo, "sentry/clone"),
        MessageType.SENTRY_EXEC: (sentry_pb2.ExecveInfo, "sentry/execve"),
        MessageType.SENTRY_EXIT_NOTIFY_PARENT: (
            sentry_pb2.ExitNotifyParentInfo,
            "sentry/exit_notify_parent",
        ),
        MessageType.SENTRY_TASK_EXIT: (sentry_pb2.TaskExit, "sentry/task_exit"),
        MessageType.SENTRY_MMAP: (sentry_pb2.MmapInfo, "sentry/mmap"),
    }
    syscalls: dict[int, type[Message]] = {
        MessageType.SYSCALL_RAW: syscall_pb2.Syscall,
        MessageType.SYSCALL_OPEN: syscall_pb2.Open,
        MessageType.SYSCALL_CLOSE: syscall_pb2.Close,
        MessageType.SYSCALL_READ: syscall_pb2.Read,
        MessageType.SYSCALL_CONNECT: syscall_pb2.Connect,
        MessageType.SYSCALL_EXECVE: syscall_pb2.Execve,
        MessageType.SYSCALL_SOCKET: syscall_pb2.Socket,
        MessageType.SYSCALL_CHDIR: syscall_pb2.Chdir,
        MessageType.SYSCALL_SETID: syscall_pb2.Setid,
        MessageType.SYSCALL_SETRESID: syscall_pb2.Setresid,
        MessageType.SYSCALL_PRLIMIT64: syscall_pb2.Prlimit,
        MessageType.SYSCALL_PIPE: syscall_pb2.Pipe,
        MessageType.SYSCALL_FCNTL: syscall_pb2.Fcntl,
        MessageType.SYSCALL_DUP: syscall_pb2.Dup,
        MessageType.SYSCALL_SIGNALFD: syscall_pb2.Signalfd,
        MessageType.SYSCALL_CHROOT: syscall_pb2.Chroot,
        MessageType.SYSCALL_EVENTFD: syscall_pb2.Eventfd,
        MessageType.SYSCALL_CLONE: syscall_pb2.Clone,
        MessageType.SYSCALL_BIND: syscall_pb2.Bind,
        MessageType.SYSCALL_ACCEPT: syscall_pb2.Accept,
        MessageType.SYSCALL_TIMERFD_CREATE: syscall_pb2.TimerfdCreate,
        MessageType.SYSCALL_TIMERFD_SETTIME: syscall_pb2.TimerfdSetTime,
        MessageType.SYSCALL_TIMERFD_GETTIME: syscall_pb2.TimerfdGetTime,
        MessageType.SYSCALL_FORK: syscall_pb2.Fork,
        MessageType.SYSCALL_INOTIFY_INIT: syscall_pb2.InotifyInit,
        MessageType.SYSCALL_INOTIFY_ADD_WATCH: syscall_pb2.InotifyAddWatch,
        MessageType.SYSCALL_INOTIFY_RM_WATCH: syscall_pb2.InotifyRmWatch,
        MessageType.SYSCALL_SOCKETPAIR: syscall_pb2.SocketPair,
        MessageType.SYSCALL_WRITE: syscall_pb2.Write,
        MessageType.SYSCALL_MMAP: syscall_pb2.Mmap,
        MessageType.SYSCALL_LISTEN: syscall_pb2.Listen,
        MessageType.SYSCALL_PTRACE: syscall_pb2.Ptrace,
    }
    kinds = {
        number: MessageKind(number, cls.DESCRIPTOR.name, cls, False, point)
        for number, (cls, point) in events.items()
    }
    for number, cls in syscalls.items():
        kinds[number] = MessageKind(number, cls.DESCRIPTOR.name, cls, True, None)
    return kinds


KINDS = _kinds()
"""Every known message type."""

ENUM_NAMES: dict[int, str] = {value: name for name, value in common_pb2.MessageType.items()}
"""The name of each message type in the schema, such as `MESSAGE_SYSCALL_OPEN`."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message of a type that this version of gvtui does not know."""

    message_type: int
    payload: bytes

    def __str__(self) -> str:
        return f"Unknown(type={self.message_type})"


class Decoded(NamedTuple):
    """A message split into its header and its decoded payload."""

    header: Header
    kind: MessageKind | None
    """None for a type that is not known."""
    message: Message | Unknown
    ports_turned: bool = True
    """Whether the ports of descriptors' sockets came with their bytes swapped; see `wire.ports`."""


def direction(kind: MessageKind, message: Message) -> str | None:
    """`E` for a system call entering, `X` for one exiting, None for other events.

    A message is an exit if its field `exit` is present: for result 0 and no error it is empty.
    """
    if not kind.is_syscall:
        return None
    return "X" if message.HasField("exit") else "E"


def decode(datagram: bytes) -> Decoded:
    """Decode one datagram; a type that is not known gives a `message` of class `Unknown`.

    Raises:
        WireError: the header is wrong, or the payload is no message of its type.
    """
    header = parse_header(datagram)
    payload = bytes(datagram[header.header_size :])
    kind = KINDS.get(header.message_type)
    if kind is None:
        return Decoded(header, None, Unknown(header.message_type, payload))
    try:
        return Decoded(header, kind, kind.message_class.FromString(payload))
    except DecodeError as error:
        raise WireError(f"the payload is no valid {kind.name} message") from error
