from __future__ import annotations

import pytest

from gvtui.decode.numbers import identity, int32, int64, octal, pointer


def test_signed_numbers() -> None:
    assert int32(0xFFFFFF9C) == -100
    assert int32(-100) == -100
    assert int32(0x1_0000_0003) == 3
    assert int64((1 << 64) - 1) == -1
    assert int64(5) == 5


def test_pointer() -> None:
    assert pointer(0) == "NULL"
    assert pointer(0x7F00) == "0x7f00"
    assert pointer(-1) == "0xffffffffffffffff"


@pytest.mark.parametrize(
    ("mode", "shown"), [(0o644, "0644"), (0o22, "022"), (7, "007"), (0, "000")]
)
def test_octal(mode: int, shown: str) -> None:
    assert octal(mode) == shown


def test_identity() -> None:
    assert identity(0xFFFFFFFF) == identity(-1) == "-1"
    assert identity(1000) == "1000"
