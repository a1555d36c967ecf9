"""Fits text into a number of terminal cells, and shortens numbers."""

from __future__ import annotations

import textwrap

from rich.cells import cell_len, set_cell_size

Part = tuple[str, str]
"""Words and the name of their style; "" is the widget's own style."""

ELLIPSIS = "…"

SPARKS = "▁▂▃▄▅▆▇█"


def width_of(text: str) -> int:
    """How many terminal cells a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Cut or pad a text to exactly `width` cells; a cut text ends in an ellipsis."""
    if width <= 0:
        return ""
    taken = width_of(text)
    if taken <= width:
        return " " * (width - taken) + text if right else text + " " * (width - taken)
    if text.isascii():
        return text[: width - 1] + ELLIPSIS
    return set_cell_size(text, width - 1) + ELLIPSIS


def fit_end(text: str, width: int) -> str:
    """As `fit`, but cut the beginning: the end of a path says most."""
    if width <= 0 or width_of(text) <= width:
        return fit(text, width)
    kept = text[-(width - 1) :] if width > 1 else ""
    while width_of(kept) > width - 1:
        kept = kept[1:]
    return fit(ELLIPSIS + kept, width)


def wrap(text: str, width: int) -> list[str]:
    """Cut a text into lines of at most `width` cells."""
    width = max(width, 2)
    if text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)] or [""]
    lines, line, taken = [], "", 0
    for character in text:
        cells = cell_len(character)
        if taken + cells > width:
            lines.append(line)
            line, taken = "", 0
        line += character
        taken += cells
    return [*lines, line]


def wrap_words(text: str, width: int) -> list[str]:
    """Cut a text into lines of at most `width` cells, between words where that is possible."""
    width = max(width, 2)
    lines = textwrap.wrap(text, width, break_on_hyphens=False)
    # What takes two cells a letter is wider than its letters are many.
    return [part for line in lines for part in wrap(line, width)]


def short_count(number: float) -> str:
    """A count in at most five cells: `999`, `44.1k`, `1.2M`."""
    for limit, divisor, suffix in (
        (1e4, 1, ""),
        (1e6, 1e3, "k"),
        (1e9, 1e6, "M"),
        (1e12, 1e9, "G"),
    ):
        if number < limit:
            scaled = number / divisor
            return (
                f"{scaled:.0f}{suffix}" if scaled >= 100 or not suffix else f"{scaled:.1f}{suffix}"
            )
    return f"{number / 1e12:.0f}T"


def short_bytes(number: float) -> str:
    """A number of bytes in binary units: `512 B`, `1.2 GiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return (
                f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
            )
        number /= 1024
    return f"{number:.1f} TiB"


def spark(values: list[int], width: int) -> str:
    """A small bar chart of the last `width` values; blank for zeros."""
    shown = values[-width:]
    highest = max(shown, default=0)
    if highest == 0:
        return " " * width
    top = len(SPARKS) - 1
    marks = [" " if value <= 0 else SPARKS[round(value / highest * top)] for value in shown]
    return "".join(marks).rjust(width)
