"""Cuts a message into time, context and rest without decoding its fields.

A program in a tight loop sends the same few messages again and again, each with a time of its own.
What has been worked out for one message holds for every other that differs from it in nothing but
the time or, where only the call matters, in nothing but the context.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gvtui.wire.header import MIN_HEADER_SIZE

# The tag of `context_data`, which is field 1 of every message, and its length of one byte or two.
_CONTEXT = re.compile(rb"\x0a([\x00-\x7f]|[\x80-\xff][\x00-\x7f])", re.DOTALL)
# Besides, the tag of the time and a time of nine bytes, which every time from 1972 to 2262 has.
_TIME = re.compile(_CONTEXT.pattern + rb"\x08([\x80-\xff]{8}[\x00-\x7f])", re.DOTALL)
_PLAIN_HEADER = MIN_HEADER_SIZE.to_bytes(2, "little")


class Pieces(NamedTuple):
    """The pieces of a message; the header's count of drops is not among them."""

    message_type: bytes
    """The two bytes of the header that hold the message type."""
    context: bytes
    """The encoded fields of `context_data`; empty if the message does not begin with them."""
    rest: bytes
    """The fields that follow the context."""


def cut(datagram: bytes) -> Pieces | None:
    """Split a message into context and rest; None if it is not encoded as gVisor encodes it."""
    start = int.from_bytes(datagram[:2], "little")
    if not MIN_HEADER_SIZE <= start <= len(datagram):
        return None
    if datagram[start : start + 1] != b"\x0a":
        return Pieces(datagram[2:4], b"", datagram[start:])
    found = _CONTEXT.match(datagram, start)
    if found is None:
        return None
    length, begin = found[1], found.end()
    end = begin + (length[0] if len(length) == 1 else length[0] & 0x7F | length[1] << 7)
    if end > len(datagram):
        return None
    return Pieces(datagram[2:4], datagram[begin:end], datagram[end:])


def all_but_time(datagram: bytes) -> bytes | None:
    """A message without its time and count of drops; None if the time is not where gVisor puts it.

    Two valid messages for which this is equal differ in nothing but time and count, unless a field
    occurs twice.
    """
    found = _TIME.match(datagram, MIN_HEADER_SIZE)
    if found is None or not datagram.startswith(_PLAIN_HEADER):
        return None
    return datagram[2:4] + datagram[MIN_HEADER_SIZE : found.start(2)] + datagram[found.end() :]
