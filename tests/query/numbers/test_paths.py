from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gvtui.query.numbers.paths import NamedPaths
from gvtui.trace.row import LOST_STRING

if TYPE_CHECKING:
    from gvtui.query.source import RowSource


class Strings:
    """A trace's interned strings."""

    def __init__(self) -> None:
        self.texts = {0: "", LOST_STRING: "", 2: "/etc/passwd", 3: "[err: FD not found]"}
        self.texts[5000] = "pipe:[1]"
        self.asked: list[int] = []

    def string(self, number: int) -> str:
        self.asked.append(number)
        return self.texts[number]


def test_only_paths_are_left_and_each_string_is_read_once() -> None:
    strings = Strings()
    paths = NamedPaths(cast("RowSource", cast("Any", strings)))
    numbers = np.array([0, LOST_STRING, 2, 3, 2, 5000], np.int64)
    assert paths.only(numbers).tolist() == [0, LOST_STRING, 2, 0, 2, 5000]
    assert paths.only(numbers[2:4]).tolist() == [2, 0]
    assert sorted(strings.asked) == [0, 2, 3, 5000]
    assert paths.only(numbers[:0]).tolist() == []
