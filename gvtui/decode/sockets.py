"""Socket families, types, protocols and addresses.

Sources beyond the standard library: Linux include/linux/socket.h, include/uapi/linux/netlink.h,
include/uapi/linux/in.h, include/uapi/asm-generic/socket.h.
"""

from __future__ import annotations

import socket

from gvtui.decode.escape import quoted_bytes
from gvtui.decode.flags import Flags, ValueSet
from gvtui.wire.sockaddr import AF_NETLINK, ip_text, ipv4_text, parse_sockaddr

FAMILY = ValueSet(
    {
        **{int(family): family.name for family in socket.AddressFamily if family >= 0},
        int(socket.AF_UNSPEC): "AF_UNSPEC",
        AF_NETLINK: "AF_NETLINK",
        37: "AF_CAIF",
        38: "AF_ALG",
        39: "AF_NFC",
        40: "AF_VSOCK",
        41: "AF_KCM",
        42: "AF_QIPCRTR",
        43: "AF_SMC",
        44: "AF_XDP",
        45: "AF_MCTP",
    }
)

_TYPES = {
    1: "SOCK_STREAM",
    2: "SOCK_DGRAM",
    3: "SOCK_RAW",
    4: "SOCK_RDM",
    5: "SOCK_SEQPACKET",
    6: "SOCK_DCCP",
    10: "SOCK_PACKET",
}
_TYPE_FLAGS = {"SOCK_CLOEXEC": 0o2000000, "SOCK_NONBLOCK": 0o4000}

SOCKET_TYPE = Flags(_TYPE_FLAGS, choice=_TYPES, choice_mask=0xF)
"""Type argument of socket and socketpair."""

ACCEPT_FLAGS = Flags(_TYPE_FLAGS)
"""Flags of accept4."""

_IP_PROTOCOLS = ValueSet(
    {
        **{
            int(getattr(socket, name)): name
            for name in sorted(dir(socket))
            if name.startswith("IPPROTO_") and name != "IPPROTO_MAX"
        },
        0: "IPPROTO_IP",
        136: "IPPROTO_UDPLITE",
        262: "IPPROTO_MPTCP",
    }
)

_NETLINK_PROTOCOLS = ValueSet(
    {
        0: "NETLINK_ROUTE",
        2: "NETLINK_USERSOCK",
        3: "NETLINK_FIREWALL",
        4: "NETLINK_SOCK_DIAG",
        5: "NETLINK_NFLOG",
        6: "NETLINK_XFRM",
        7: "NETLINK_SELINUX",
        8: "NETLINK_ISCSI",
        9: "NETLINK_AUDIT",
        10: "NETLINK_FIB_LOOKUP",
        11: "NETLINK_CONNECTOR",
        12: "NETLINK_NETFILTER",
        15: "NETLINK_KOBJECT_UEVENT",
        16: "NETLINK_GENERIC",
        18: "NETLINK_SCSITRANSPORT",
        20: "NETLINK_RDMA",
        21: "NETLINK_CRYPTO",
    }
)

_PROTOCOLS = {
    int(socket.AF_INET): _IP_PROTOCOLS,
    int(socket.AF_INET6): _IP_PROTOCOLS,
    AF_NETLINK: _NETLINK_PROTOCOLS,
}


def protocol(domain: int, number: int) -> str:
    """The protocol argument of socket, by its family; `0` where the family has just one."""
    names = _PROTOCOLS.get(domain)
    return names.text(number) if names is not None else str(number)


LEVEL = ValueSet(
    {
        0: "SOL_IP",
        1: "SOL_SOCKET",
        6: "SOL_TCP",
        17: "SOL_UDP",
        41: "SOL_IPV6",
        58: "SOL_ICMPV6",
        255: "SOL_RAW",
        263: "SOL_PACKET",
        270: "SOL_NETLINK",
    }
)

