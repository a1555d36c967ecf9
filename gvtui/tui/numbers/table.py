"""The tables of statistics: by system call, process, path, error and event."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from gvtui.query.filter.field import PID
from gvtui.query.numbers.durations import shown_percentile
from gvtui.query.numbers.tables import By, Table, TableOrder
from gvtui.tui.command.command import command
from gvtui.tui.kit.cells import fit, fit_end, short_bytes, width_of, wrap
from gvtui.tui.kit.listpane import ListPane
from gvtui.tui.kit.signs import DROP_SIGN, FAILED_SIGN
from gvtui.tui.kit.times import SECOND_NS, took_text
from gvtui.tui.model.chips import Chip
from gvtui.tui.model.rowtext import word
from gvtui.tui.model.thinned import thinned_words
from gvtui.tui.model.unread import part_read
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.query.numbers.statistics import Line, Statistics
    from gvtui.tui.kit.cells import Part
    from gvtui.tui.viewer import Viewer

EVENT_TYPE = "evt.type"
_SLOTS = {
    By.SYSCALL: EVENT_TYPE,
    By.EVENT: EVENT_TYPE,
    By.PROCESS: PID,
    By.PATH: "fd.nameraw",
    By.ERRNO: "evt.errno",
    By.DESCRIPTOR: "fd.id",
    By.REMOTE: "fd.rip",
}
"""The slot of the chip that a line's filter goes into."""

_BOUND = "≥"
_UP, _DOWN = "▲", "▼"
_LEAST_NAME, _LEAST_PATH = 16, 40


class _Column(NamedTuple):
    title: str
    order: TableOrder
    width: int
    gives_way: int = 0


_SHARE = "share"
_CALLS = _Column("calls", TableOrder.CALLS, 10)
_ERRORS = _Column("errors", TableOrder.ERRORS, 8)
_TOTAL = _Column("total", TableOrder.TOTAL, 9)
_LAST = _Column(_SHARE, TableOrder.TOTAL, 6, 1)
_MEAN = _Column("mean", TableOrder.MEAN, 8, 2)
_MAX = _Column("max", TableOrder.MAX, 8, 3)
_READ = _Column("read", TableOrder.READ, 9)
_WRITTEN = _Column("written", TableOrder.WRITTEN, 9)
_WITH_BYTES = (
    _Column("calls", TableOrder.CALLS, 9),
    _Column("errors", TableOrder.ERRORS, 8, 2),
    _READ,
    _WRITTEN,
    _Column("total", TableOrder.TOTAL, 9, 3),
    _Column("mean", TableOrder.MEAN, 8, 4),
    _Column("max", TableOrder.MAX, 8, 5),
)

_COLUMNS = {
    By.SYSCALL: (
        _CALLS,
        _ERRORS,
        _TOTAL,
        _Column("p50", TableOrder.P50, 8, 3),
        _Column("p95", TableOrder.P95, 8, 2),
        _Column("p99", TableOrder.P99, 8),
        _Column("max", TableOrder.MAX, 8),
        _LAST,
    ),
    By.PROCESS: (_CALLS, _ERRORS, _TOTAL, _MEAN, _MAX, _LAST),
    By.PATH: (_CALLS, _ERRORS, _TOTAL, _MEAN, _MAX, _LAST),
    By.ERRNO: (_Column("calls", TableOrder.CALLS, 10), _TOTAL, _MEAN, _MAX),
    By.EVENT: (_Column("count", TableOrder.CALLS, 10),),
    By.DESCRIPTOR: _WITH_BYTES,
    By.REMOTE: _WITH_BYTES,
}
_NAMES = {
    By.SYSCALL: "system call",
    By.PROCESS: "process",
    By.PATH: "path",
    By.ERRNO: "error",
    By.EVENT: "event",
    By.DESCRIPTOR: "file or socket",
    By.REMOTE: "other end",
}


