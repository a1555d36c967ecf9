"""Which records of a trace turned out to be damaged when they were read."""

from __future__ import annotations

from gvtui.words import counted, noun_for

MAX_NOTED = 1 << 16
"""Records told apart; with more, the number is the least."""

_NAMED = 3


class Damage:
    """Records that are not what their rows say, each counted once."""

    def __init__(self) -> None:
        self._offsets: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._offsets)

    def note(self, row_id: int, offset: int) -> None:
        """A row's record is damaged; it lies at an offset in its log."""
        if len(self._offsets) < MAX_NOTED:
            self._offsets.setdefault(row_id, offset)

    @property
    def words(self) -> str:
        """What was found, such as `1 message damaged at offset 4711`; "" if nothing was."""
        if not self._offsets:
            return ""
        offsets = sorted(self._offsets.values())
        named = ", ".join(map(str, offsets[:_NAMED]))
        more = f" and {len(offsets) - _NAMED:,} more" if len(offsets) > _NAMED else ""
        least = "at least " if len(offsets) >= MAX_NOTED else ""
        where = noun_for(len(offsets), "offset")
        return f"{least}{counted(len(offsets), 'message')} damaged at {where} {named}{more}"
