"""Objects that are made at once, and filled when somebody first looks at one of them.

To make an object takes a tenth of the time that its attributes take, and of most nobody asks. Until
then it has a class of its own, derived from its true one: so it costs nothing once it is filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(slots=True)
class Group:
    """Objects of one kind that are made together."""

    kind: str
    told: tuple[Any, ...]
    """Their class and its attributes, if they have one of their own."""
    numbers: list[int]
    contents: Callable[[], bytes]
    is_made: bool = False
    late: LatePage | None = None
    """What fills them when somebody looks at one, if they were made so."""

    @property
    def is_untouched(self) -> bool:
        """Whether nobody has looked at what they contain, so that it is as it lies there."""
        return not self.is_made or (self.late is not None and bool(self.late.made))


class LatePage:
    """Objects of one class that are filled together."""

    def __init__(
        self, cls: type, count: int, fill: Callable[[LatePage], None], group: Group | None = None
    ) -> None:
        """Make them, empty.

        Args:
            cls: their class, of which `can_be_late` holds.
            count: how many.
            fill: sets all their attributes; called once.
            group: what they are filled with.
        """
        self.group = group
        """What they are filled with."""
        own = {"__slots__": (), "__getattr__": _look, "__setattr__": _change, "late_page": self}
        if any("__eq__" in vars(base) for base in cls.__mro__[:-1]):
            own |= {"__eq__": _equals, "__hash__": _hash if cls.__hash__ is not None else None}
        derived: Any = type(cls.__name__, (cls,), own | {"__module__": cls.__module__})
        self.made: list[Any] = [derived.__new__(derived) for _ in range(count)]
        """The objects, until they are filled."""
        self._cls = cls
        self._fill = fill

    def fill(self) -> None:
        """Fill the objects, unless they are."""
        self._fill(self)

    def are_filled(self) -> None:
        """From now on they are objects like all others of their class."""
        for one in self.made:
            object.__setattr__(one, "__class__", self._cls)
        self.made = []


def can_be_late(cls: type) -> bool:
    """Whether objects of a class can be filled late: they have a fixed set of attributes."""
    return bool(slots_of(cls))


def settle(value: object) -> None:
    """Fill an object if it is still empty."""
    page = getattr(type(value), "late_page", None)
    if page is not None:
        page.fill()


def late_group(cls: type) -> Group | None:
    """What the objects of a class are filled with that are still empty; None if it is another
    class."""
    page = getattr(cls, "late_page", None)
    return None if page is None else page.group


def class_of_filled(value: object) -> type:
    """The class that an object has when it is filled."""
    cls = type(value)
    return cls if getattr(cls, "late_page", None) is None else cls.__mro__[1]


def _look(self: Any, name: str) -> Any:  # noqa: ANN401
    settle(self)
    return object.__getattribute__(self, name)


def _change(self: Any, name: str, value: object) -> None:  # noqa: ANN401
    settle(self)
    object.__setattr__(self, name, value)


def _equals(self: object, other: object) -> bool:
    """Compare what two objects contain, as their class does."""
    settle(self)
    settle(other)
    return self == other


def _hash(self: object) -> int:
    settle(self)
    return hash(self)


def slots_of(cls: type) -> tuple[str, ...]:
    """The attributes of a class's objects, if they have a fixed set of them; else ()."""
    known = _SLOTS.get(cls)
    if known is None:
        known = ()
        if not cls.__dictoffset__:
            known = tuple(chain.from_iterable(_own_slots(base) for base in cls.__mro__))
        _SLOTS[cls] = known
    return known


_SLOTS: dict[type, tuple[str, ...]] = {}


def _own_slots(cls: type) -> Iterable[str]:
    found = cls.__dict__.get("__slots__", ())
    return (found,) if isinstance(found, str) else found
