from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.sockets import (
    FAMILY,
    SOCKET_TYPE,
    address,
    hex_bytes,
    ip_address,
    ip_endpoint,
    protocol,
    socket_option,
)
from tests.decode.helpers import is_safe

IPV4 = (
    struct.pack("<H", socket.AF_INET) + struct.pack(">H", 8080) + bytes([127, 0, 0, 1]) + bytes(8)
)
IPV6 = struct.pack("<H", socket.AF_INET6) + struct.pack(">HI", 80, 0) + bytes(15) + b"\1" + bytes(4)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (IPV4, "{AF_INET, 127.0.0.1:8080}"),
        (IPV4[:8], "{AF_INET, 127.0.0.1:8080}"),
        (IPV4[:7], "{AF_INET, 0x1f907f0000}"),
        (IPV6, "{AF_INET6, [::1]:80}"),
        (
            IPV6[:4] + b"\0\0\0\5" + IPV6[8:24] + b"\3\0\0\0",
            "{AF_INET6, [::1]:80, flowinfo=0x5, scope_id=3}",
        ),
        (IPV6[:23], "{AF_INET6, 0x0050" + "00" * 19 + "}"),
        (b"\1\0/run/x.sock\0junk", '{AF_UNIX, "/run/x.sock"}'),
        (b"\1\0", "{AF_UNIX}"),
        (b"\1\0\0hidden", '{AF_UNIX, @"hidden"}'),
        (b"\1\0\0a\0b\x1b", '{AF_UNIX, @"a\\x00b\\x1b"}'),
        (b"\1\0/\xff", '{AF_UNIX, "/\\xff"}'),
        (struct.pack("<HHII", 16, 0, 42, 5), "{AF_NETLINK, pid=42, groups=0x00000005}"),
        (b"\x10\0\1", "{AF_NETLINK, 0x01}"),
        (b"\x11\0abc", "{AF_PACKET, 0x616263}"),
        (b"\0\0", '{AF_UNSPEC, ""}'),
        (b"\xe7\3ab", "{0x3e7, 0x6162}"),
        (b"\2", "0x02"),
        (b"", '""'),
    ],
)
def test_address(raw: bytes, shown: str) -> None:
    assert address(raw) == shown


@given(st.binary(max_size=200))
def test_any_bytes_make_an_address(raw: bytes) -> None:
    assert is_safe(address(raw))


@given(st.sampled_from([1, 2, 10, 16, 17]), st.binary(max_size=200))
def test_any_bytes_of_a_known_family_make_an_address(family: int, rest: bytes) -> None:
    assert is_safe(address(struct.pack("<H", family) + rest))


def test_families() -> None:
    assert FAMILY.text(16) == "AF_NETLINK"
    assert FAMILY.text(40) == "AF_VSOCK"
    assert FAMILY.text(99) == "0x63"


def test_types() -> None:
    assert SOCKET_TYPE.text(1 | 0o2000000 | 0o4000) == "SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK"
    assert SOCKET_TYPE.text(9) == "0x9"
    assert SOCKET_TYPE.text(2 | 0x40) == "SOCK_DGRAM|0x40"


def test_protocols() -> None:
    assert protocol(2, 6) == "IPPROTO_TCP"
    assert protocol(10, 0) == "IPPROTO_IP"
    assert protocol(16, 9) == "NETLINK_AUDIT"
    assert protocol(1, 0) == "0"


def test_options() -> None:
    assert socket_option(1, 2) == "SO_REUSEADDR"
    assert socket_option(6, 1) == "TCP_NODELAY"
    assert socket_option(999, 7) == "7"


def test_hex_bytes_are_cut() -> None:
    assert hex_bytes(bytes(100), 2) == "0x0000..."


def test_ip_addresses() -> None:
    assert ip_address(bytes([10, 0, 0, 1])) == "10.0.0.1"
    assert ip_address(b"\1\2\3") == "0x010203"
    assert ip_endpoint(bytes(16), 80) == "[::]:80"
    assert ip_endpoint(bytes(4), 80) == "0.0.0.0:80"
