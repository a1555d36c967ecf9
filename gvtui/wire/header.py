"""The header in front of every message of the remote sink.

Little-endian: `u16 header_size`, `u16 message_type`, `u32 dropped_count`. The header may grow in
later versions; its first field says where the payload starts.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

MIN_HEADER_SIZE = 8
"""The size of the smallest header, in bytes."""

MAX_MESSAGE_SIZE = 1 << 20
"""The largest message that is accepted, in bytes; gVisor's own save tool has the same limit."""

_FIELDS = struct.Struct("<HHI")


class WireError(ValueError):
    """Bytes that are not a message of the remote sink."""


class Header(NamedTuple):
    """The three fields of a message's header."""

    header_size: int
    message_type: int
    dropped_count: int
    """Points the sink failed to write since the connection began, modulo 2**32."""


def parse_header(datagram: bytes | memoryview) -> Header:
    """Read the header of one message.

    Raises:
        WireError: the message is shorter than its header, or the header than eight bytes.
    """
    if len(datagram) < MIN_HEADER_SIZE:
        raise WireError(f"{len(datagram)} bytes, but a header takes {MIN_HEADER_SIZE}")
    header = Header(*_FIELDS.unpack_from(datagram))
    if header.header_size < MIN_HEADER_SIZE:
        raise WireError(f"header size {header.header_size} is below {MIN_HEADER_SIZE}")
    if header.header_size > len(datagram):
        raise WireError(f"header size {header.header_size}, but only {len(datagram)} bytes came")
    return header


def build_message(
    message_type: int, payload: bytes, dropped_count: int = 0, header_size: int = MIN_HEADER_SIZE
) -> bytes:
    """Put a header in front of `payload`; a header longer than eight bytes is padded with zeros."""
    fields = _FIELDS.pack(header_size, message_type, dropped_count & 0xFFFFFFFF)
    return fields + bytes(header_size - MIN_HEADER_SIZE) + payload
