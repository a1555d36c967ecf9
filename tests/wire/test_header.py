from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.wire.header import MIN_HEADER_SIZE, Header, WireError, build_message, parse_header

U16 = st.integers(0, 0xFFFF)
U32 = st.integers(0, 0xFFFFFFFF)


def test_bytes_are_little_endian() -> None:
    datagram = bytes.fromhex("0800 0700 03020100") + b"payload"
    assert parse_header(datagram) == Header(8, 7, 0x00010203)
    assert build_message(7, b"payload", 0x00010203) == datagram


def test_an_empty_payload_is_a_message() -> None:
    assert parse_header(build_message(7, b"")) == Header(8, 7, 0)


@given(U16, st.binary(max_size=50), U32, st.integers(MIN_HEADER_SIZE, 300))
def test_a_header_may_be_of_any_size(kind: int, payload: bytes, dropped: int, size: int) -> None:
    datagram = build_message(kind, payload, dropped, size)
    assert parse_header(datagram) == Header(size, kind, dropped)
    assert datagram[size:] == payload


@given(st.integers(0, 1 << 40))
def test_the_dropped_count_wraps(dropped: int) -> None:
    assert parse_header(build_message(7, b"", dropped)).dropped_count == dropped % (1 << 32)


@given(st.binary(max_size=40))
def test_any_bytes_give_a_header_or_a_wire_error(datagram: bytes) -> None:
    try:
        header = parse_header(datagram)
    except WireError:
        size = int.from_bytes(datagram[:2], "little")
        assert len(datagram) < MIN_HEADER_SIZE or not MIN_HEADER_SIZE <= size <= len(datagram)
    else:
        assert MIN_HEADER_SIZE <= header.header_size <= len(datagram)


@pytest.mark.parametrize(
    ("datagram", "words"),
    [
        (b"", "0 bytes"),
        (b"\x08\x00\x07\x00\x00\x00\x00", "7 bytes"),
        (b"\x07\x00" + bytes(6), "header size 7 is below 8"),
        (b"\x09\x00" + bytes(6), "header size 9, but only 8 bytes came"),
    ],
)
def test_what_is_wrong_is_said(datagram: bytes, words: str) -> None:
    with pytest.raises(WireError, match=words):
        parse_header(datagram)


def test_a_view_of_bytes_will_do() -> None:
    assert parse_header(memoryview(build_message(7, b"x"))) == Header(8, 7, 0)
