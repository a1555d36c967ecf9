"""A table of objects by number, whose parts can be filled when somebody asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

_Value = TypeVar("_Value")

_BITS = 7
"""So many low bits of a number tell its place in a page."""


class NumberedPage(Generic[_Value]):
    """The objects whose numbers begin alike."""

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held: dict[int, _Value] = {}
        """By their numbers; never empty once something was put there."""


class Numbered(Generic[_Value]):
    """Objects by number, in the order in which they came if their numbers ascend.

    What is kept of it is made page by page: of most objects nobody asks.
    """

    def __init__(self) -> None:
        self._pages: dict[int, NumberedPage[_Value]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, number: int) -> bool:
        page = self._pages.get(number >> _BITS)
        return page is not None and number in page.held

    def __iter__(self) -> Iterator[_Value]:
        for page in list(self._pages.values()):
            yield from list(page.held.values())

    def __getitem__(self, number: int) -> _Value:
        return self._pages[number >> _BITS].held[number]

    def get(self, number: int) -> _Value | None:
        """The object with a number; None if there is none."""
        page = self._pages.get(number >> _BITS)
        return None if page is None else page.held.get(number)

    def oldest(self) -> int:
        """A number of the page that came first, the one that came first there.

        Raises:
            StopIteration: there is none.
        """
        return next(iter(next(iter(self._pages.values())).held))

    def put(self, number: int, value: _Value) -> None:
        """Give an object a number."""
        page = self._pages.get(number >> _BITS)
        if page is None:
            page = self._pages[number >> _BITS] = NumberedPage()
        self._count += number not in page.held
        page.held[number] = value

    def pop(self, number: int) -> _Value | None:
        """Take out the object with a number; None if there is none."""
        page = self._pages.get(number >> _BITS)
        found = None if page is None else page.held.pop(number, None)
        if page is None or found is None:
            return None
        self._count -= 1
        if not page.held:
            del self._pages[number >> _BITS]
        return found
