"""Reads what a record that is no message says; a recording may be damaged, or made by anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgpack

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TEXT = 4096
"""Characters kept of a name, a path or a command line."""
_MAX_ARGS = 256


def pack_details(details: dict[str, Any]) -> bytes:
    """The payload of a record that is no message."""
    packed: bytes = msgpack.packb(details, use_bin_type=True)
    return packed


def unpack_details(payload: bytes) -> dict[str, Any]:
    """What `pack_details` packed; an empty dict if the bytes are damaged."""
    try:
        details = msgpack.unpackb(payload, raw=False, object_pairs_hook=_named)
    except (ValueError, msgpack.exceptions.UnpackException):
        return {}
    return details if isinstance(details, dict) else {}


def list_in(holder: object, name: str) -> list[Any]:
    """The list under a name; empty where there is none."""
    value = holder.get(name) if isinstance(holder, dict) else None
    return list(value) if isinstance(value, list | tuple) else []


def int_in(holder: dict[str, Any], name: str, otherwise: int = 0) -> int:
    """The integer of at most 64 bits under a name; `otherwise` where there is none."""
    value = holder.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return otherwise
    return value if -(1 << 63) <= value < 1 << 63 else otherwise


def text_in(holder: dict[str, Any], name: str, most: int = MAX_TEXT) -> str:
    """The text under a name, cut to so many characters; "" where there is none."""
    value = holder.get(name)
    return _whole(value[:most]) if isinstance(value, str) else ""


def args_in(holder: object, name: str) -> list[str]:
    """The command line under a name, cut to the size that is kept; words that are no texts go."""
    words = (word for word in list_in(holder, name) if isinstance(word, str))
    return [_whole(word) for word in short_args(words)]


def short_args(args: Iterable[str]) -> list[str]:
    """A command line cut to the size that is kept."""
    kept: list[str] = []
    left = MAX_TEXT
    for arg in args:
        if len(kept) >= _MAX_ARGS or left <= 0:
            kept.append("…")
            break
        kept.append(arg if len(arg) <= left else arg[:left] + "…")
        left -= len(arg)
    return kept


def _whole(text: str) -> str:
    """Text without halves of characters, which JSON can hold and a mark cannot."""
    return text.encode("utf-8", "replace").decode()


def _named(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    if not all(isinstance(key, str) for key, _ in pairs):
        raise ValueError("a key is no text")
    return dict(pairs)
