"""The fields of a whole call: those of its enter and its exit as one list, with what differs."""

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
    """A field, and where it stands."""

    view: FieldView
    row_id: int
    """The row whose message has it; of both the enter."""
    sign: str = " "
    """The sign of the only side that has it so."""
    differs: bool = False
    """Whether the other side says otherwise, and should not."""


def one_side(row_id: int, views: Iterable[FieldView]) -> list[SideView]:
    """The fields of a single message."""
    return [SideView(view, row_id) for view in views]


def both_sides(
    enter: int, entered: Sequence[FieldView], exit_: int, left: Sequence[FieldView]
) -> list[SideView]:
    """The fields of two messages: once where they agree, else each below the other.

    Args:
        enter: row of the enter.
        entered: its fields.
        exit_: row of the exit.
        left: its fields.
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
