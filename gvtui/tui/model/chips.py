"""The chips: the filters in force, each an expression of the filter language."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvtui.query.filter.compile import AmongRows


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter."""

    expression: str
    slot: str = ""
    """The field that it filters; a new chip of the same slot replaces it. "" for none."""
    enabled: bool = True
    label: str = ""
    """Its text in the bar; "" shows the expression, or the process that it stands for."""
    rows: AmongRows | None = field(default=None, compare=False)
    """Of the rows that pass the expression, those that the chip stands for; None for all."""


class Chips:
    """The chips in order. After a change, the caller has to apply them to the view."""

    def __init__(self) -> None:
        self._chips: list[Chip] = []
        self.suspended = False
        """Whether all chips are switched off for the moment."""

    def __len__(self) -> int:
        return len(self._chips)

    def __iter__(self) -> Iterator[Chip]:
        return iter(self._chips)

    def __getitem__(self, place: int) -> Chip:
        return self._chips[place]

    def active(self) -> list[str]:
        """The expressions of the chips that are on."""
        if self.suspended:
            return []
        return [chip.expression for chip in self._chips if chip.enabled]

    def among(self) -> list[AmongRows]:
        """The rows that chips which are on stand for, of chips that have such."""
        on = [] if self.suspended else [chip for chip in self._chips if chip.enabled]
        return [chip.rows for chip in on if chip.rows is not None]

    def in_slot(self, slot: str) -> Chip | None:
        """The chip of a field, None if there is none."""
        return next((chip for chip in self._chips if chip.slot == slot), None)

    def put(
        self, expression: str, slot: str = "", *, place: int | None = None, label: str = ""
    ) -> None:
        """Add a chip for an expression, as `add` does."""
        self.add(Chip(expression, slot, label=label), place)

    def add(self, chip: Chip, place: int | None = None) -> None:
        """Add a chip: in place of the one at `place`, else of the one in its slot, else at the
        end."""
        self.suspended = False
        if place is None and chip.slot:
            place = next((at for at, old in enumerate(self._chips) if old.slot == chip.slot), None)
        if place is not None and place < len(self._chips):
            self._chips[place] = chip
        elif chip.rows is not None or not any(
            old.expression == chip.expression for old in self._chips
        ):
            self._chips.append(chip)

    def flip(self, expression: str, slot: str, label: str = "") -> bool:
        """Add a chip, or remove it if it exists and is on; True if it exists now."""
        old = self.in_slot(slot)
        if old is not None and old.expression == expression and old.enabled and not self.suspended:
            self._chips.remove(old)
            return False
        self.put(expression, slot, label=label)
        return True

    def remove(self, place: int) -> None:
        """Remove a chip."""
        del self._chips[place]

    def clear_slot(self, slot: str) -> None:
        """Remove the chip of a slot, if there is one."""
        self._chips = [chip for chip in self._chips if chip.slot != slot]

    def restore(self, chips: Iterable[Chip], *, suspended: bool) -> None:
        """Replace all chips by these."""
        self._chips = list(chips)
        self.suspended = suspended

    def toggle(self, place: int) -> None:
        """Switch a chip on or off."""
        self.suspended = False
        self._chips[place] = replace(self._chips[place], enabled=not self._chips[place].enabled)
