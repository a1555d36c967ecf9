"""Mends the ports of sockets that a new program has as stdin, stdout or stderr.

gVisor's `fd_info` of `sentry/execve`, as released in September 2026, copies them from socket
addresses, where they are in network byte order, without swapping their bytes: 8081 arrives as
37151. The addresses of connect, bind, accept and listen arrive right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.wire.pb import sentry_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from gvtui.wire.messages import Decoded, Unknown
    from gvtui.wire.pb import common_pb2

DESCRIPTORS = ("stdin", "stdout", "stderr")
_ENDS = ("local", "remote")


def turned(port: int) -> int:
    """A port with its two bytes swapped; a number that is no port stays as it is."""
    return port >> 8 | (port & 0xFF) << 8 if 0 <= port <= 0xFFFF else port


def ends_of(message: sentry_pb2.ExecveInfo) -> dict[str, common_pb2.SocketIp]:
    """The local and remote ends of the program's sockets, by the path of their fields."""
    found: dict[str, common_pb2.SocketIp] = {}
    for name in DESCRIPTORS:
        info = getattr(message, name)
        if message.HasField(name) and info.HasField("socket"):
            for end in _ENDS:
                if info.socket.HasField(end):
                    found[f"{name}.socket.{end}"] = getattr(info.socket, end)
    return found


def right_ports(decoded: Decoded) -> Message | Unknown:
    """The message with all ports as programs know them; `decoded` itself is not changed."""
    message = decoded.message
    if (
        not decoded.ports_turned
        or not isinstance(message, sentry_pb2.ExecveInfo)
        or not ends_of(message)
    ):
        return message
    right = sentry_pb2.ExecveInfo()
    right.CopyFrom(message)
    for end in ends_of(right).values():
        end.port = turned(end.port)
    return right
