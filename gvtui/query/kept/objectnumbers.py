"""Gives objects their numbers: a page, and a place in it.

Objects that are alike and are met together share pages. So what a page contains stays the same, byte
for byte, from one state to the next, unless one of its objects changes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

PAGE_BITS = 9
PAGE = 1 << PAGE_BITS
"""How many objects a page has at most: so many are read when one of them is needed."""
_MOST_RECENT = 1 << 16
"""How many are looked up fast before they are settled."""


class Paging:
    """Gives out numbers; none is given twice."""

    def __init__(self) -> None:
        self._open: dict[Hashable, int] = {}
        self._pages = 0

    def next(self, alike: Hashable, most: int = PAGE) -> int:
        """The number of a further object among those that are alike, of which a page has `most`."""
        number = self._open.get(alike, 0)
        if not number % PAGE % most:
            number = self._pages * PAGE
            self._pages += 1
        self._open[alike] = number + 1
        return number


class ObjectNumbers:
    """The numbers of objects, by what `id` gives for them: the caller keeps them alive."""

    def __init__(self) -> None:
        self.paging = Paging()
        """Gives the numbers."""
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

    def former(self, identity: int) -> int:
        """The number that an object had in a state before; none had one."""
        return -1

    def add(self, identity: int, alike: Hashable, most: int = PAGE) -> int:
        """Give an object that has no number one among those that are alike."""
        number = self._recent[identity] = self.paging.next(alike, most)
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


class LastingNumbers:
    """The numbers of objects over several states: each keeps its own as long as every state has it.

    The caller keeps the objects of a state alive until the next one is written, and those that were
    read until `forget`.
    """

    def __init__(self) -> None:
        self.paging = Paging()
        """Gives the numbers."""
        self._own: dict[int, int] = {}
        self._former: dict[int, int] = {}
        self.read: dict[int, int] = {}
        """Those of the objects that were read."""

    def __len__(self) -> int:
        return len(self._own)

    def begin(self) -> None:
        """From now on the objects are those of the next state."""
        self._former, self._own = self._own, {}

    def forget(self) -> None:
        """From now on there are other objects; numbers that were given are not given again."""
        self._former, self._own, self.read = {}, {}, {}

    def know(self, numbers: Iterable[int], objects: Iterable[object]) -> None:
        """Note which numbers objects have that were read."""
        self.read.update(zip(map(id, objects), numbers, strict=True))

    def get(self, identity: int) -> int:
        """The number of an object of this state; -1 if it has not been met yet."""
        return self._own.get(identity, -1)

    def former(self, identity: int) -> int:
        """The number that an object had in a state before, and has in this one too; -1 if none."""
        number = self._former.get(identity, -1)
        if number < 0:
            number = self.read.get(identity, -1)
        if number >= 0:
            self._own[identity] = number
        return number

    def add(self, identity: int, alike: Hashable, most: int = PAGE) -> int:
        """Give an object that has no number one among those that are alike."""
        number = self._own[identity] = self.paging.next(alike, most)
        return number

    def settle(self) -> None:
        """Forget nothing: they are needed for the next state."""
