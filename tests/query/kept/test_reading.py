"""Bytes that are no state give an error and change nothing."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.kept.framing import BrokenStateError, framed, unframed
from gvtui.query.kept.reading import StateReader
from gvtui.query.kept.writing import StateWriter
from gvtui.query.resolved.texts import Texts


def no_column(number: int) -> Any:
    raise BrokenStateError(str(number))


def written(*texts: str) -> bytes:
    known = Texts()
    for text in texts:
        known.number(text)
    return b"".join(framed(StateWriter({}).section({"texts": known})))


def test_a_part_is_filled() -> None:
    texts = Texts()
    StateReader({}, no_column).restore(unframed(io.BytesIO(written("a", "b"))), {"texts": texts})
    assert texts.number("b") == 2
    assert texts.number("c") == 3


@given(st.data())
def test_damaged_bytes_change_no_part_or_are_read_as_values(data: st.DataObject) -> None:
    raw = bytearray(written("one", "two", "three"))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    texts = Texts()
    before = dict(vars(texts))
    try:
        StateReader({}, no_column).restore(unframed(io.BytesIO(raw)), {"texts": texts})
    except BrokenStateError:
        assert vars(texts) == before


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-100, 100)
        | st.text(max_size=8)
        | st.sampled_from(["o", "r", "p", "t", "e", "n", "list", "dict", "ndarray", "column"]),
        lambda inner: (
            st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
    )
)
def test_any_values_at_all_give_an_error_or_values(told: Any) -> None:
    for shape in ([told], [told, told], [{"": told}, told], [{"": {"x": told}}]):
        try:
            pieces = [partial(bytes, msgpack.packb(each)) for each in (*shape, [told])]
            StateReader({}, no_column).values(pieces)
        except BrokenStateError:
            continue


def test_parts_that_are_other_ones_are_not_filled() -> None:
    texts = Texts()
    with pytest.raises(BrokenStateError):
        StateReader({}, no_column).restore(unframed(io.BytesIO(written("a"))), {"other": texts})
    assert len(texts) == 1
