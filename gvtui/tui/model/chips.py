"""The filters that are in force, as a row of chips: each one an expression of the filter language."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PID, NAME, DIRECTION, CONTAINER = "proc.pid", "proc.name", "evt.dir", "container.id"
"""Fields that a key filters by; at most one chip for each."""

_BARE_WORD = re.compile(r"[A-Za-z0-9_./+-]*[A-Za-z_./+-][A-Za-z0-9_./+-]*")
_KEYWORDS = frozenset(("and", "or", "not", "in", "exists"))


class ValueTextError(GvtuiError):
    """What was typed for a pid or name filter cannot be read."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter."""

    expression: str
    slot: str = ""
    """The field it belongs to; a new chip of a slot takes the old one's place. "" stands alone."""
    enabled: bool = True


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

    def put(self, expression: str, slot: str = "", *, place: int | None = None) -> None:
        """Add a chip: at `place` instead of what is there, or instead of its slot's, or last."""
        chip = Chip(expression, slot)
        self.suspended = False
        if place is None and slot:
            place = next((at for at, old in enumerate(self._chips) if old.slot == slot), None)
        if place is not None and place < len(self._chips):
            self._chips[place] = chip
        elif not any(old.expression == expression for old in self._chips):
            self._chips.append(chip)

    def flip(self, expression: str, slot: str) -> bool:
        """Put a chip, or take it away if it is there already and on; True if it is there now."""
        old = self.in_slot(slot)
        if old is not None and old.expression == expression and old.enabled and not self.suspended:
            self._chips.remove(old)
            return False
        self.put(expression, slot)
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


def literal(value: str) -> str:
    """`value` as the filter language writes it: bare where it can be, else in quotes."""
    if _BARE_WORD.fullmatch(value) and value.lower() not in _KEYWORDS:
        return value
    escaped = []
    for character in value:
        if character in '"\\':
            escaped.append("\\" + character)
        elif character.isprintable():
            escaped.append(character)
        else:
            code = ord(character)
            escaped.append(f"\\x{code:02x}" if code < 0x80 else f"\\u{{{code:x}}}")
    return f'"{"".join(escaped)}"'


def equals(field: str, value: int | str) -> str:
    """The condition that a field has one value."""
    return f"{field} = {value if isinstance(value, int) else literal(value)}"


def values_expression(field: str, text: str) -> str:
    """The condition for values as a person types them: `110, 112`, or `!bash` to leave one out.

    Returns:
        The condition; "" where nothing was typed.

    Raises:
        ValueTextError: a pid is no number.
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    for word in text.split(","):
        word = word.strip()
        excluded = word.startswith("!")
        word = word[1:].strip() if excluded else word
        if not word:
            continue
        if field == PID:
            if not word.isdigit():
                raise ValueTextError(f"{word!r} is no pid: type numbers, as in 110, 112 or !110")
            value = str(int(word))
        else:
            value = literal(word)
        (unwanted if excluded else wanted).append(value)
    parts = []
    if wanted:
        parts.append(
            f"{field} = {wanted[0]}" if len(wanted) == 1 else f"{field} in ({', '.join(wanted)})"
        )
    if unwanted:
        parts.append(
            f"{field} != {unwanted[0]}"
            if len(unwanted) == 1
            else f"not {field} in ({', '.join(unwanted)})"
        )
    return " and ".join(parts)
