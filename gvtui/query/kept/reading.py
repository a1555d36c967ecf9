"""Fills the parts of an analysis with what `writing` has put into bytes.

The bytes are this user's own: their seal was checked before. They are read with care all the same:
they name classes and attributes, and nothing in them is run.
"""

from __future__ import annotations

import importlib
import os
from array import array
from collections import OrderedDict, defaultdict, deque
from enum import Enum
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import msgpack
import numpy as np

from gvtui.query.kept.parts import ROOMS, kept_fields, parts_of
from gvtui.query.kept.writing import FACTORIES, slots_of

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gvtui.query.column import RowColumn

    Stream = io.RawIOBase | io.BytesIO
    _Fill = Callable[[Any], Callable[[], None] | None]


_OPTIONS: dict[str, Any] = {
    "use_list": False,
    "strict_map_key": False,
    "unicode_errors": "surrogatepass",
}
_TAIL = 8
"""Bytes at the end that tell the size of what is before them: what the objects are."""
_LOOKED_AT = 64
"""How many values of a column show whether it has texts."""
_EMPTY: dict[str, Any] = {"list": list, "set": set, "dict": dict, "OrderedDict": OrderedDict}


class BrokenStateError(ValueError):
    """The bytes are no state of these parts."""


class StateReader:
    """Reads sections in the order in which they were written; some may be left out."""

    def __init__(self, anchors: Mapping[str, object], column: Callable[[int], RowColumn]) -> None:
        """Make it.

        Args:
            anchors: the objects that the writer knew by these names.
            column: gives a column by its number.
        """
        self._live = dict(anchors)
        self._column_of = column
        self._objects: dict[int, Any] = {}
        self._texts: dict[str, str] = {}

    def restore(self, data: Stream, roots: Mapping[str, object]) -> None:
        """Fill some parts, and those that they lead to: all, or after an error none.

        Raises:
            BrokenStateError: the bytes do not fit the parts.
        """
        known = set(map(id, self._live.values()))
        parts = {name: part for name, part in parts_of(roots) if id(part) not in known}
        live = self._live
        self._live = {**live, **parts}
        try:
            fields = self._read(data)
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

    def values(self, data: Stream) -> dict[str, Any]:
        """The values that `StateWriter.values` has written.

        Raises:
            BrokenStateError: the bytes are no such values.
        """
        found: dict[str, Any] = self._read(data).get("", {})
        return found

    def _read(self, data: Stream) -> dict[str, dict[str, Any]]:
        try:
            whole = data.seek(-_TAIL, os.SEEK_END) + _TAIL
            end = whole - _TAIL - int.from_bytes(data.read(_TAIL), "little")
            data.seek(end)
            heads = msgpack.unpackb(data.read(whole - _TAIL - end), **_OPTIONS)
            data.seek(0)
            unpacker = msgpack.Unpacker(data, max_buffer_size=whole, **_OPTIONS)
            fields = unpacker.unpack()
            filling = [self._make(*head) for head in heads]
            later = [
                wait
                for fill in filling
                if fill is not None and (wait := fill(unpacker.unpack())) is not None
            ]
            if unpacker.tell() != end:
                raise BrokenStateError("there is more than its end says")
            for fill_late in later:
                fill_late()
            return {
                name: {key: self._value(value) for key, value in values.items()}
                for name, values in fields.items()
            }
        except (
            *(ValueError, TypeError, KeyError, IndexError, AttributeError, ImportError),
            *(OverflowError, msgpack.UnpackException, RecursionError, OSError),
        ) as error:
            raise BrokenStateError(str(error)) from error

    def _make(self, kind: str, numbers: Any, *told: Any) -> _Fill | None:  # noqa: ANN401
        """Make the objects of a group, still empty; gives how to fill them, which may have to wait
        until all others are filled. None if they are whole."""
        if kind == "o":
            cls, fields = class_of(*told[0]), told[1]
            made = [cls.__new__(cls) for _ in numbers]
            self._objects.update(zip(numbers, made, strict=True))
            return lambda contents: self._fill(cls, made, fields, contents)
        if kind in _EMPTY:
            made = [_EMPTY[kind]() for _ in numbers]
        elif kind == "deque":
            made = [deque(maxlen=most) for most in told[0]]
        elif kind == "defaultdict":
            made = [defaultdict(FACTORIES[each]) for each in told[0]]
        else:
            whole = [self._whole(kind, each) for each in told[0]]
            self._objects.update(zip(numbers, whole, strict=True))
            return None
        self._objects.update(zip(numbers, made, strict=True))
        if kind in ("list", "deque"):
            return lambda contents: self._extend(made, contents)
        if kind == "set":
            return lambda contents: partial(self._update, made, contents)
        return lambda contents: partial(self._key, made, contents)

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
        for one, told in zip(made, contents, strict=True):
            one.extend(self._column(told))

    def _update(self, made: list[Any], contents: Any) -> None:  # noqa: ANN401
        for one, told in zip(made, contents, strict=True):
            one.update(self._column(told))

    def _key(self, made: list[Any], contents: Any) -> None:  # noqa: ANN401
        for one, (keys, values) in zip(made, contents, strict=True):
            one.update(zip(self._column(keys), self._column(values), strict=True))

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
            members = _members(class_of(*rest[0]))
            return [members(value) for value in rest[1]]
        if how == 2:
            return [[] if rest[0] == "list" else {} for _ in range(rest[1])]
        if how == 4:
            return [list(each) for each in rest[0]]
        return [self._value(value) for value in rest[0]]

    def _value(self, told: Any) -> Any:  # noqa: ANN401
        if type(told) is not tuple:
            return told
        kind, *rest = told
        if kind == "r":
            return self._objects[rest[0]]
        if kind == "p":
            return self._live[rest[0]]
        if kind == "t":
            return tuple(self._column(rest[0]))
        if kind == "e":
            return _members(class_of(*rest[0]))(rest[1])
        if kind == "n":
            return class_of(*rest[0])(*self._column(rest[1]))
        if kind == "f":
            return frozenset(self._column(rest[0]))
        raise BrokenStateError(f"a value {kind!r}")


@cache
def class_of(module: str, name: str) -> Any:  # noqa: ANN401
    """A class whose objects may be kept, by its module and its name.

    Raises:
        BrokenStateError: there is none.
    """
    if not module.startswith(ROOMS):
        raise BrokenStateError(f"a class of {module}")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not isinstance(found, type) or found.__module__ != module:
        raise BrokenStateError(f"{name} is no class of {module}")
    return found


@cache
def _members(cls: Any) -> Callable[[Any], Any]:  # noqa: ANN401
    if not issubclass(cls, Enum):
        raise BrokenStateError(f"{cls} has no members")

    @cache
    def member(value: Any) -> Any:  # noqa: ANN401
        return cls(value)

    return member
