"""The lines of an activity while it is read: rows are added to the line that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.numbers import int32
from gvtui.points.names import event_type, point_name
from gvtui.query.activity.activity import SECTIONS, ActivityLine, Behind
from gvtui.query.activity.rowledger import RowLedger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np

    from gvtui.query.source import RowSource

MAX_LINES = 1 << 16
"""How many lines a section has; what comes after them is counted."""

_MAX_NAMES = 1 << 12


class ActivityLines:
    """The lines of all sections."""

    def __init__(
        self, trace: RowSource, max_lines: int = MAX_LINES, *, has_ledger: bool = True
    ) -> None:
        """Make them, without any.

        Args:
            trace: where the rows are from.
            max_lines: how many lines a section has.
            has_ledger: whether the rows are in a ledger; for few rows, or a moment, they need none.
        """
        self.ledger = RowLedger(trace.side_folders) if has_ledger else None
        """The rows behind the lines, but for those that were taken from another ledger."""
        self.refused = 0
        """How many rows have no line because their section was full."""
        self.untold: dict[str, int] = {}
        """How many calls of a section have no path in their messages."""
        self._trace = trace
        self._max_lines = max_lines
        self._names: dict[int, str] = {}
        self._architecture = trace.architecture
        self._lines: dict[str, dict[tuple[str, str], ActivityLine]] = {key: {} for key in SECTIONS}

    def of(self, section: str) -> Iterator[ActivityLine]:
        """The lines of a section, in the order in which they began."""
        yield from self._lines[section].values()

    def lack(self, section: str, count: int) -> None:
        """Count calls of a section that have no path in their messages."""
        self.untold[section] = self.untold.get(section, 0) + count

    def add(
        self,
        section: str,
        what: str,
        rows: list[int] | list[Behind],
        kinds: Iterable[str],
        *,
        details: str = "",
        bytes_in: int = 0,
        bytes_out: int = 0,
        is_begun: bool = False,
    ) -> ActivityLine | None:
        """Add rows to the line with these words, which begins with them if it is new.

        Args:
            section: its key.
            what: the words.
            rows: ids of rows that the line does not have yet, or those that are behind others.
            kinds: the names of their calls or events.
            details: further words, which tell the line from others too.
            bytes_in: how many bytes the calls of these rows read.
            bytes_out: how many they wrote.
            is_begun: whether they tell only that something was begun.

        Returns:
            The line; None if its section was full.
        """
        lines = self._lines[section]
        line = lines.get((what, details))
        if line is None:
            if len(lines) >= self._max_lines:
                self.refused += sum(each.count if isinstance(each, Behind) else 1 for each in rows)
                return None
            line = lines[what, details] = ActivityLine(what, self._new(), details, is_begun=True)
        if rows and isinstance(rows[0], Behind):
            for each in rows:
                line.behind.take(each)
        else:
            line.behind.add(rows, kinds)  # type: ignore[arg-type]
        line.is_begun &= is_begun
        line.bytes_in += bytes_in
        line.bytes_out += bytes_out
        return line

    def _new(self) -> Behind:
        """No rows yet, for a line."""
        if self.ledger is None:
            return Behind()
        return Behind(ledger=self.ledger, number=self.ledger.new_line())

    def put_away(self) -> None:
        """Have which rows are behind the lines take little memory: to be called after a slice."""
        if self.ledger is not None:
            self.ledger.put_away()

    def let_go(self, before: int) -> None:
        """Forget which rows before one are behind the lines, as far as there are many of them: how
        many they were stays known."""
        if self.ledger is not None:
            self.ledger.let_go(before)

    def name(self, row: np.void) -> str:
        """The name of a row's call or event, as `evt.type` has it."""
        return self.name_of(int(row["type"]), int(row["sysno"]) & 0xFFFFFFFF)

    def name_of(self, message_type: int, sysno: int) -> str:
        """The name of a call or event by its message type and the low 32 bits of its number."""
        return self.name_of_call(message_type << 32 | sysno)

    def name_of_call(self, call: int) -> str:
        """The same, by type and number as `ActivityPart.calls` has them."""
        architecture = self._trace.architecture
        if architecture != self._architecture:
            self._architecture = architecture
            self._names.clear()
        known = self._names.get(call)
        if known is None:
            point = point_name(call >> 32, int32(call & 0xFFFFFFFF), "E", architecture)
            known = event_type(point, architecture)
            if len(self._names) < _MAX_NAMES:
                self._names[call] = known
        return known
