from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.shelf import Shelf

if TYPE_CHECKING:
    import numpy.typing as npt


def numbers(count: int, first: int = 0) -> npt.NDArray[np.int32]:
    return np.arange(first, first + count, dtype=np.int32)


def test_what_is_not_in_memory_is_as_it_was(tmp_path: Path) -> None:
    shelf = Shelf(np.int32, [tmp_path], held=2)
    for key in range(10):
        shelf.put(key, numbers(1000 + key, key))
    found = [shelf.get(key) for key in range(10)]
    assert all(
        array is not None and np.array_equal(array, numbers(1000 + key, key))
        for key, array in enumerate(found)
    )
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_to_an_array_comes_back(tmp_path: Path) -> None:
    shelf = Shelf(np.int32, [tmp_path], held=1)
    for key in range(3):
        shelf.put(key, np.zeros(10, np.int32))
    array = shelf.edit(0)
    assert array is not None
    # Others are read before it is written to: it stays where it is.
    assert shelf.get(1) is not None
    assert shelf.get(2) is not None
    array[3] = 7
    shelf.edit(1)
    shelf.get(2)
    again = shelf.get(0)
    assert again is not None
    assert again.tolist() == [0, 0, 0, 7, 0, 0, 0, 0, 0, 0]


def test_the_place_of_one_that_goes_is_used_again(tmp_path: Path) -> None:
    shelf = Shelf(np.int32, [tmp_path], held=1)
    for key in range(100):
        shelf.put(key, numbers(1024))
        shelf.drop(key - 4)
    assert len(shelf) == 4
    assert shelf._end <= 6 * 4096
    assert shelf.get(95) is None
    assert 95 not in shelf
    assert 96 in shelf
    shelf.clear()
    assert shelf.known() == []


def test_where_nothing_can_be_written_all_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwritev", full)
    shelf = Shelf(np.int32, held=1)
    for key in range(5):
        shelf.put(key, numbers(10, key))
    assert [int(array[0]) for key in range(5) if (array := shelf.get(key)) is not None] == [
        0, 1, 2, 3, 4,
    ]  # fmt: skip


def test_its_file_is_closed_with_it(tmp_path: Path) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    before = count()
    shelf = Shelf(np.int32, [tmp_path], held=1)
    for key in range(3):
        shelf.put(key, numbers(10))
    assert count() == before + 1
    del shelf
    assert count() == before


def test_another_thread_may_read(tmp_path: Path) -> None:
    shelf = Shelf(np.int32, [tmp_path], held=2)
    shelf.put(0, numbers(5000))
    wrong: list[int] = []

    def read() -> None:
        for turn in range(300):
            array = shelf.get(turn % 5)
            if array is not None and len(array) != 5000:
                wrong.append(turn)

    thread = threading.Thread(target=read)
    thread.start()
    for turn in range(300):
        shelf.put(1 + turn % 4, numbers(5000, turn))
    thread.join()
    assert wrong == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["put", "edit", "get", "drop"]), st.integers(0, 5), st.integers(1, 3000)
        ),
        max_size=60,
    )
)
def test_it_holds_what_a_dict_would(steps: list[tuple[str, int, int]]) -> None:
    shelf, expected = Shelf(np.int32, held=2), dict[int, list[int]]()
    for what, key, size in steps:
        if what == "put":
            shelf.put(key, numbers(size, key))
            expected[key] = list(range(key, key + size))
        elif what == "edit":
            array = shelf.edit(key)
            assert (array is None) == (key not in expected)
            if array is not None:
                array[0] = -size
                expected[key][0] = -size
        elif what == "drop":
            shelf.drop(key)
            expected.pop(key, None)
        found = shelf.get(key)
        assert (None if found is None else found.tolist()) == expected.get(key)
    assert shelf.known() == sorted(expected)


def test_it_tells_what_was_given_out_for_writing_since_it_was_last_asked() -> None:
    shelf = Shelf(np.int32)
    shelf.put(3, numbers(4))
    shelf.put(1, numbers(4))
    assert shelf.touched() == [1, 3]
    shelf.get(1)
    assert shelf.edit(9) is None
    assert shelf.touched() == []
    shelf.edit(3)
    assert shelf.touched() == [3]
