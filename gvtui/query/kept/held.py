"""Pieces of a state that are in memory as they lie in the file, so that they can be given again."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import zstandard

from gvtui.query.kept.objectnumbers import PAGE_BITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from gvtui.query.kept.late import Group


class Place(NamedTuple):
    """Where a block of bytes lies: in which state's, and where in them."""

    state: int
    offset: int
    size: int
    digest: bytes
    """Of its bytes as they lie there."""
    plain: bytes
    """The digest of its plain bytes."""
    packed: bytes
    """Its bytes as they lie there."""


class Former(Protocol):
    """Whoever has read a state that is held."""

    def groups(self, page: int) -> list[Group]:
        """The groups of objects whose numbers are of a page."""

    def object(self, number: int) -> Any:  # noqa: ANN401
        """An object by its number."""


class HeldPiece:
    """A piece of a state that was written."""

    def __init__(self, places: list[Place], references: npt.NDArray[np.int64]) -> None:
        """Make it.

        Args:
            places: where its blocks lie, with their bytes.
            references: the numbers of the objects that it refers to, in order, each once.
        """
        self.places = places
        self.references = references

    def __call__(self) -> bytes:
        """Its plain bytes."""
        return joined(place.packed for place in self.places)

    @cached_property
    def pages(self) -> list[tuple[int, list[int]]]:
        """The pages that it refers to, with the numbers of each."""
        pages = self.references >> PAGE_BITS
        bounds = [0, *(np.flatnonzero(np.diff(pages)) + 1).tolist(), len(pages)]
        numbers = self.references.tolist()
        return [
            (numbers[start] >> PAGE_BITS, numbers[start:stop])
            for start, stop in pairwise(bounds)
            if start < stop
        ]


def joined(blocks: Iterable[bytes]) -> bytes:
    """The plain bytes of a piece, from its blocks as they lie in the file."""
    plain = zstandard.ZstdDecompressor().decompress
    return b"".join(map(plain, blocks))
