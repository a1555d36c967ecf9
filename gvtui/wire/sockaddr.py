"""Socket addresses as the sandboxed program passed them, put into words.

The bytes come from the program's memory, so any length and any family must be expected. Layouts:
Linux `struct sockaddr_in`, `sockaddr_in6`, `sockaddr_un`, `sockaddr_nl`.
"""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

AF_NETLINK = 16


class Address(NamedTuple):
    """The parts of a socket address."""

    family: int | None
    """The address family; None if the bytes are too few to hold one."""
    text: str
    """Short form: `127.0.0.1:80`, `[::1]:80`, `/run/x.sock`, `@abstract`, `netlink:0`; hex if the
    bytes do not fit their family."""
    host: str | None = None
    port: int | None = None
    path: bytes | None = None
    """The path of a Unix socket; starts with a zero byte if abstract; empty if unnamed."""
    netlink_pid: int | None = None
    netlink_groups: int | None = None
    flow_info: int = 0
    scope_id: int = 0

    @property
    def is_understood(self) -> bool:
        """Whether the bytes fit their family."""
        return self.host is not None or self.path is not None or self.netlink_pid is not None


def ip_text(raw: bytes) -> str:
    """An IP address of 4 or 16 bytes, as the C library writes it: `::ffff:127.0.0.1`.

    Python's `ipaddress` writes IPv4 mapped into IPv6 in other ways, depending on its version.
    """
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


def ipv4_text(raw: bytes) -> str | None:
    """What `parse_sockaddr` gives as `text` for an IPv4 address, in a third of the time; None for
    other bytes."""
    if raw[:2] != _INET or len(raw) < 8:
        return None
    port, host = _ipv4(raw)
    return f"{host}:{port}"


def _ipv4(raw: bytes) -> tuple[int, str]:
    return raw[2] << 8 | raw[3], socket.inet_ntoa(raw[4:8])


_INET = struct.pack("<H", socket.AF_INET)


def parse_sockaddr(raw: bytes) -> Address:
    """Read the bytes of a `struct sockaddr`; never raises."""
    if len(raw) < 2:
        return Address(None, raw.hex())
    (family,) = struct.unpack_from("<H", raw)
    if family == socket.AF_INET and len(raw) >= 8:
        port, host = _ipv4(raw)
        return Address(family, f"{host}:{port}", host=host, port=port)
    if family == socket.AF_INET6 and len(raw) >= 24:
        port, flow_info = struct.unpack_from(">HI", raw, 2)
        host = ip_text(raw[8:24])
        scope_id = struct.unpack_from("<I", raw, 24)[0] if len(raw) >= 28 else 0
        return Address(
            family, f"[{host}]:{port}", host=host, port=port, flow_info=flow_info, scope_id=scope_id
        )
    if family == socket.AF_UNIX:
        path = raw[2:]
        if path[:1] == b"\0":
            text = "@" + path[1:].decode("utf-8", "backslashreplace")
        else:
            path = path.split(b"\0", 1)[0]
            text = path.decode("utf-8", "backslashreplace")
        return Address(family, text, path=path)
    if family == AF_NETLINK and len(raw) >= 12:
        pid, groups = struct.unpack_from("<II", raw, 4)
        return Address(family, f"netlink:{pid}", netlink_pid=pid, netlink_groups=groups)
    return Address(family, raw.hex())
