"""A table that has nearly always one value under a key, and now and then several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class OneOrSeveral(Generic[_Key, _Value]):
    """Values under keys, in an order of their own under each.

    A list for each key would take most of the memory, and most of the time to make the table.
    """

    __slots__ = ("_last", "_several")

    def __init__(self) -> None:
        self._last: dict[_Key, _Value] = {}
        """The last value under each key, in the order in which the keys came."""
        self._several: dict[_Key, list[_Value]] = {}
        """All values of the keys that have several."""

    def __contains__(self, key: object) -> bool:
        return key in self._last

    def __len__(self) -> int:
        return len(self._last)

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._last)

    def of(self, key: _Key) -> Sequence[_Value]:
        """The values under a key, in their order; none if it has none."""
        several = self._several.get(key)
        if several is not None:
            return several
        return (self._last[key],) if key in self._last else ()

    def add(self, key: _Key, value: _Value) -> None:
        """Put a value under a key, behind those that it has."""
        if key in self._last:
            self._several.setdefault(key, [self._last[key]]).append(value)
        self._last[key] = value

    def put(self, key: _Key, values: Iterable[_Value]) -> None:
        """Put these values, and no others, under a key: the key goes if there are none."""
        own = list(values)
        self._several.pop(key, None)
        if not own:
            self._last.pop(key, None)
            return
        self._last[key] = own[-1]
        if len(own) > 1:
            self._several[key] = own

    def keep(self, keys: Iterable[_Key], is_kept: Callable[[_Value], bool]) -> None:
        """Remove values under some keys: those of which something does not hold."""
        for key in keys:
            self.put(key, filter(is_kept, self.of(key)))

    def pop(self, key: _Key) -> Sequence[_Value]:
        """Take a key out; gives the values that it had."""
        values = self.of(key)
        self.put(key, ())
        return values

    def oldest(self) -> _Key:
        """The key that came first of those that are there.

        Raises:
            StopIteration: there is none.
        """
        return next(iter(self._last))
