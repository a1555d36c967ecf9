"""Holds values in little memory until they are wanted."""

from __future__ import annotations

import pickle
import zlib
from typing import Generic, TypeVar

_Held = TypeVar("_Held")


class Packed(Generic[_Held]):
    """A value as bytes in one piece.

    Objects that were made while a trace was read lie scattered among those that it has left, and
    memory goes back to the system only in large pieces of which nothing is used. So a few of them
    can hold all of it. The bytes never leave the process.
    """

    def __init__(self, value: _Held) -> None:
        self._bytes = zlib.compress(pickle.dumps(value, pickle.HIGHEST_PROTOCOL), 1)

    def value(self) -> _Held:
        """The value, made anew each time."""
        found: _Held = pickle.loads(zlib.decompress(self._bytes))
        return found
