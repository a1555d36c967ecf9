"""Reads and writes gVisor's save files, the format of its tool `tracereplay`.

A file has a fixed signature, a JSON configuration, then each message; the last two have a
little-endian u64 size in front. One file has one connection, without times of receipt.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from gvtui.trace.records import TraceError
from gvtui.trace.window import Window
from gvtui.wire.header import MAX_MESSAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b"tracereplay file"
SAVED_SIZE = struct.Struct("<Q")
"""The size of a message in bytes, stored before it."""


class SavedMessage(NamedTuple):
    """One message of a save file."""

    offset: int
    """The offset of its bytes in the file."""
    datagram: bytes


def scan(data: Window | bytes) -> Iterator[SavedMessage | int]:
    """Walk over the messages of a save file.

    Yields:
        Each message; and last, if the end of the file is damaged, the number of damaged bytes.

    Raises:
        TraceError: the bytes are not a save file, or one of a later version.
    """
    window = Window.over(data)
    position = len(SIGNATURE)
    if window.take(0, position) != SIGNATURE:
        raise TraceError("not a gVisor save file: its signature is missing")
    if position + SAVED_SIZE.size > window.size:
        raise TraceError("the gVisor save file ends within its head")
    (size,) = SAVED_SIZE.unpack(window.take(position, SAVED_SIZE.size))
    position += SAVED_SIZE.size
    if size > MAX_MESSAGE_SIZE or position + size > window.size:
        raise TraceError("the gVisor save file ends within its head")
    try:
        version = json.loads(window.take(position, size)).get("version")
    except (ValueError, AttributeError, RecursionError) as error:
        raise TraceError("the gVisor save file has no readable configuration") from error
    if version != 1:
        shown = version if isinstance(version, int) else "of another kind"
        raise TraceError(f"the gVisor save file has version {shown}; only version 1 is known")
    position += size
    while position < window.size:
        start = position + SAVED_SIZE.size
        told = window.take(position, SAVED_SIZE.size)
        size = SAVED_SIZE.unpack(told)[0] if len(told) == SAVED_SIZE.size else window.size
        datagram = b""
        if size <= MAX_MESSAGE_SIZE and start + size <= window.size:
            datagram = window.take(start, size)
        if len(datagram) != size:
            yield window.size - position
            return
        position = start + size
        yield SavedMessage(start, datagram)


class SaveFileWriter:
    """Writes a save file to an open binary file, which the caller closes."""

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        config = b'{"version":1}'
        output.write(SIGNATURE + SAVED_SIZE.pack(len(config)) + config)

    def message(self, datagram: bytes) -> None:
        """Append one message, header included.

        Raises:
            TraceError: the message is larger than the format allows.
        """
        if len(datagram) > MAX_MESSAGE_SIZE:
            raise TraceError(f"a message of {len(datagram)} bytes does not fit a gVisor save file")
        self._output.write(SAVED_SIZE.pack(len(datagram)) + datagram)
