"""Fills the parts of an analysis with what `writing` has put into bytes.

The bytes are this user's own: their seal was checked before. They are read with care all the same:
they name classes and attributes, and nothing in them is run.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict, defaultdict, deque
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np

from gvtui.query.kept.classes import FACTORIES, class_of, members_of
from gvtui.query.kept.columns import unpacked_numbers
from gvtui.query.kept.framing import BrokenStateError, unpacked_value
from gvtui.query.kept.late import Group, LatePage, can_be_late, slots_of
from gvtui.query.kept.objectnumbers import PAGE, PAGE_BITS
from gvtui.query.kept.parts import kept_fields, parts_of
from gvtui.query.leftovers import without_collecting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gvtui.query.column import RowColumn
    from gvtui.query.kept.framing import Pieces

    _Fill = Callable[[Any], Callable[[], None] | None]


_LOOKED_AT = 64
"""How many values of a column show whether it has texts."""
_TOLD_WHOLE = frozenset({"bytearray", "array", "ndarray", "column"})
"""The kinds of objects that refer to nothing."""
_BROKEN = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, ImportError),
    *(OverflowError, msgpack.UnpackException, RecursionError, OSError, MemoryError),
)
"""What bytes that are no state may raise."""
_EMPTY: dict[str, Any] = {"list": list, "set": set, "dict": dict, "OrderedDict": OrderedDict}


class StateReader:
    """Reads sections in the order in which they were written; some may be left out.

    What parts refer to is made with them. Objects that nothing compares by what they contain are
    filled, together with some of their neighbours, when somebody first looks at them.
    """

    def __init__(
        self,
        anchors: Mapping[str, object],
        column: Callable[[int], RowColumn],
        tell: Callable[[Sequence[int], Sequence[object]], None] | None = None,
    ) -> None:
        """Make it.

        Args:
            anchors: the objects that the writer knew by these names.
            column: gives a column by its number.
            tell: is told the numbers of objects with the objects, as soon as they are made.
        """
        self._live = dict(anchors)
        self._column_of = column
        self._tell = tell
        self._objects: dict[int, Any] = {-1: None}
        self._pages: dict[int, list[Group]] = {}
        self._texts: dict[str, str] = {}
        self._waiting: deque[Callable[[], Callable[[], None] | None]] = deque()
        """What fills objects that were made; each gives what is to be done when all are filled."""
        self._lock = threading.RLock()
        """Held while objects are filled: several threads may look at one."""

    def restore(self, pieces: Pieces, roots: Mapping[str, object]) -> None:
        """Fill some parts, and those that they lead to: all, or after an error none.

        Args:
            pieces: give those of `StateWriter.section`; some are asked for later.
            roots: the parts by name.

        Raises:
            BrokenStateError: the bytes do not fit the parts.
        """
        known = set(map(id, self._live.values()))
        parts = {name: part for name, part in parts_of(roots) if id(part) not in known}
        live = self._live
        self._live = {**live, **parts}
        try:
            fields = self._read(pieces)
            if fields.keys() != parts.keys():
                raise BrokenStateError("other parts")
            for name, part in parts.items():
                if fields[name].keys() != kept_fields(part).keys():
                    raise BrokenStateError(f"other attributes of {name}")
        except BrokenStateError:
            self._live = live
            raise
        for name, part in parts.items():
            vars(part).update(fields[name])

    def values(self, pieces: Pieces) -> dict[str, Any]:
        """The values that `StateWriter.values` has written.

        Raises:
            BrokenStateError: the bytes are no such values.
        """
        found: dict[str, Any] = self._read(pieces).get("", {})
        return found

    def _read(self, pieces: Pieces) -> dict[str, dict[str, Any]]:
        known = {page: list(groups) for page, groups in self._pages.items()}
        try:
            first, *contents, last = pieces
            fields, heads = unpacked_value(first()), unpacked_value(last())
            for (kind, *told, numbers), packed in zip(heads, contents, strict=True):
                self._know(Group(kind, tuple(told), _numbers_of(numbers), packed))
            with self._lock:
                for values in fields.values():
                    for value in values.values():
                        self._make_all(value)
                self._fill_all()
            return {
                name: {key: self._value(value) for key, value in values.items()}
                for name, values in fields.items()
            }
        except _BROKEN as error:
            self._pages = known
            self._waiting.clear()
            raise BrokenStateError(str(error)) from error

    def _know(self, group: Group) -> None:
        """Know where objects are."""
        for page in {number >> PAGE_BITS for number in (group.numbers[0], group.numbers[-1])}:
            self._pages.setdefault(page, []).append(group)

    def groups(self, page: int) -> list[Group]:
        """The groups of objects whose numbers are of a page."""
        return self._pages.get(page, [])

    def object(self, number: int) -> Any:  # noqa: ANN401
        """An object by its number.

        Raises:
            BrokenStateError: there is none, or it cannot be made.
        """
        try:
            with self._lock:
                found = self._object(number)
                self._fill_all()
        except _BROKEN as error:
            raise BrokenStateError(str(error)) from error
        return found

    def _make_all(self, told: Any) -> None:  # noqa: ANN401
        """Make what a value refers to, so that it is filled before the value is made of it."""
        if type(told) is not tuple:
            return
        if told[0] == "r":
            self._object(told[1])
        elif told[0] in ("t", "n", "f"):
            self._make_column(told[-1])

    def _make_column(self, told: Any) -> None:  # noqa: ANN401
        how, *rest = told
        if how == 3:
            for value in rest[0]:
                self._make_all(value)
        elif how in (6, 7):
            self._column(told)
        elif how == 8:
            for column in rest[0]:
                self._make_column(column)

    def _object(self, number: int) -> Any:  # noqa: ANN401
        """An object by its number; if it was not made, it is made, and waits to be filled."""
        found = self._objects.get(number)
        if found is None:
            for group in self._pages[number >> PAGE_BITS]:
                if not group.is_made:
                    self._make(group)
            found = self._objects[number]
        return found

    def _referred(self, numbers: Sequence[int]) -> list[Any]:
        """Objects by their numbers; None for -1."""
        objects = self._objects
        try:
            return [objects[number] for number in numbers]
        except KeyError:
            for number in numbers:
                if number not in objects:
                    self._object(number)
            return [objects[number] for number in numbers]

    def _fill_all(self) -> None:
        """Fill what waits for that, and what it refers to."""
        later = []
        while self._waiting:
            wait = self._waiting.popleft()()
            if wait is not None:
                later.append(wait)
        for fill_late in later:
            fill_late()

    def _make(self, group: Group) -> None:
        """Make the objects of a group, still empty, and note how to fill them."""
        kind, numbers = group.kind, group.numbers
        made: list[Any]
        fill: _Fill
        if kind == "o":
            cls, fields = class_of(*group.told[0]), group.told[1]
            if can_be_late(cls):
                group.late = LatePage(cls, len(numbers), partial(self._fill_page, group), group)
                self._made(group, group.late.made)
                return
            made = [cls.__new__(cls) for _ in numbers]
            fill = partial(self._fill, cls, made, fields)
        elif kind in _TOLD_WHOLE:
            self._made(
                group, [self._whole(kind, each) for each in unpacked_value(group.contents())]
            )
            return
        elif kind in _EMPTY:
            made = [_EMPTY[kind]() for _ in numbers]
            fill = partial({"list": self._extend, "set": self._update}.get(kind, self._key), made)
        else:
            told = unpacked_value(group.contents())
            if kind == "deque":
                made = [deque(maxlen=most) for most in told[-1]]
                fill = partial(self._extend, made)
            else:
                made = [{"defaultdict": defaultdict}[kind](FACTORIES[each]) for each in told[-1]]
                fill = partial(self._key, made)
        self._made(group, made)
        self._waiting.append(lambda: fill(unpacked_value(group.contents())))

    def _made(self, group: Group, made: list[Any]) -> None:
        self._objects.update(zip(group.numbers, made, strict=True))
        group.is_made = True
        if self._tell is not None:
            self._tell(group.numbers, made)

    def _fill_page(self, group: Group, page: LatePage) -> None:
        """Fill the objects of a page, unless another thread has.

        Raises:
            BrokenStateError: the bytes do not fit the class.
        """
        with self._lock:
            if not page.made:
                return
            cls, fields = class_of(*group.told[0]), group.told[1]
            try:
                with without_collecting():
                    self._fill(cls, page.made, fields, unpacked_value(group.contents()))
                    self._fill_all()
            except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
                raise BrokenStateError(str(error)) from error
            page.are_filled()

    def _whole(self, kind: str, told: Any) -> Any:  # noqa: ANN401
        if kind == "bytearray" and isinstance(told, bytes):
            return bytearray(told)
        if kind == "array":
            return array(told[0], told[1])
        if kind == "ndarray":
            return np.frombuffer(told[2], np.dtype(told[0])).reshape(told[1]).copy()
        if kind == "column":
            return self._column_of(told)
        raise BrokenStateError(f"a {kind}")

    def _extend(self, made: list[Any], contents: Any) -> None:  # noqa: ANN401
        lengths, every = self._column(contents[0]), iter(self._column(contents[1]))
        for one, length in zip(made, lengths, strict=True):
            one.extend(islice(every, length))

    def _update(self, made: list[Any], contents: Any) -> Callable[[], None]:  # noqa: ANN401
        """What a set contains is compared, and so filled first."""
        lengths, every = self._column(contents[0]), iter(self._column(contents[1]))
        own = [list(islice(every, length)) for length in lengths]
        return partial(_each, [one.update for one in made], own)

    def _key(self, made: list[Any], contents: Any) -> Callable[[], None]:  # noqa: ANN401
        """The keys of a dictionary likewise."""
        lengths = self._column(contents[0])
        every = zip(self._column(contents[1]), self._column(contents[2]), strict=True)
        own = [list(islice(every, length)) for length in lengths]
        return partial(_each, [one.update for one in made], own)

    def _fill(self, cls: type, made: list[Any], fields: Iterable[str], columns: Any) -> None:  # noqa: ANN401
        values = [self._once(self._column(column)) for column in columns]
        if slots_of(cls):
            for field, column in zip(fields, values, strict=True):
                # Frozen ones are set this way too, and many at a time.
                if len(column) != len(made):
                    raise BrokenStateError(f"{len(column)} values of {field} for {len(made)}")
                deque(map(getattr(cls, field).__set__, made, column), 0)
            return
        for one, own in zip(made, zip(*values, strict=True), strict=True):
            vars(one).update(zip(fields, own, strict=True))

    def _once(self, column: Sequence[Any]) -> Sequence[Any]:
        """A column in which equal texts are one object, also one of columns before."""
        if not any(type(value) is str for value in column[:_LOOKED_AT]):
            return column
        same = self._texts.setdefault
        return [same(value, value) if type(value) is str else value for value in column]

    def _column(self, told: Any) -> Sequence[Any]:  # noqa: ANN401
        how, *rest = told
        if how == 0:
            found: Sequence[Any] = rest[0]
            return found
        if how == 1:
            members = members_of(class_of(*rest[0]))
            return [members(value) for value in rest[1]]
        if how == 2:
            return [[] if rest[0] == "list" else {} for _ in range(rest[1])]
        if how == 4:
            return [list(each) for each in rest[0]]
        if how == 5:
            return unpacked_numbers(*rest)
        if how == 6:
            return self._referred(rest[0])
        if how == 7:
            return self._referred(unpacked_numbers(*rest))
        if how == 8:
            return list(zip(*map(self._column, rest[0]), strict=True))
        if how == 9:
            return self._contained(rest[0], *map(self._column, rest[1:]))
        return [self._value(value) for value in rest[0]]

    def _contained(
        self, kind: str, lengths: Sequence[int], contents: Sequence[Any], *values: Sequence[Any]
    ) -> list[Any]:
        """Lists or sets of a column, or dictionaries of one of keys and one of values."""
        if sum(lengths) != len(contents) or len(values) != (kind == "dict"):
            raise BrokenStateError("other contents of lists, sets or dictionaries")
        make = {"list": list, "set": set, "dict": dict}[kind]
        every = zip(contents, *values, strict=True) if values else iter(contents)
        return [make(islice(every, length)) for length in lengths]

    def _value(self, told: Any) -> Any:  # noqa: ANN401
        if type(told) is not tuple:
            return told
        kind, *rest = told
        if kind == "r":
            return self._object(rest[0])
        if kind == "p":
            return self._live[rest[0]]
        if kind == "t":
            return tuple(self._column(rest[0]))
        if kind == "e":
            return members_of(class_of(*rest[0]))(rest[1])
        if kind == "n":
            return class_of(*rest[0])(*self._column(rest[1]))
        if kind == "f":
            return frozenset(self._column(rest[0]))
        raise BrokenStateError(f"a value {kind!r}")


def _numbers_of(told: Any) -> list[int]:  # noqa: ANN401
    """The numbers of a group, as its head tells them.

    Raises:
        BrokenStateError: they are not those of a page.
    """
    first, count = told
    found = unpacked_numbers(first, count) if type(first) is str else None
    if found is None:
        if not 0 < count <= PAGE:
            raise BrokenStateError(f"{count} objects of a page")
        found = list(range(first, first + count))
    if not found or min(found) < 0:
        raise BrokenStateError("objects without numbers")
    return found


def _each(calls: Iterable[Callable[[Any], object]], values: Iterable[Any]) -> None:
    """Call each with its value."""
    for call, value in zip(calls, values, strict=True):
        call(value)
