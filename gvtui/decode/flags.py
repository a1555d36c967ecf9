"""Turns numbers into names: sets of bits, and numbers that stand for one of several meanings."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeVar

from gvtui.points.syscalls import UNKNOWN_ARCHITECTURE

if TYPE_CHECKING:
    from collections.abc import Mapping


class ValueSet:
    """Names for an argument that has one of several values."""

    __slots__ = ("mask", "names")

    names: dict[int, str]
    mask: int
    """How many low bits are read: the value that arrives may be sign-extended."""

    def __init__(self, names: Mapping[int, str], bits: int = 32) -> None:
        self.names = dict(names)
        self.mask = (1 << bits) - 1

    def common(self, other: ValueSet) -> ValueSet:
        """The names that both tables have for the same values."""
        bits = min(self.mask, other.mask).bit_length()
        return ValueSet(dict(self.names.items() & other.names.items()), bits)

    def text(self, value: int) -> str:
        """The name, or the number in hex."""
        name = self.names.get(value)
        if name is None:
            masked = value & self.mask
            name = self.names.get(masked) or hex(masked)
        return name


class Flags:
    """Names for the bits of an argument; some of its bits together may be a choice."""

    __slots__ = ("bits", "choice", "choice_mask", "mask", "zero")

    def __init__(
        self,
        bits: Mapping[str, int],
        *,
        zero: str = "0",
        choice: Mapping[int, str] | None = None,
        choice_mask: int = 0,
        width: int = 32,
    ) -> None:
        """Names are given in the order they are shown.

        Args:
            bits: Values by name. One that contains another must come first.
            zero: What to show where no bit is set.
            choice: Names for the values of the bits in `choice_mask`; shown first.
            choice_mask: The bits that together hold one value, not flags.
            width: How many low bits of the value are read.
        """
        self.bits = tuple((value, name) for name, value in bits.items())
        self.zero = zero
        self.choice = dict(choice or {})
        self.choice_mask = choice_mask
        self.mask = (1 << width) - 1

    def common(self, other: Flags) -> Flags:
        """The names that both tables have for the same bits."""
        bits = {name: value for value, name in self.bits if (value, name) in other.bits}
        choice = dict(self.choice.items() & other.choice.items())
        mask = self.choice_mask & other.choice_mask
        width = min(self.mask, other.mask).bit_length()
        return Flags(bits, zero=self.zero, choice=choice, choice_mask=mask, width=width)

    def text(self, value: int) -> str:
        """Names joined by `|`; bits without a name follow in hex."""
        return _flags_text(self, value & self.mask)


@functools.lru_cache(maxsize=4096)
def _flags_text(flags: Flags, value: int) -> str:
    shown: list[str] = []
    if flags.choice_mask:
        chosen = value & flags.choice_mask
        name = flags.choice.get(chosen)
        if name is not None:
            shown.append(name)
            value &= ~flags.choice_mask
    for bits, name in flags.bits:
        if value & bits == bits:
            shown.append(name)
            value &= ~bits
    if value:
        shown.append(hex(value))
    return "|".join(shown) or flags.zero


_Table = TypeVar("_Table", ValueSet, Flags)


def by_architecture(x86_64: _Table, arm64: _Table) -> dict[str, _Table]:
    """The tables by architecture; for the unknown one, the names that both have."""
    return {"x86_64": x86_64, "arm64": arm64, UNKNOWN_ARCHITECTURE: x86_64.common(arm64)}
