from __future__ import annotations

import socket
import struct
from ipaddress import IPv6Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gvtui.wire.sockaddr import AF_NETLINK, Address, ip_text, ipv4_text, parse_sockaddr


def ipv4(host: str, port: int, rest: bytes = bytes(8)) -> bytes:
    return (
        struct.pack("<H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton(host) + rest
    )


def ipv6(host: str, port: int, flow: int = 0, scope: int | None = 0) -> bytes:
    raw = struct.pack("<H", socket.AF_INET6) + struct.pack(">HI", port, flow)
    raw += socket.inet_pton(socket.AF_INET6, host)
    return raw if scope is None else raw + struct.pack("<I", scope)


@given(st.ip_addresses(v=4), st.integers(0, 65535), st.binary(max_size=20))
def test_ipv4(host: object, port: int, rest: bytes) -> None:
    address = parse_sockaddr(ipv4(str(host), port, rest))
    assert address.text == f"{host}:{port}"
    assert (address.host, address.port) == (str(host), port)
    assert address.is_understood


@given(st.sampled_from([socket.AF_INET, socket.AF_INET6, 0x0200]), st.binary(max_size=20))
def test_ipv4_alone(family: int, rest: bytes) -> None:
    raw = struct.pack("<H", family) + rest
    is_ipv4 = family == socket.AF_INET and len(raw) >= 8
    assert ipv4_text(raw) == (parse_sockaddr(raw).text if is_ipv4 else None)
    assert ipv4_text(raw[:1]) is None


@given(st.ip_addresses(v=6), st.integers(0, 65535), st.integers(0, 0xFFFFFFFF))
@example(IPv6Address("::ffff:0:0"), 0, 0)
@example(IPv6Address("::1:0:0"), 0, 0)
def test_ipv6(host: IPv6Address, port: int, scope: int) -> None:
    address = parse_sockaddr(ipv6(str(host), port, 7, scope))
    written = socket.inet_ntop(socket.AF_INET6, host.packed)
    assert address.text == f"[{written}]:{port}"
    assert (address.flow_info, address.scope_id) == (7, scope)


def test_ipv6_without_a_scope() -> None:
    assert parse_sockaddr(ipv6("::1", 80, scope=None)).text == "[::1]:80"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (b"/run/x.sock", "/run/x.sock"),
        (b"/run/x.sock\0rubbish", "/run/x.sock"),
        (b"\0abstract", "@abstract"),
        (b"\0a\0b", "@a\0b"),
        (b"", ""),
        (b"/\xff", "/\\xff"),
    ],
)
def test_unix(path: bytes, text: str) -> None:
    address = parse_sockaddr(struct.pack("<H", socket.AF_UNIX) + path)
    assert address.text == text
    assert address.is_understood


def test_netlink() -> None:
    address = parse_sockaddr(struct.pack("<HHII", AF_NETLINK, 0, 42, 3))
    assert address.text == "netlink:42"
    assert (address.netlink_pid, address.netlink_groups) == (42, 3)


@pytest.mark.parametrize(
    "raw", [b"", b"\x02", b"\x02\x00\x00\x50", b"\x0a\x00\x00\x50", b"\x63\x00abc", b"\x10\x00\x00"]
)
def test_what_does_not_fit_its_family_is_hex(raw: bytes) -> None:
    address = parse_sockaddr(raw)
    assert address == Address(struct.unpack("<H", raw[:2])[0] if len(raw) > 1 else None, raw.hex())
    assert not address.is_understood


@given(st.binary(max_size=140))
def test_any_bytes(raw: bytes) -> None:
    assert isinstance(parse_sockaddr(raw).text, str)


def test_mapped_addresses_read_alike_on_every_python() -> None:
    mapped = bytes(10) + b"\xff\xff" + bytes([127, 0, 0, 1])
    assert ip_text(mapped) == "::ffff:127.0.0.1"
    raw = struct.pack("<H", socket.AF_INET6) + struct.pack(">HI", 80, 0) + mapped
    assert parse_sockaddr(raw).text == "[::ffff:127.0.0.1]:80"
