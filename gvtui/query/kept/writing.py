"""Puts what an analysis has found out into bytes.

The bytes hold values alone: numbers, texts, collections, arrays, and objects as the name of their
class with its attributes. Objects that several others refer to are written once. Many objects of
one class are written column by column, which is many times as fast.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict, defaultdict, deque
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np

from gvtui.query.column import RowColumn
from gvtui.query.kept.late import settle, slots_of
from gvtui.query.kept.objectnumbers import ObjectNumbers
from gvtui.query.kept.parts import ROOMS, kept_fields, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SCALARS = frozenset((int, str, bool, float, bytes, type(None)))
FACTORIES: dict[str, Any] = {"set": set, "list": list, "dict": dict, "int": int}
"""What a dictionary may make for keys that it lacks."""
_GROUP = 512
"""How many objects are put into bytes at a time: so many are read when one of them is needed."""


class NotKeptError(ValueError):
    """There is something among the values that this does not write."""


class StateWriter:
    """Writes sections one after the other; a later one may refer to the objects of one before."""

    def __init__(self, anchors: Mapping[str, object]) -> None:
        """Make it.

        Args:
            anchors: objects that are there when the bytes are read, by name.
        """
        self.columns: list[RowColumn] = []
        """The columns that the sections have, which are written apart."""
        self._names = {id(value): name for name, value in anchors.items()}
        self._numbers = ObjectNumbers()
        self._alive: list[object] = list(anchors.values())
        self._queue: list[Any] = []

    def section(self, roots: Mapping[str, object]) -> Iterator[bytes]:
        """What some parts, and those that they lead to, have found out; in pieces, of which each is
        to be asked for.

        Raises:
            NotKeptError: something cannot be written.
        """
        parts = [(n, part) for n, part in parts_of(roots) if id(part) not in self._names]
        self._names |= {id(part): name for name, part in parts}
        self._alive += [part for _, part in parts]
        fields = {
            name: {key: self._value(value) for key, value in kept_fields(part).items()}
            for name, part in parts
        }
        return self._packed(fields)

    def values(self, values: Mapping[str, object]) -> Iterator[bytes]:
        """Some values by name, in pieces.

        Raises:
            NotKeptError: something cannot be written.
        """
        return self._packed({"": {key: self._value(value) for key, value in values.items()}})

    def _packed(self, fields: dict[str, Any]) -> Iterator[bytes]:
        """Fields, the contents of the objects that they lead to in groups, and at the end what the
        objects of each group are: so not all of them are in memory as values and as bytes."""
        yield _pack(fields)
        heads: list[bytes] = []
        while self._queue:
            found, self._queue = self._queue, []
            by_kind: dict[Any, list[Any]] = {}
            for value in found:
                by_kind.setdefault(_kind(value), []).append(value)
            for kind, values in by_kind.items():
                for start in range(0, len(values), _GROUP):
                    head, contents = self._group(kind, values[start : start + _GROUP])
                    heads.append(_pack(head))
                    if contents is not None:
                        # As bytes within bytes, which are passed over where nobody needs them.
                        yield _pack(_pack(contents))
        self._numbers.settle()
        count: bytes = msgpack.Packer().pack_array_header(len(heads))
        yield count
        yield from heads
        size = len(count) + sum(map(len, heads))
        yield size.to_bytes(8, "little")

    def _group(self, kind: Any, values: list[Any]) -> tuple[list[Any], list[Any] | None]:  # noqa: ANN401
        """What objects of one kind are, and what they contain; None if the first tells all."""
        known = (self._numbers.get(id(value)) for value in values)
        numbers = np.fromiter(known, "<u4", len(values)).tobytes()
        if isinstance(kind, tuple):
            cls, names = kind
            columns = [
                self._column([_attribute(value, name) for value in values], is_data=True)
                for name in names
            ]
            return ["o", numbers, class_name(cls), list(names)], columns
        if kind in ("list", "set"):
            ordered = _sorted if kind == "set" else list
            return [kind, numbers], [self._column(ordered(value)) for value in values]
        if kind == "deque":
            most = [value.maxlen for value in values]
            return [kind, numbers, most], [self._column(list(value)) for value in values]
        if kind in ("dict", "OrderedDict", "defaultdict"):
            contents = [
                [self._column(list(value)), self._column(list(value.values()))] for value in values
            ]
            if kind != "defaultdict":
                return [kind, numbers], contents
            return [kind, numbers, [_factory(value) for value in values]], contents
        return [kind, numbers, [self._whole(kind, value) for value in values]], None

    def _whole(self, kind: str, value: Any) -> Any:  # noqa: ANN401
        if kind == "bytearray":
            return bytes(value)
        if kind == "array":
            return [value.typecode, value.tobytes()]
        if kind == "ndarray":
            return [value.dtype.str, list(value.shape), value.tobytes()]
        self.columns.append(value)
        return len(self.columns) - 1

    def _column(self, values: Sequence[Any], *, is_data: bool = False) -> list[Any]:
        """Many values: those of one simple kind without looking at each."""
        kinds = set(map(type, values))
        if kinds <= SCALARS:
            return [0, values]
        if len(kinds) == 1:
            kind = kinds.pop()
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
        number = self._numbers.get(id(value))
        if number < 0:
            number = self._numbers.add(id(value))
            self._alive.append(value)
            self._queue.append(value)
        return ["r", number]


_KINDS: dict[type, str] = {
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


def _kind(value: Any) -> Any:  # noqa: ANN401
    settle(value)
    cls = type(value)
    known = _KINDS.get(cls)
    if known is not None:
        return known
    if cls is np.ndarray and not value.dtype.hasobject:
        return "ndarray"
    class_name(cls)
    return cls, slots_of(cls) or tuple(vars(value))


def class_name(cls: type) -> tuple[str, str]:
    """The module and the name of a class whose objects may be kept.

    Raises:
        NotKeptError: it is none.
    """
    if not cls.__module__.startswith(ROOMS) or "<" in cls.__qualname__:
        raise NotKeptError(f"{cls.__module__}.{cls.__qualname__}")
    return cls.__module__, cls.__qualname__


def _attribute(value: object, name: str) -> Any:  # noqa: ANN401
    try:
        return getattr(value, name)
    except AttributeError as error:
        raise NotKeptError(str(error)) from error


def _pack(value: object) -> bytes:
    try:
        packed: bytes = msgpack.packb(value, unicode_errors="surrogatepass")
    except (OverflowError, TypeError, ValueError) as error:
        raise NotKeptError(str(error)) from error
    return packed


def _factory(value: defaultdict[Any, Any]) -> str:
    for name, factory in FACTORIES.items():
        if factory is value.default_factory:
            return name
    raise NotKeptError(f"a dictionary that makes {value.default_factory}")


def _sorted(values: Iterable[Any]) -> list[Any]:
    """Values in an order of their own, if they have one: the same set gives the same bytes."""
    try:
        return sorted(values)
    except TypeError:
        return list(values)


def _are_scalar(values: Sequence[Iterable[Any]]) -> bool:
    return set(map(type, chain.from_iterable(values))) <= SCALARS