class NumbersTable(ListPane):
    """Shows one of the tables, sorted by one of its columns."""

    PREFIX = "numbers"
    LOOKS = (
        "heading", "active", "sorted", "faint", "name", "number", "error", "time", "total",
        "progress", "alarm", "mark", "cursor",
    )  # fmt: skip
    prefix, heading = "numbers", "In the numbers"
    home, tab, where = "numbers-table", "numbers", ""

    class Selected(Message):
        """Another line is selected, or another table is shown."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="numbers-table")
        self._viewer = viewer
        self._statistics: Statistics | None = None
        self._rows = 0
        self._part = ""
        """How much of the rows the table is of; "" if of all."""
        self._total: Line | None = None
        self._table: Table | None = None
        self._thinned = ""
        """What is missing among the rows, in words."""
        self._by = By.SYSCALL
        self._order = TableOrder.TOTAL
        self._is_ascending = False
        self._keys: dict[By, int | str] = {}
        """The key of the selected line in each table."""

    def take(self, statistics: Statistics) -> None:
        """Show the present values of these statistics."""
        self._statistics = statistics
        self._rows = statistics.rows
        self._part = part_read(self._viewer.model, statistics.position)
        self._total = statistics.total()
        self._thinned = thinned_words(self._viewer.model)
        self._table = Table(statistics, self._by, self._in_force, is_ascending=self._is_ascending)
        key = self._keys.get(self._by)
        place = self._table.place_of(key) if key is not None else None
        if place is not None and place != self.cursor:
            self._top = max(0, self._top + place - self.cursor)
            self.cursor = place
        self.redraw()

    @property
    def needs_descriptors(self) -> bool:
        """Whether the table on the screen counts by descriptor."""
        return self._by.needs_descriptors

    @property
    def selected_syscall(self) -> str | None:
        """The system call of the selected line; None in other tables."""
        table = self._table
        if self._by is not By.SYSCALL or table is None or self.cursor >= len(table):
            return None
        return table[self.cursor].label

    @property
    def selected_filter(self) -> str:
        """The filter for the rows behind the selected line."""
        table = self._table
        return table.filter_text(self.cursor) if table and self.cursor < len(table) else ""

    def moved(self) -> None:
        """Note the key of the selected line."""
        if self._table is not None and self.cursor < len(self._table):
            self._keys[self._by] = self._table.key(self.cursor)
        self.post_message(self.Selected())

    def count(self) -> int:
        """How many lines the table has."""
        return len(self._table) if self._table is not None else 0

    def headings(self) -> list[list[Part]]:
        """The tables' titles, notes on missing messages, the columns' titles, and the total."""
        lines = [self._title()]
        statistics, total = self._statistics, self._total
        if statistics is None or total is None:
            return lines
        lines += [
            [(line, look)]
            for text, look in self._notes(statistics)
            for line in wrap(text, self.width)
        ]
        name, columns = self._layout()
        heads: list[Part] = [self._head(_NAMES[self._by], TableOrder.NAME, name)]
        for column in columns:
            order = column.order if column.title != _SHARE else None
            heads += [(" ", ""), self._head(column.title, order, column.width, right=True)]
        lines.append(heads)
        if self._by not in (By.EVENT, By.ERRNO):
            lines.append(self._cells(total, "all", name, columns, "total"))
        return lines

    def _title(self) -> list[Part]:
        parts: list[Part] = []
        for by in By:
            parts += [(f" {by.value} ", "active" if by is self._by else "heading"), (" ", "")]
        if self._statistics is not None:
            said, look = counted(self._rows, "row"), "faint"
            if self._part:
                said, look = f"counting {self._part}", "progress"
            left_out = self._table.left_out if self._table is not None else 0
            if left_out:
                said = f"{left_out:,} more not shown   {said}"
            taken = sum(width_of(text) for text, _ in parts)
            parts += [(" " * max(1, self.width - taken - width_of(said) - 1), ""), (said, look)]
        return parts

    def _notes(self, statistics: Statistics) -> list[tuple[str, str]]:
        notes = []
        if self._by.needs_descriptors and statistics.counts_descriptors:
            notes.append(("calls that have returned; bytes as read and write tell them", "faint"))
        if statistics.dropped:
            words = counted(statistics.dropped, "point was", "points were")
            words = f"{DROP_SIGN} {words} dropped: numbers are lower bounds ({_BOUND})"
            notes.append((words, "alarm"))
        if restarted := self._total.restarted if self._total else 0:
            words = counted(restarted, "call was", "calls were")
            notes.append((f"{words} interrupted by a signal and begun anew: no errors", "faint"))
        if statistics.missed_rows:
            words = counted(statistics.missed_rows, "row was", "rows were")
            notes.append((f"{words} removed before being counted ({_BOUND})", "progress"))
        if self._thinned:
            notes.append((f"{self._thinned}: numbers are lower bounds ({_BOUND})", "progress"))
        shortfall = statistics.shortfall()
        if shortfall:
            notes.append((f"{shortfall}{self._viewer.remedy()}", "progress"))
        return notes

    def _layout(self) -> tuple[int, list[_Column]]:
        """The width of the name in cells, and the columns that fit."""
        columns = list(_COLUMNS[self._by])

        def left() -> int:
            return self.width - 1 - sum(column.width + 1 for column in columns)

        for turn in sorted({column.gives_way for column in columns if column.gives_way}):
            if left() >= (_LEAST_PATH if self._by is By.PATH else _LEAST_NAME):
                break
            columns = [column for column in columns if column.gives_way != turn]
        return max(1, left()), columns

    def _head(
        self, title: str, order: TableOrder | None, width: int, *, right: bool = False
    ) -> Part:
        if order is not self._in_force:
            return fit(title, width, right=right), "heading"
        sign = _UP if self._is_ascending else _DOWN
        words = f"{sign}{title}" if right else f"{title} {sign}"
        return fit(words, width, right=right), "sorted"

    def line(self, place: int) -> tuple[list[Part], str]:
        """One line of the table."""
        name, columns = self._layout()
        assert self._table is not None
        line = self._table[place]
        return self._cells(line, word(line.label), name, columns, "name"), ""

    def full(self, place: int) -> str:
        """The name of a line and all its numbers."""
        assert self._table is not None
        line = self._table[place]
        values = [self._value(line, column)[0] for column in _COLUMNS[self._by]]
        return "  ".join(filter(None, (word(line.label), *values)))

    def _cells(
        self, line: Line, label: str, name: int, columns: list[_Column], look: str
    ) -> list[Part]:
        shorten = fit_end if self._by is By.PATH else fit
        parts: list[Part] = [(shorten(label, name), look)]
        for column in columns:
            text, style = self._value(line, column)
            parts.append((" " + fit(text, column.width, right=True), style))
        return parts

    def _value(self, line: Line, column: _Column) -> tuple[str, str]:
        is_bound = self._statistics is not None and self._statistics.is_lower_bound
        bound = _BOUND if is_bound or self._thinned else ""
        if column.title == _SHARE:
            return (f"{line.share:.1%}" if line.share else ""), "faint"
        order = column.order
        if order is TableOrder.CALLS:
            return f"{bound}{line.calls:,}", "number"
        if order is TableOrder.ERRORS:
            return (f"{FAILED_SIGN} {bound}{line.errors:,}" if line.errors else ""), "error"
        if order in (TableOrder.READ, TableOrder.WRITTEN):
            size = line.bytes_in if order is TableOrder.READ else line.bytes_out
            return (f"{bound}{short_bytes(size)}" if size else ""), "number"
        if not line.timed:
            return "", "time"
        if order is TableOrder.TOTAL:
            return f"{bound}{took_text(line.total_ns)}", "number"
        spans = {
            TableOrder.MEAN: line.mean_ns,
            TableOrder.P50: line.p50_ns,
            TableOrder.P95: line.p95_ns,
            TableOrder.P99: line.p99_ns,
            TableOrder.MAX: line.max_ns,
        }
        span = spans[order]
        if span is not None and order in (TableOrder.P50, TableOrder.P95, TableOrder.P99):
            return _two_digits(shown_percentile(span, line.max_ns)), "time"
        return ("" if span is None else took_text(span)), "time"

    def heading_clicked(self, x: int, y: int) -> None:
        """Show the clicked table, or sort by the clicked column."""
        if y == 0:
            start = 0
            for by in By:
                end = start + len(by.value) + 2
                if start <= x < end:
                    self._show(by)
                start = end + 1
            return
        name, columns = self._layout()
        if x < name:
            self._sort(TableOrder.NAME)
        start = name
        for column in columns:
            if start < x <= start + column.width:
                self._sort(column.order)
            start += column.width + 1

    def clicked(self, x: int, again: bool) -> None:
        """Open the clicked line if it was already selected."""
        if again:
            self.rows()

    def _show(self, by: By) -> None:
        self._by = by
        self.cursor = self._top = 0
        self._again()

    def _orders(self) -> list[TableOrder]:
        orders = [TableOrder.NAME, *(column.order for column in _COLUMNS[self._by])]
        return list(dict.fromkeys(orders))

    @property
    def _in_force(self) -> TableOrder:
        """The chosen order, or another one in a table that lacks its column."""
        return self._order if self._order in self._orders() else TableOrder.CALLS

    def _sort(self, order: TableOrder) -> None:
        """Sort by a column, largest first, names alphabetically; again: in reverse."""
        if order is self._in_force:
            self._order, self._is_ascending = order, not self._is_ascending
        else:
            self._order, self._is_ascending = order, order is TableOrder.NAME
        self._again()

    def _again(self) -> None:
        self.seek_anew()
        if self._statistics is not None:
            self.take(self._statistics)
        self.show_cursor()
        self.redraw()
        self.post_message(self.Selected())

    @command("The table to the left", "left,h", -1)
    @command("The table to the right", "right,l", 1, footer="other table")
    def table(self, step: int) -> None:
        """Show another table."""
        tables = list(By)
        self._show(tables[(tables.index(self._by) + step) % len(tables)])

    @command("Sort by the next column", "s", footer="sort")
    def sort(self) -> None:
        """Sort by the next column."""
        orders = self._orders()
        self._sort(orders[(orders.index(self._in_force) + 1) % len(orders)])

    @command("Reverse the sort order", "S")
    def reverse(self) -> None:
        """Reverse the sort order."""
        self._sort(self._in_force)

    @command("Only the rows behind this line", "enter", footer="its rows")
    def rows(self) -> None:
        """Show the rows behind the selected line."""
        expression = self.selected_filter
        if expression:
            self.moved()
            # The number of a descriptor says nothing to anybody.
            is_number = self._by is By.DESCRIPTOR and self._table is not None
            label = word(self._table[self.cursor].label) if is_number and self._table else ""
            self._viewer.show_rows(Chip(expression, _SLOTS[self._by], label=label))


def _two_digits(span_ns: int) -> str:
    """A duration of two digits, without the zeros that others have behind the point."""
    is_seconds = SECOND_NS <= span_ns < 60 * SECOND_NS
    return f"{span_ns / SECOND_NS:g} s" if is_seconds else took_text(span_ns)
