"""Message types and the protobuf messages they carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from gvtui.wire.header import Header, WireError, parse_header
from gvtui.wire.pb import common_pb2, container_pb2, sentry_pb2, syscall_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message

RAW_SYSCALL = 6
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
        1: (container_pb2.Start, "container/start"),
        2: (sentry_pb2.CloneInfo, "sentry/clone"),
        3: (sentry_pb2.ExecveInfo, "sentry/execve"),
        4: (sentry_pb2.ExitNotifyParentInfo, "sentry/exit_notify_parent"),
        5: (sentry_pb2.TaskExit, "sentry/task_exit"),
        35: (sentry_pb2.MmapInfo, "sentry/mmap"),
    }
    syscalls: dict[int, type[Message]] = {
        RAW_SYSCALL: syscall_pb2.Syscall,
        7: syscall_pb2.Open,
        8: syscall_pb2.Close,
        9: syscall_pb2.Read,
        10: syscall_pb2.Connect,
        11: syscall_pb2.Execve,
        12: syscall_pb2.Socket,
        13: syscall_pb2.Chdir,
        14: syscall_pb2.Setid,
        15: syscall_pb2.Setresid,
        16: syscall_pb2.Prlimit,
        17: syscall_pb2.Pipe,
        18: syscall_pb2.Fcntl,
        19: syscall_pb2.Dup,
        20: syscall_pb2.Signalfd,
        21: syscall_pb2.Chroot,
        22: syscall_pb2.Eventfd,
        23: syscall_pb2.Clone,
        24: syscall_pb2.Bind,
        25: syscall_pb2.Accept,
        26: syscall_pb2.TimerfdCreate,
        27: syscall_pb2.TimerfdSetTime,
        28: syscall_pb2.TimerfdGetTime,
        29: syscall_pb2.Fork,
        30: syscall_pb2.InotifyInit,
        31: syscall_pb2.InotifyAddWatch,
        32: syscall_pb2.InotifyRmWatch,
        33: syscall_pb2.SocketPair,
        34: syscall_pb2.Write,
        36: syscall_pb2.Mmap,
        37: syscall_pb2.Listen,
        38: syscall_pb2.Ptrace,
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


@dataclass(frozen=True, slots=True)
class Decoded:
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
