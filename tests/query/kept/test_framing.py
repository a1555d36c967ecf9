"""Pieces come out of a section as they were put into it, or not at all."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.kept.framing import (
    BrokenStateError,
    NotKeptError,
    framed,
    packed_value,
    unframed,
    unpacked_value,
)

PIECES = st.lists(st.binary(max_size=40), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.text() | st.binary(),
    lambda inner: st.tuples(inner, inner) | st.dictionaries(st.integers(0, 9), inner, max_size=3),
    max_leaves=8,
)


@given(PIECES)
def test_pieces_are_given_back(pieces: list[bytes]) -> None:
    found = unframed(io.BytesIO(b"".join(framed(pieces))))
    assert [piece() for piece in found] == pieces


@given(PIECES.filter(bool), st.data())
def test_what_is_cut_off_is_told_or_lacks_whole_pieces(
    pieces: list[bytes], data: st.DataObject
) -> None:
    whole = b"".join(framed(pieces))
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        found = [piece() for piece in unframed(io.BytesIO(cut))]
    except BrokenStateError:
        return
    assert found == pieces[: len(found)]
    assert b"".join(framed(found)) == cut


@given(VALUES)
def test_values_are_given_back(value: object) -> None:
    assert unpacked_value(packed_value(value)) == value


def test_half_a_pair_of_surrogates_is_kept() -> None:
    assert unpacked_value(packed_value("\ud800")) == "\ud800"


@pytest.mark.parametrize("value", [1 << 64, object(), {1, 2}])
def test_what_cannot_be_written_is_told(value: object) -> None:
    with pytest.raises(NotKeptError):
        packed_value(value)
