"""Puts what an analysis has found out into bytes.

The bytes hold values alone: numbers, texts, collections, arrays, and objects as the name of their
class with its attributes. Objects that several others refer to are written once. Many objects of
one class are written column by column, which is many times as fast.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict, defaultdict, deque
from enum import Enum
from functools import cache
from itertools import chain
from operator import attrgetter, itemgetter, methodcaller
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.query.column import RowColumn
from gvtui.query.kept.classes import class_name, factory_name
from gvtui.query.kept.columns import LEAST_NUMBERS, packed_numbers
from gvtui.query.kept.framing import NotKeptError, packed_value
from gvtui.query.kept.held import HeldPiece
from gvtui.query.kept.late import class_of_filled, late_group, settle, slots_of
from gvtui.query.kept.objectnumbers import PAGE, PAGE_BITS, LastingNumbers, ObjectNumbers
from gvtui.query.kept.parts import CONTAINED, TOGETHER, kept_fields, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from gvtui.query.kept.held import Former
    from gvtui.query.kept.late import Group

SCALARS = frozenset((int, str, bool, float, bytes, type(None)))
_WHOLE_NUMBERS = {int}


class StateWriter:
    """Writes sections one after the other; a later one may refer to the objects of one before."""

    def __init__(
        self,
        anchors: Mapping[str, object],
        numbers: ObjectNumbers | LastingNumbers | None = None,
        former: Former | None = None,
    ) -> None:
        """Make it.

        Args:
            anchors: objects that are there when the bytes are read, by name.
            numbers: those of the objects, which has none yet of this state.
            former: has read, of pieces that are held, a state that what is written has grown from:
                what nobody has looked at since is not looked at, and its pieces are given again.
        """
        self.columns: list[RowColumn] = []
        """The columns that the sections have, which are written apart."""
        self._names = {id(value): name for name, value in anchors.items()}
        self._named = set(map(type, anchors.values()))
        self._numbers = ObjectNumbers() if numbers is None else numbers
        self._alive: list[object] = list(anchors.values())
        self._queue: list[tuple[int, Any]] = []
        self._former = former
        self._again: set[int] = set()
        """The numbers of the objects whose pieces are given again."""
        self._asked: list[Group] = []
        """The groups of them that are still to be given."""
        self._referred: list[int] = []
        self.references: list[npt.NDArray[np.int64]] = []
        """For each piece of the section that was given last the numbers of the objects that it
        refers to, in order, each once."""
        self._sections = 0
        self._level = 0

    def section(self, roots: Mapping[str, object]) -> Iterator[bytes | HeldPiece]:
        """What some parts, and those that they lead to, have found out; in pieces, of which each is
        to be asked for.

        Raises:
            NotKeptError: something cannot be written.
        """
        parts = [(n, part) for n, part in parts_of(roots) if id(part) not in self._names]
        self._names |= {id(part): name for name, part in parts}
        self._named |= {type(part) for _, part in parts}
        self._alive += [part for _, part in parts]
        self._begin()
        fields = {
            name: {key: self._value(value) for key, value in kept_fields(part).items()}
            for name, part in parts
        }
        return self._packed(fields)

    def values(self, values: Mapping[str, object]) -> Iterator[bytes | HeldPiece]:
        """Some values by name, in pieces.

        Raises:
            NotKeptError: something cannot be written.
        """
        self._begin()
        return self._packed({"": {key: self._value(value) for key, value in values.items()}})

    def _begin(self) -> None:
        self._sections += 1
        self._level = 0
        self._referred, self.references = [], []

    def _packed(self, fields: dict[str, Any]) -> Iterator[bytes | HeldPiece]:
        """Fields, the contents of the objects that they lead to in groups, and at the end what the
        objects of each group are: so not all of them are in memory as values and as bytes."""
        yield self._piece(fields)
        heads: list[Any] = []
        while self._queue or self._asked:
            while self._asked:
                group = self._asked.pop()
                heads.append([group.kind, *group.told, _told_numbers(group.numbers)])
                yield self._once_more(group)
            found, self._queue = self._queue, []
            self._level += 1
            pages: dict[Any, list[tuple[int, Any]]] = {}
            for number, value in found:
                pages.setdefault((number >> PAGE_BITS, _kind(value)), []).append((number, value))
            for (_, kind), own in pages.items():
                own.sort(key=_FIRST)
                numbers, values = map(list, zip(*own, strict=True))
                heads.append([*_head(kind), _told_numbers(numbers)])
                yield self._piece(self._contents(kind, values))
        self._numbers.settle()
        yield self._piece(heads)

    def _piece(self, told: object) -> bytes:
        """The bytes of a piece; notes what it refers to."""
        found = np.unique(np.array(self._referred, np.int64))
        self.references.append(found[found >= 0])
        self._referred = []
        return packed_value(told)

    def _once_more(self, group: Group) -> HeldPiece:
        """The piece of a group that nobody has looked at; what it refers to belongs to the state."""
        piece, former = group.contents, self._former
        if former is None or not isinstance(piece, HeldPiece):
            raise NotKeptError("a piece that is not held")
        self.references.append(piece.references)
        for page, numbers in piece.pages:
            groups = former.groups(page)
            if all(each.is_untouched and each.kind != "column" for each in groups):
                for each in groups:
                    self._give_again(each)
            else:
                for number in numbers:
                    self._number(former.object(number))
        self._referred = []
        return piece

    def _give_again(self, group: Group | None) -> None:
        if group is not None and group.numbers[0] not in self._again:
            # Each object is of one group.
            self._again.update(group.numbers)
            self._asked.append(group)

    def _contents(self, kind: Any, values: list[Any]) -> list[Any]:  # noqa: ANN401
        """What objects of one kind contain."""
        if isinstance(kind, tuple):
            contained = CONTAINED.get(kind[0].__name__, ())
            try:
                return [
                    (self._contained if name in contained else self._data)(
                        list(map(attrgetter(name), values))
                    )
                    for name in kind[1]
                ]
            except AttributeError as error:
                raise NotKeptError(str(error)) from error
        if kind in _WHOLE:
            return [self._whole(kind, value) for value in values]
        if kind == "set":
            values = [_sorted(value) for value in values]
        lengths = self._column(list(map(len, values)))
        told = [lengths, self._column(list(chain.from_iterable(values)))]
        if kind in _WITH_KEYS:
            every = chain.from_iterable(value.values() for value in values)
            told.append(self._column(list(every)))
        if kind == "deque":
            told.append([value.maxlen for value in values])
        elif kind == "defaultdict":
            told.append([factory_name(value) for value in values])
        return told

    def _whole(self, kind: str, value: Any) -> Any:  # noqa: ANN401
        if kind == "bytearray":
            return bytes(value)
        if kind == "array":
            return [value.typecode, value.tobytes()]
        if kind == "ndarray":
            return [value.dtype.str, list(value.shape), value.tobytes()]
        self.columns.append(value)
        return len(self.columns) - 1

    def _data(self, values: Sequence[Any]) -> list[Any]:
        return self._column(values, is_data=True)

    def _contained(self, values: Sequence[Any]) -> list[Any]:
        """Lists, sets or dictionaries, with what they contain."""
        kind = type(values[0])
        is_plain = kind is list or all(map(_are_plain, values))
        if kind not in (list, set, dict) or not is_plain or set(map(type, values)) != {kind}:
            raise NotKeptError(f"containers such as {kind}")
        own = map(_sorted, values) if kind is set else values
        columns = [list(map(len, values)), list(chain.from_iterable(own))]
        if kind is dict:
            columns.append(list(chain.from_iterable(map(_values, values))))
        return [9, kind.__name__, *map(self._column, columns)]

    def _column(self, values: Sequence[Any], *, is_data: bool = False) -> list[Any]:
        """Many values: those of one simple kind without looking at each."""
        kinds = set(map(type, values))
        if kinds <= SCALARS:
            packed = _packed_if_many(values) if kinds == _WHOLE_NUMBERS else None
            return [0, values] if packed is None else [5, *packed]
        if len(kinds) == 1:
            kind = next(iter(kinds))
            if kind is tuple and _are_scalar(values):
                return [0, values]
            if issubclass(kind, Enum):
                return [1, class_name(kind), [value.value for value in values]]
            if is_data and kind in (list, dict) and not any(values):
                # Each has one of its own, which is filled later.
                return [2, kind.__name__, len(values)]
            if is_data and kind is list and _are_scalar(values):
                self._alive += values
                return [4, values]
            if kind is tuple and len(set(map(len, values))) == 1 and values[0]:
                return [8, [self._column(each) for each in zip(*values, strict=True)]]
        if all(map(_is_object, kinds)) and kinds.isdisjoint(self._named):
            numbers = self._numbered(values, kinds)
            packed = _packed_if_many(numbers)
            return [6, numbers] if packed is None else [7, *packed]
        return [3, [self._value(value) for value in values]]

    def _value(self, value: Any) -> Any:  # noqa: ANN401
        kind = type(value)
        if kind in SCALARS:
            return value
        name = self._names.get(id(value))
        if name is not None:
            return ["p", name]
        if kind is tuple:
            return ["t", self._column(value)]
        if isinstance(value, Enum):
            return ["e", class_name(kind), value.value]
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, tuple):
            return ["n", class_name(kind), self._column(tuple(value))]
        if kind is frozenset:
            return ["f", self._column(_sorted(value))]
        return ["r", self._number(value)]

    def _numbered(self, values: Iterable[Any], kinds: set[type]) -> list[int]:
        """The numbers of objects of some classes; -1 for None."""
        number, own = self._number, self._numbers
        untouched = () if self._former is None else [kind for kind in kinds if late_group(kind)]
        if not untouched or not isinstance(own, LastingNumbers):
            return [-1 if value is None else number(value) for value in values]
        # They may be a hundred thousand, and need no look at each.
        for kind in untouched:
            self._give_again(late_group(kind))
        late, read = set(untouched), own.read
        numbers = [
            read[id(value)] if type(value) in late else -1 if value is None else number(value)
            for value in values
        ]
        self._referred += numbers
        return numbers

    def _number(self, value: Any) -> int:  # noqa: ANN401
        """The number of an object; its contents are written where it has not been met before."""
        numbers = self._numbers
        number = numbers.get(id(value))
        if number < 0:
            if self._former is None:
                settle(value)
            number = numbers.former(id(value))
            if number < 0:
                alike = (self._sections, self._level, *_alike(value))
                most = TOGETHER.get(type(value).__name__, PAGE)
                number = numbers.add(id(value), alike, most)
            self._alive.append(value)
            group = late_group(type(value))
            if group is not None:
                self._give_again(group)
            elif number not in self._again:
                self._queue.append((number, value))
        self._referred.append(number)
        return number


_KINDS: dict[type, Any] = {
    list: "list",
    set: "set",
    dict: "dict",
    OrderedDict: "OrderedDict",
    defaultdict: "defaultdict",
    deque: "deque",
    bytearray: "bytearray",
    array: "array",
    RowColumn: "column",
}


_WHOLE = frozenset({"bytearray", "array", "ndarray", "column"})
_WITH_KEYS = frozenset({"dict", "OrderedDict", "defaultdict"})
_FIRST = itemgetter(0)
_values = methodcaller("values")


def _kind(value: Any) -> Any:  # noqa: ANN401
    """What an object is: a word, or its class and its attributes."""
    cls: Any = type(value)
    known = _KINDS.get(cls)
    if known is not None:
        return known
    if cls is np.ndarray and not value.dtype.hasobject:
        return "ndarray"
    slots = _slots_kept(cls)
    return cls, slots or tuple(vars(value))


@cache
def _slots_kept(cls: Any) -> tuple[str, ...]:  # noqa: ANN401
    """The attributes of a class whose objects may be kept, if each has the same; else ()."""
    class_name(cls)
    return slots_of(cls)


def _alike(value: Any) -> tuple[type, ...]:  # noqa: ANN401
    """What objects have in common whose contents are written together best."""
    cls = class_of_filled(value)
    if cls is list and value:
        return cls, class_of_filled(value[0])
    if cls is dict and value:
        key, held = next(iter(value.items()))
        return cls, class_of_filled(key), class_of_filled(held)
    return (cls,)


def _head(kind: Any) -> list[Any]:  # noqa: ANN401
    return ["o", class_name(kind[0]), list(kind[1])] if isinstance(kind, tuple) else [kind]


def _told_numbers(numbers: list[int]) -> list[Any]:
    """The numbers of a group, in their order: the first and how many, or each."""
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return [numbers[0], len(numbers)]
    return list(packed_numbers(numbers) or ())


def _packed_if_many(numbers: Sequence[int]) -> tuple[str, bytes] | None:
    return packed_numbers(numbers) if len(numbers) >= LEAST_NUMBERS else None


def _is_object(kind: type) -> bool:
    """Whether values of a type are written once, and referred to by number; None has one too."""
    # No cache holds types: objects that are filled late have some of their own, which lead to all
    # of the state that they are of, and to its file.
    by_value = (tuple, Enum, np.generic, frozenset)
    return kind is type(None) or (kind not in SCALARS and not issubclass(kind, by_value))


def _sorted(values: Iterable[Any]) -> list[Any]:
    """Values in an order of their own, if they have one: the same set gives the same bytes."""
    try:
        return sorted(values)
    except TypeError:
        return list(values)


def _are_plain(values: Iterable[Any]) -> bool:
    """Whether values are numbers, texts or tuples of such."""
    kinds = set(map(type, values)) - SCALARS
    return not kinds or (kinds == {tuple} and _are_scalar([v for v in values if type(v) is tuple]))


def _are_scalar(values: Sequence[Iterable[Any]]) -> bool:
    return set(map(type, chain.from_iterable(values))) <= SCALARS