_OPTIONS = {
    0: ValueSet(
        {
            1: "IP_TOS",
            2: "IP_TTL",
            3: "IP_HDRINCL",
            8: "IP_PKTINFO",
            10: "IP_MTU_DISCOVER",
            11: "IP_RECVERR",
            12: "IP_RECVTTL",
            13: "IP_RECVTOS",
            24: "IP_BIND_ADDRESS_NO_PORT",
            32: "IP_MULTICAST_IF",
            33: "IP_MULTICAST_TTL",
            34: "IP_MULTICAST_LOOP",
            35: "IP_ADD_MEMBERSHIP",
            36: "IP_DROP_MEMBERSHIP",
        }
    ),
    1: ValueSet(
        {
            1: "SO_DEBUG",
            2: "SO_REUSEADDR",
            3: "SO_TYPE",
            4: "SO_ERROR",
            5: "SO_DONTROUTE",
            6: "SO_BROADCAST",
            7: "SO_SNDBUF",
            8: "SO_RCVBUF",
            9: "SO_KEEPALIVE",
            10: "SO_OOBINLINE",
            12: "SO_PRIORITY",
            13: "SO_LINGER",
            15: "SO_REUSEPORT",
            16: "SO_PASSCRED",
            17: "SO_PEERCRED",
            18: "SO_RCVLOWAT",
            19: "SO_SNDLOWAT",
            20: "SO_RCVTIMEO_OLD",
            21: "SO_SNDTIMEO_OLD",
            25: "SO_BINDTODEVICE",
            26: "SO_ATTACH_FILTER",
            29: "SO_TIMESTAMP_OLD",
            30: "SO_ACCEPTCONN",
            31: "SO_PEERSEC",
            32: "SO_SNDBUFFORCE",
            33: "SO_RCVBUFFORCE",
            34: "SO_PASSSEC",
            36: "SO_MARK",
            38: "SO_PROTOCOL",
            39: "SO_DOMAIN",
            46: "SO_BUSY_POLL",
            57: "SO_COOKIE",
            60: "SO_ZEROCOPY",
        }
    ),
    6: ValueSet(
        {
            1: "TCP_NODELAY",
            2: "TCP_MAXSEG",
            3: "TCP_CORK",
            4: "TCP_KEEPIDLE",
            5: "TCP_KEEPINTVL",
            6: "TCP_KEEPCNT",
            7: "TCP_SYNCNT",
            8: "TCP_LINGER2",
            9: "TCP_DEFER_ACCEPT",
            10: "TCP_WINDOW_CLAMP",
            11: "TCP_INFO",
            12: "TCP_QUICKACK",
            13: "TCP_CONGESTION",
            18: "TCP_USER_TIMEOUT",
            23: "TCP_FASTOPEN",
            30: "TCP_FASTOPEN_CONNECT",
            31: "TCP_ULP",
        }
    ),
    41: ValueSet(
        {
            16: "IPV6_UNICAST_HOPS",
            17: "IPV6_MULTICAST_IF",
            18: "IPV6_MULTICAST_HOPS",
            19: "IPV6_MULTICAST_LOOP",
            20: "IPV6_ADD_MEMBERSHIP",
            21: "IPV6_DROP_MEMBERSHIP",
            25: "IPV6_RECVERR",
            26: "IPV6_V6ONLY",
            49: "IPV6_RECVPKTINFO",
            66: "IPV6_RECVTCLASS",
            67: "IPV6_TCLASS",
        }
    ),
}


def socket_option(level: int, option: int) -> str:
    """The option argument of setsockopt, by its level."""
    names = _OPTIONS.get(level)
    return names.text(option) if names is not None else str(option)


SHUTDOWN = ValueSet({0: "SHUT_RD", 1: "SHUT_WR", 2: "SHUT_RDWR"})

MESSAGE_FLAGS = Flags(
    {
        "MSG_OOB": 0x1,
        "MSG_PEEK": 0x2,
        "MSG_DONTROUTE": 0x4,
        "MSG_CTRUNC": 0x8,
        "MSG_PROBE": 0x10,
        "MSG_TRUNC": 0x20,
        "MSG_DONTWAIT": 0x40,
        "MSG_EOR": 0x80,
        "MSG_WAITALL": 0x100,
        "MSG_FIN": 0x200,
        "MSG_SYN": 0x400,
        "MSG_CONFIRM": 0x800,
        "MSG_RST": 0x1000,
        "MSG_ERRQUEUE": 0x2000,
        "MSG_NOSIGNAL": 0x4000,
        "MSG_MORE": 0x8000,
        "MSG_WAITFORONE": 0x10000,
        "MSG_BATCH": 0x40000,
        "MSG_ZEROCOPY": 0x4000000,
        "MSG_FASTOPEN": 0x20000000,
        "MSG_CMSG_CLOEXEC": 0x40000000,
    }
)

_HEX_LIMIT = 64
"""How many bytes are shown of an address that does not fit its family."""


def hex_bytes(raw: bytes, limit: int = _HEX_LIMIT) -> str:
    """Bytes in hex, `...` behind them if they had to be cut; `""` if there are none."""
    if not raw:
        return '""'
    return f"0x{raw[:limit].hex()}{'...' if len(raw) > limit else ''}"


def ip_address(raw: bytes) -> str:
    """An IP address from its 4 or 16 bytes; hex for any other length."""
    return ip_text(raw) if len(raw) in (4, 16) else hex_bytes(raw)


def ip_endpoint(ip: bytes, port: int) -> str:
    """Address and port: `127.0.0.1:80`, `[::1]:80`."""
    host = ip_address(ip)
    return f"[{host}]:{port}" if len(ip) == 16 else f"{host}:{port}"


def address(raw: bytes) -> str:
    """A socket address: `{AF_INET, 127.0.0.1:8080}`, `{AF_UNIX, @"name"}`; hex if it is malformed.

    Never raises.
    """
    if (shown_ipv4 := ipv4_text(raw)) is not None:
        return f"{{AF_INET, {shown_ipv4}}}"
    parsed = parse_sockaddr(raw)
    if parsed.family is None:
        return hex_bytes(raw)
    family = FAMILY.text(parsed.family)
    if parsed.host is not None:
        shown = parsed.text
        if parsed.flow_info:
            shown += f", flowinfo={parsed.flow_info:#x}"
        if parsed.scope_id:
            shown += f", scope_id={parsed.scope_id}"
    elif parsed.path is not None:
        if not parsed.path:
            return f"{{{family}}}"
        if parsed.path[0] == 0:
            shown = "@" + quoted_bytes(parsed.path[1:])
        else:
            shown = quoted_bytes(parsed.path)
    elif parsed.netlink_pid is not None:
        shown = f"pid={parsed.netlink_pid}, groups={parsed.netlink_groups or 0:#010x}"
    else:
        shown = hex_bytes(raw[2:])
    return f"{{{family}, {shown}}}"
