"""Numbers for the paths that rows have as interned strings."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from gvtui.query.resolved.naming import DescriptorNaming
from gvtui.query.resolved.texts import Texts


class Strings:
    """A trace that has only strings."""

    def __init__(self, *texts: str) -> None:
        self.texts = ["", "(lost)", *texts]

    def string(self, number: int) -> str:
        return self.texts[number]


def test_absolute_ones_get_the_number_of_their_normal_form() -> None:
    texts = Texts()
    naming = DescriptorNaming(
        cast("Any", Strings("/a/../b", "b", "/b", "[err: FD not found]", "pipe:[1]")), texts
    )
    strings = np.arange(7, dtype=np.uint32)
    b = texts.number("/b")
    assert naming.numbers(strings).tolist() == [0, 0, b, 0, b, 0, 0]
    assert naming.absolute(strings).tolist() == [False, False, True, False, True, False, False]
    assert naming.tells(strings).tolist() == [False, False, True, True, True, False, True]
    assert naming.resolved("/x", "../b") == (b, "/b", "../b")
    assert naming.numbers(np.array([3, 2], np.uint32)).tolist() == [0, b]
