"""gVisor's save files: what its `tracereplay` tool writes and reads.

A fixed signature, a JSON configuration, then each message; the last two with a little-endian u64
size in front. One file holds one connection, without times of receipt.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from gvtui.trace.records import TraceError
from gvtui.wire.header import MAX_MESSAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b"tracereplay file"
_SIZE = struct.Struct("<Q")


class SavedMessage(NamedTuple):
    """One message of a save file."""

    offset: int
    """Where its bytes start in the file."""
    datagram: bytes


def scan(data: bytes | memoryview) -> Iterator[SavedMessage | int]:
    """Walk over the messages of a save file.

    Yields:
        Each message; and last, if the end of the file is damaged, how many bytes that concerns.

    Raises:
        TraceError: the bytes are no save file, or one of a later version.
    """
    position = len(SIGNATURE)
    if bytes(data[:position]) != SIGNATURE:
        raise TraceError("no gVisor save file: its signature is missing")
    if position + _SIZE.size > len(data):
        raise TraceError("the gVisor save file ends within its head")
    (size,) = _SIZE.unpack_from(data, position)
    position += _SIZE.size
    if size > MAX_MESSAGE_SIZE or position + size > len(data):
        raise TraceError("the gVisor save file ends within its head")
    try:
        version = json.loads(bytes(data[position : position + size])).get("version")
    except (ValueError, AttributeError) as error:
        raise TraceError("the gVisor save file has no readable configuration") from error
    if version != 1:
        raise TraceError(f"the gVisor save file has version {version}; only version 1 is known")
    position += size
    while position < len(data):
        start = position + _SIZE.size
        if start <= len(data):
            (size,) = _SIZE.unpack_from(data, position)
        if start > len(data) or size > MAX_MESSAGE_SIZE or start + size > len(data):
            yield len(data) - position
            return
        position = start + size
        yield SavedMessage(start, bytes(data[start:position]))


class SaveFileWriter:
    """Writes a save file to an open binary file, which stays the caller's."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        config = b'{"version":1}'
        output.write(SIGNATURE + _SIZE.pack(len(config)) + config)

    def message(self, datagram: bytes) -> None:
        """Append one message, header included.

        Raises:
            TraceError: it is larger than the format allows.
        """
        if len(datagram) > MAX_MESSAGE_SIZE:
            raise TraceError(f"a message of {len(datagram)} bytes does not fit a gVisor save file")
        self._output.write(_SIZE.pack(len(datagram)) + datagram)
