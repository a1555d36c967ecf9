"""Fills the parts of an analysis, section by section, with a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.query.kept.framing import BrokenStateError
from gvtui.query.kept.keeper import SECTIONS as NEEDED
from gvtui.query.leftovers import without_collecting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gvtui.query.kept.reading import StateReader

SECTIONS = ("processes", "timeline", "numbers", "resolved", "descriptors", "activity")
"""What a state has of `keeper.SECTIONS`, in this order."""


class TakenUp:
    """A state that parts are filled with as they are offered."""

    def __init__(
        self, reader: StateReader, pieces: Callable[[str], Sequence[Callable[[], bytes]]]
    ) -> None:
        """Make it.

        Args:
            reader: has read nothing yet.
            pieces: gives the pieces of a section by its name.
        """
        self._reader = reader
        self._pieces = pieces
        self._is_broken = False
        self.restored: set[str] = set()
        """The sections that were filled."""

    def offer(self, name: str, roots: Mapping[str, Any]) -> None:
        """Give the parts of a section, still empty: they are filled if they can be.

        Args:
            name: one of `keeper.SECTIONS`.
            roots: its parts by name.
        """
        is_known = name in SECTIONS and self.restored.issuperset(NEEDED[name])
        if self._is_broken or name in self.restored or not is_known:
            return
        try:
            with without_collecting():
                self._reader.restore(self._pieces(name), roots)
        except BrokenStateError:
            self._is_broken = True
            return
        self.restored.add(name)
