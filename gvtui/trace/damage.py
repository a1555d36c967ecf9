"""Counts the records of a trace that proved to be damaged when they were read."""

from __future__ import annotations

from gvtui.words import counted, noun_for

MAX_NOTED = 1 << 16
"""How many damaged records are told apart; beyond that, the number is a lower bound."""

_NAMED = 3


class Damage:
    """The records that do not match their rows, each counted once."""

    def __init__(self) -> None:
        self._places: set[tuple[int, int]] = set()

    def __len__(self) -> int:
        return len(self._places)

    def note(self, segment: int, offset: int) -> None:
        """A record is damaged; its payload lies at an offset in a segment's log."""
        if len(self._places) < MAX_NOTED:
            self._places.add((segment, offset))

    def take(self) -> list[tuple[int, int]]:
        """The segment and offset of each, which are forgotten here."""
        places = sorted(self._places)
        self._places.clear()
        return places

    @property
    def offsets(self) -> list[int]:
        """Where the damaged records lie, each in the log of its segment, the oldest segment first."""
        return [offset for _, offset in sorted(self._places)]

    @property
    def words(self) -> str:
        """The damage in words, such as `1 message damaged at offset 4711`; "" for none."""
        if not self._places:
            return ""
        offsets = self.offsets
        named = ", ".join(map(str, offsets[:_NAMED]))
        more = f" and {len(offsets) - _NAMED:,} more" if len(offsets) > _NAMED else ""
        least = "at least " if len(offsets) >= MAX_NOTED else ""
        where = noun_for(len(offsets), "offset")
        return f"{least}{counted(len(offsets), 'message')} damaged at {where} {named}{more}"
