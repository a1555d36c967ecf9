"""What the lines of the activity say, and the columns that there is room for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gvtui.decode.escape import escape
from gvtui.query.activity.activity import SECTIONS
from gvtui.tui.kit.cells import fit, fit_end, short_bytes, width_of
from gvtui.tui.kit.signs import CLOSED_SIGN, OPEN_SIGN
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.query.activity.activity import ActivityLine
    from gvtui.tui.activity.lines import ActivityEntry
    from gvtui.tui.kit.cells import Part
    from gvtui.tui.model.model import Model

_TITLE, _SHORT_TITLE, _TOTAL = 40, 28, 7
_ROWS, _BYTES, _LAST = 10, 10, 13
"""Room for a time with its day, as `23 Nov 17:36`, where a recording has several."""
_ROOMY = 100
_MAX_SHOWN = 400
_MAX_SAMPLE = 32
_PATHS = ("read", "written", "created", "maybe_created", "folders")


class ActivityShares(NamedTuple):
    """Cells of the columns of a line."""

    what: int
    details: int
    size: int
    """Of each of the two columns of bytes; 0 leaves both out."""
    last: int
    rows: int


def shares_of(width: int) -> ActivityShares:
    """The cells that each column has on so wide a pane."""
    size, last = (_BYTES, _LAST) if width >= _ROOMY else (0, 0)
    left = max(1, width - 2 * size - last - _ROWS)
    details = left * 2 // 5
    return ActivityShares(left - details, details, size, last, _ROWS)


def column_titles(shares: ActivityShares) -> str:
    """The titles above the columns."""
    words = fit("    what", shares.what) + fit(" details", shares.details)
    if shares.size:
        words += fit("in", shares.size, right=True) + fit("out", shares.size, right=True)
        words += fit("last", shares.last, right=True)
    return words + fit("rows", shares.rows, right=True)


class ActivityPainter:
    """Draws entries."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def parts(self, entry: ActivityEntry, width: int) -> list[Part]:
        """The words of an entry on so many cells."""
        if entry.is_heading:
            return self._heading(entry, width)
        if entry.line is None:
            words = f"    {counted(entry.total, 'more line')}"
            return [(fit(words, width), "faint")]
        shares, line = shares_of(width), entry.line
        indent = "  " * entry.depth
        sign = f"{_sign(entry)} " if entry.can_open else "  "
        room = max(1, shares.what - len(indent) - 2)
        shorten = fit_end if entry.section in _PATHS and not line.inner else fit
        parts: list[Part] = [
            (indent + sign, "faint"),
            (shorten(escape(line.what, _MAX_SHOWN), room), "name"),
            (" " + fit(escape(line.details, _MAX_SHOWN), max(0, shares.details - 1)), "faint"),
        ]
        if shares.size:
            parts += [
                (fit(_size(line.bytes_in), shares.size, right=True), "bytes"),
                (fit(_size(line.bytes_out), shares.size, right=True), "bytes"),
                (fit(self.last(line), shares.last, right=True), "faint"),
            ]
        return [*parts, (fit(f"{line.behind.count:,}", shares.rows, right=True), "number")]

    def full(self, entry: ActivityEntry) -> str:
        """All words of an entry, not cut to a width."""
        line = entry.line
        if line is None:
            title = SECTIONS[entry.section]
            return f"{title} {entry.total:,}" if entry.is_heading else ""
        words = [escape(line.what), escape(line.details)]
        words += [f"{_size(line.bytes_in)} in" * bool(line.bytes_in)]
        words += [f"{_size(line.bytes_out)} out" * bool(line.bytes_out), self.last(line)]
        return "  ".join(filter(None, (*words, counted(line.behind.count, "row"))))

    def last(self, line: ActivityLine) -> str:
        """When the last row of a line happened, with its day where that is to be told; "" where nothing
        tells."""
        try:
            when = self._model.trace.row(line.behind.last).when_ns
        except IndexError:
            return ""
        return self._model.moments.text(when, 0)

    def _heading(self, entry: ActivityEntry, width: int) -> list[Part]:
        title = f"{_sign(entry)} {SECTIONS[entry.section]}"
        taken = max(min(_TITLE if width >= _ROOMY else _SHORT_TITLE, width // 2), 1)
        parts: list[Part] = [
            (fit(title, taken), "heading"),
            (fit(f"{entry.total:,}", _TOTAL, right=True), "number"),
        ]
        left = width - taken - _TOTAL - 2
        words = ""
        for what in entry.sample:
            each = escape(what, _MAX_SAMPLE)
            if width_of(words) + width_of(each) + 3 > left:
                break
            words += f"  {each}"
        if words and words.count("  ") < entry.total:
            words += " …"
        return [*parts, (fit(f"  {words.strip()}", max(0, left + 2)), "faint")]


def _sign(entry: ActivityEntry) -> str:
    return OPEN_SIGN if entry.is_open else CLOSED_SIGN


def _size(number: int) -> str:
    return short_bytes(number) if number else ""
