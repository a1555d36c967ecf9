"""A cache of what has been made of bytes lately, as large as what comes at present, not as what came.

It has two generations. What is looked up moves to the younger one; when that one ages it becomes the
older one, and what the older one still had has not come for a generation, and is forgotten.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Recent:
    """Values by the bytes that they were made from, apart by kind."""

    def __init__(self, kinds: Iterable[int], most: int) -> None:
        """Begin empty.

        Args:
            kinds: which kinds there are.
            most: how many values it holds at most, of all kinds together.
        """
        self.now: dict[int, dict[bytes, bytes | None]] = {kind: {} for kind in kinds}
        """The younger generation by kind, to look up in; the maps stay the same ones."""
        self._before: dict[int, dict[bytes, bytes | None]] = {kind: {} for kind in self.now}
        self._most = most // 2
        self._count = 0

    def __len__(self) -> int:
        return self._count + sum(map(len, self._before.values()))

    def recall(self, kind: int, key: bytes) -> bool:
        """Whether the older generation has it; then the younger one has it from now on."""
        before = self._before[kind]
        if key not in before:
            return False
        self.learn(kind, key, before.pop(key))
        return True

    def learn(self, kind: int, key: bytes, value: bytes | None) -> None:
        """Remember what was made of bytes that the younger generation does not have."""
        if self._count >= self._most:
            self.age()
        self.now[kind][key] = value
        self._count += 1

    def age(self) -> None:
        """Begin a new generation, and forget what has not come since this was done last."""
        for kind, values in self.now.items():
            self._before[kind] = values.copy()
            values.clear()
        self._count = 0
