from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.wire.handshake import VERSION, build_handshake, parse_handshake
from gvtui.wire.header import WireError


def test_the_bytes_of_version_one() -> None:
    assert build_handshake() == b"\x08\x01"
    assert parse_handshake(b"\x08\x01") == VERSION == 1


@given(st.integers(1, 0xFFFFFFFF))
def test_later_versions_are_taken(version: int) -> None:
    assert parse_handshake(build_handshake(version)) == version


@pytest.mark.parametrize("datagram", [b"", b"\x08\x00"])
def test_a_version_below_the_lowest(datagram: bytes) -> None:
    with pytest.raises(WireError, match="version 0 is below 1"):
        parse_handshake(datagram)


def test_fields_of_later_versions_do_not_matter() -> None:
    assert parse_handshake(b"\x08\x02\x12\x03abc") == 2


@given(st.binary(max_size=40))
def test_any_bytes_give_a_version_or_a_wire_error(datagram: bytes) -> None:
    with contextlib.suppress(WireError):
        assert parse_handshake(datagram) >= VERSION
