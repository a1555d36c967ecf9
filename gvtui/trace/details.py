"""Reads and writes details: the map of a record that is not a message. Never trusts its bytes."""

from __future__ import annotations

import math
from sys import getsizeof
from typing import TYPE_CHECKING, Any

import msgpack

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TEXT = 4096
"""How many characters are kept of a name, a path or a command line."""
MAX_ARGS = 256
"""How many words are kept of a command line."""

MAX_DETAILS = 8 << 20
"""The largest details that are read, in bytes."""
MAX_CONTAINERS = 1 << 18
"""How many lists and maps details may have."""
MAX_ITEMS = 1 << 20
"""How many values details may have in all."""
MAX_LENGTH = 1 << 17
"""How many values one list or map may have."""
MAX_DEPTH = 64
"""How deep lists and maps may be nested."""


def pack_details(details: dict[str, Any]) -> bytes:
    """Encode details as the payload of a record."""
    packed: bytes = msgpack.packb(details, use_bin_type=True)
    return packed


class _Unpacking:
    """Counts the unpacked values, since a few bytes may claim to contain very many."""

    def __init__(self) -> None:
        self._containers = self._items = 0

    def _count(self, items: int) -> None:
        self._containers += 1
        self._items += items
        if self._containers > MAX_CONTAINERS or self._items > MAX_ITEMS:
            raise ValueError("more values than are believed")

    def pairs(self, pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
        self._count(len(pairs))
        if not all(isinstance(key, str) for key, _ in pairs):
            raise ValueError("a key is no text")
        return {key: _known(value) for key, value in pairs}

    def list(self, values: list[Any]) -> list[Any]:
        self._count(len(values))
        return list(map(_known, values))


def _known(value: object) -> object:
    """The value; None for NaN and infinity, which JSON cannot represent."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def unpack_details(payload: bytes) -> dict[str, Any]:
    """Decode details; an empty dict if the bytes are damaged or contain too much."""
    if len(payload) > MAX_DETAILS:
        return {}
    unpacking = _Unpacking()
    try:
        details = msgpack.unpackb(
            payload,
            raw=False,
            object_pairs_hook=unpacking.pairs,
            list_hook=unpacking.list,
            max_array_len=MAX_LENGTH,
            max_map_len=MAX_LENGTH,
            max_ext_len=MAX_TEXT,
        )
    except (ValueError, msgpack.exceptions.UnpackException):
        return {}
    return details if isinstance(details, dict) and not _is_deep(details) else {}


def memory_of(details: dict[str, Any]) -> int:
    """How many bytes of memory details take; what is in them twice counts twice."""
    size, left = 0, [details]
    while left:
        value: object = left.pop()
        size += getsizeof(value)
        if isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list | tuple):
            left += value
    return size


def list_in(holder: object, name: str) -> list[Any]:
    """The list under a name; empty if there is none."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return list(value) if isinstance(value, list | tuple) else []


def int_in(holder: dict[str, Any], name: str, otherwise: int = 0) -> int:
    """The integer of at most 64 bits under a name; `otherwise` if there is none."""
    value = holder.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return otherwise
    return value if -(1 << 63) <= value < 1 << 63 else otherwise


def text_in(holder: dict[str, Any], name: str, most: int = MAX_TEXT) -> str:
    """The text under a name, cut to `most` characters; "" if there is none."""
    value = holder.get(name)
    return _whole(value[:most]) if isinstance(value, str) else ""


def args_in(holder: object, name: str) -> list[str]:
    """The command line under a name, cut as by `short_args`; words that are not texts are left
    out."""
    words = (word for word in list_in(holder, name) if isinstance(word, str))
    return [_whole(word) for word in short_args(words)]


def short_args(args: Iterable[str]) -> list[str]:
    """A command line cut to `MAX_TEXT` characters."""
    kept: list[str] = []
    left = MAX_TEXT
    for arg in args:
        if len(kept) >= MAX_ARGS or left <= 0:
            kept.append("…")
            break
        kept.append(arg if len(arg) <= left else arg[:left] + "…")
        left -= len(arg)
    return kept


def _whole(text: str) -> str:
    """Text without halves of surrogate pairs, which JSON can contain but a mark cannot."""
    return text.encode("utf-8", "replace").decode()
