"""Numbers objects in the order in which they are met, many of them in little memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left

import numpy as np

_MOST_RECENT = 1 << 16
"""How many are looked up fast before they are settled."""


class ObjectNumbers:
    """The numbers of objects, by what `id` gives for them: the caller keeps them alive."""

    def __init__(self) -> None:
        self._recent: dict[int, int] = {}
        self._ids, self._numbers = array("Q"), array("I")
        """Those before `_recent`, in the order of the ids: a fifth of the memory."""

    def __len__(self) -> int:
        return len(self._recent) + len(self._ids)

    def get(self, identity: int) -> int:
        """The number of an object; -1 if it has none."""
        found = self._recent.get(identity)
        if found is not None:
            return found
        place = bisect_left(self._ids, identity)
        if place < len(self._ids) and self._ids[place] == identity:
            return self._numbers[place]
        return -1

    def add(self, identity: int) -> int:
        """Give an object that has no number the next one."""
        number = self._recent[identity] = len(self)
        if len(self._recent) >= _MOST_RECENT:
            self.settle()
        return number

    def settle(self) -> None:
        """Hold all numbers in little memory: of many objects, further ones are not expected
        soon."""
        count = len(self._recent)
        ids = np.empty(len(self), np.uint64)
        numbers = np.empty(len(self), np.uint32)
        ids[:count] = np.fromiter(self._recent, np.uint64, count)
        numbers[:count] = np.fromiter(self._recent.values(), np.uint32, count)
        ids[count:], numbers[count:] = self._ids, self._numbers
        self._recent = {}
        order = np.argsort(ids)
        self._ids = array("Q", ids[order].tobytes())
        self._numbers = array("I", numbers[order].tobytes())
