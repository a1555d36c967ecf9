"""The filters that are in force, as a row of chips: each one an expression of the filter language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter."""

    expression: str
    slot: str = ""
    """The field it belongs to; a new chip of a slot takes the old one's place. "" stands alone."""
    enabled: bool = True
    label: str = ""
    """What the bar shows for it; "" for the expression, or for what that says of a process."""


class Chips:
    """The chips in order. Whoever changes them applies them to the view afterwards."""

    def __init__(self) -> None:
        self._chips: list[Chip] = []
        self.suspended = False
        """Whether all of them are switched off for the moment."""

    def __len__(self) -> int:
        return len(self._chips)

    def __iter__(self) -> Iterator[Chip]:
        return iter(self._chips)

    def __getitem__(self, place: int) -> Chip:
        return self._chips[place]

    def active(self) -> list[str]:
        """The expressions in force."""
        if self.suspended:
            return []
        return [chip.expression for chip in self._chips if chip.enabled]

    def in_slot(self, slot: str) -> Chip | None:
        """The chip of a field, None if there is none."""
        return next((chip for chip in self._chips if chip.slot == slot), None)

    def put(
        self, expression: str, slot: str = "", *, place: int | None = None, label: str = ""
    ) -> None:
        """Add a chip: at `place` instead of what is there, or instead of its slot's, or last."""
        chip = Chip(expression, slot, label=label)
        self.suspended = False
        if place is None and slot:
            place = next((at for at, old in enumerate(self._chips) if old.slot == slot), None)
        if place is not None and place < len(self._chips):
            self._chips[place] = chip
        elif not any(old.expression == expression for old in self._chips):
            self._chips.append(chip)

    def flip(self, expression: str, slot: str, label: str = "") -> bool:
        """Put a chip, or take it away if it is there already and on; True if it is there now."""
        old = self.in_slot(slot)
        if old is not None and old.expression == expression and old.enabled and not self.suspended:
            self._chips.remove(old)
            return False
        self.put(expression, slot, label=label)
        return True

    def remove(self, place: int) -> None:
        """Take a chip away."""
        del self._chips[place]

    def clear_slot(self, slot: str) -> None:
        """Take a field's chip away, if there is one."""
        self._chips = [chip for chip in self._chips if chip.slot != slot]

    def restore(self, chips: Iterable[Chip], *, suspended: bool) -> None:
        """Have these chips and no others."""
        self._chips = list(chips)
        self.suspended = suspended

    def toggle(self, place: int) -> None:
        """Switch a chip off or on."""
        self.suspended = False
        self._chips[place] = replace(self._chips[place], enabled=not self._chips[place].enabled)
