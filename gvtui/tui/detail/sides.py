"""Merges the fields of a call's enter and exit into one list, with their differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.tui.kit.signs import ENTER_SIDE, EXIT_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gvtui.decode.fields import FieldView

_SURELY_DIFFERS = frozenset({"context_data.time_ns"})
_RESULT = "exit."


@dataclass(frozen=True, slots=True)
class SideView:
    """A field, and the side of the call that has it."""

    view: FieldView
    row_id: int
    """The row whose message has the field; the enter's if both have it."""
    sign: str = " "
    """The sign of the side, if only one side has this value."""
    differs: bool = False
    """Whether the other side has another value although both should agree."""


def one_side(row_id: int, views: Iterable[FieldView]) -> list[SideView]:
    """The fields of a single message."""
    return [SideView(view, row_id) for view in views]


def both_sides(
    enter: int, entered: Sequence[FieldView], exit_: int, left: Sequence[FieldView]
) -> list[SideView]:
    """The fields of two messages: one view where they agree, else two, one below the other.

    Args:
        enter: the enter's row id.
        entered: the enter's fields.
        exit_: the exit's row id.
        left: the exit's fields.
    """
    after = {view.path: view for view in left}
    found: list[SideView] = []
    for view in entered:
        other = after.pop(view.path, None)
        if other is not None and (other.raw, other.decoded) == (view.raw, view.decoded):
            found.append(SideView(view, enter))
            continue
        differs = other is not None and view.path not in _SURELY_DIFFERS
        found.append(SideView(view, enter, ENTER_SIDE, differs))
        if other is not None:
            found.append(SideView(other, exit_, EXIT_SIDE, differs))
    for view in after.values():
        sign = " " if view.path.startswith(_RESULT) else EXIT_SIDE
        found.append(SideView(view, exit_, sign))
    return found
