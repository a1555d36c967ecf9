"""Pieces of states in memory are what they were."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.kept.blocks import BLOCK_BYTES, BlockWriter
from gvtui.query.kept.held import HeldPiece
from gvtui.query.kept.objectnumbers import PAGE


@given(st.lists(st.binary(max_size=30) | st.just(b"ab" * BLOCK_BYTES), max_size=4))
def test_they_give_their_bytes(pieces: list[bytes]) -> None:
    writer = BlockWriter()
    writer.begin()
    writer.table(pieces)
    none = np.empty(0, np.int64)
    held = writer.held([none] * len(pieces))
    assert [piece() for piece in held] == pieces
    size = writer.packed_bytes
    writer.begin()
    assert writer.table(held)
    assert (writer.take(), writer.packed_bytes) == (b"", size)
    assert writer.table(pieces)
    assert writer.take() == b""


@given(st.sets(st.integers(0, 5 * PAGE)))
def test_they_tell_which_pages_they_refer_to(numbers: set[int]) -> None:
    pages = HeldPiece([], np.array(sorted(numbers), np.int64)).pages
    assert [number for _, own in pages for number in own] == sorted(numbers)
    assert [page for page, _ in pages] == sorted({number // PAGE for number in numbers})
    assert all(number // PAGE == page for page, own in pages for number in own)
