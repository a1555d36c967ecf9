"""The stream's columns, and which of them fit a width."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class TimeMode(Enum):
    """How the time column counts."""

    CLOCK = "time"
    SINCE_FIRST = "since start"
    SINCE_PREVIOUS = "since above"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the stream."""

    key: str
    title: str
    what: str
    """What it shows, for the dialog that chooses columns."""
    narrow: int
    """Cells on a narrow screen."""
    wide: int
    """Cells on a wide one."""
    gives_way: int = 0
    """Its turn to go where the screen is narrow, 1 first; 0 stays."""


COLUMNS = (
    Column("time", "time", "When it happened", 12, 15),
    Column("sandbox", "sandbox", "Container ID", 12, 12, gives_way=1),
    Column("pid", "pid", "Process ID inside the sandbox", 5, 6),
    Column("tid", "tid", "Thread ID inside the sandbox", 5, 6, gives_way=2),
    Column("process", "process", "Process name", 10, 15),
    Column("sign", "", "Enter →, exit ←, or an event's sign", 1, 1),
    Column("call", "call", "System call or event, and its arguments", 0, 0),
    Column("result", "result", "Result, or the error's name", 14, 18),
    Column("duration", "took", "How long the call took", 8, 9, gives_way=3),
)
"""All columns in their order. `call` takes what the others leave."""

FIXED = frozenset(("sign", "call"))
"""Columns that are always there."""

_LEAST_CALL = 40
"""Cells that the call should have before any column that gives way is shown."""
_ROOMY = 132
"""Cells from which on columns take their wide form."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column at its place on the screen."""

    column: Column
    start: int
    width: int


def place(
    width: int,
    hidden: frozenset[str],
    needed: frozenset[str] = frozenset(),
    added: tuple[Column, ...] = (),
) -> tuple[Placed, ...]:
    """Lay the columns out in `width` cells; the first cell is left for the cursor's mark.

    Args:
        width: cells on the screen.
        hidden: columns that the user has switched off.
        needed: columns that do not give way.
        added: columns that the user has added; they stand in front of the result.
    """
    before = next(place for place, column in enumerate(COLUMNS) if column.key == "call") + 1
    every = (*COLUMNS[:before], *added, *COLUMNS[before:])
    shown = [column for column in every if column.key not in hidden]
    roomy = width >= _ROOMY

    def wanted(column: Column) -> int:
        return column.wide if roomy else column.narrow

    def left() -> int:
        return width - 1 - sum(wanted(column) + 1 for column in shown) + 1

    for turn in sorted(column.gives_way for column in COLUMNS if column.gives_way):
        if left() >= _LEAST_CALL:
            break
        shown = [c for c in shown if c.gives_way != turn or c.key in needed]
    call = max(1, left())
    placed, start = [], 1
    for column in shown:
        cells = call if column.key == "call" else wanted(column)
        placed.append(Placed(column, start, cells))
        start += cells + 1
    return tuple(placed)
