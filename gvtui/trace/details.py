"""Reads what a record that is no message says; a recording may be damaged, or made by anybody."""

from __future__ import annotations

from typing import Any

import msgpack


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


def _named(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    if not all(isinstance(key, str) for key, _ in pairs):
        raise ValueError("a key is no text")
    return dict(pairs)
