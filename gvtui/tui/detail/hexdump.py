"""Formats the bytes of messages as lines of hex and text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.tui.kit.cells import Part

_ROW = 16


def height(messages: Sequence[bytes]) -> int:
    """How many lines the dump has: for each message a blank one, a heading and its bytes."""
    return sum(map(_height, messages))


def line(messages: Sequence[bytes], place: int) -> list[Part]:
    """The line of an index; the first message's heading is at -1, others outside are empty."""
    for data in messages:
        if place == -1:
            return [(f"  {counted(len(data), 'byte')}, header included", "faint")]
        if place < _height(data) - 1:
            return _bytes_line(data, place * _ROW) if place >= 0 else []
        place -= _height(data)
    return []


def _height(data: bytes) -> int:
    return -(-len(data) // _ROW) + 1


def _bytes_line(data: bytes, offset: int) -> list[Part]:
    chunk = data[offset : offset + _ROW]
    halves = f"{chunk[:8].hex(' '):<23}  {chunk[8:].hex(' '):<23}"
    text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in chunk)
    return [(f"  {offset:06x}  ", "faint"), (halves, "value"), (f"  {text}", "raw")]
