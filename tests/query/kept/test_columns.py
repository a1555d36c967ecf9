"""Whole numbers are read as they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.kept.columns import packed_numbers, unpacked_numbers


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(0, 300)))
def test_numbers_are_read_as_they_were(numbers: list[int]) -> None:
    packed = packed_numbers(numbers)
    assert packed is not None
    assert unpacked_numbers(*packed) == numbers


def test_numbers_near_each_other_need_a_byte_each() -> None:
    packed = packed_numbers(range(1000))
    assert packed is not None
    assert len(packed[1]) == 1000


def test_numbers_of_more_than_64_bits_are_not_packed() -> None:
    assert packed_numbers([1, 1 << 63]) is None


def test_numbers_that_lie_otherwise_are_an_error() -> None:
    with pytest.raises(ValueError, match="numbers that lie as"):
        unpacked_numbers("O", b"12345678")
