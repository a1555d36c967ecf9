"""Lets another process read the rows of an open trace: what it needs is sent with the open files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgpack

from gvtui.trace.bytesource import source_of
from gvtui.trace.payloads import Part
from gvtui.trace.ports import PortOrder
from gvtui.trace.rowreader import RowReader
from gvtui.trace.segment import Segment
from gvtui.trace.segments import Segments
from gvtui.trace.strings import StringReader
from gvtui.wire.messages import decode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gvtui.wire.messages import Decoded

MOST_FILES = 200
"""How many open files can be sent at once: the kernel takes 253."""


class Share:
    """An open trace as it is sent to another process. The files stay those of the trace."""

    def __init__(self, segments: Segments, strings: StringReader, architecture: str) -> None:
        listed = list(segments)
        self.end_row = segments.end_row
        """How far the other process can read."""
        self.files = [strings.fileno()]
        """What is open: the strings, and for each segment its log and its index."""
        for segment in listed:
            self.files += [segment.log.fileno(), segment.index.fileno()]
        self.words: bytes = msgpack.packb(
            {
                "architecture": architecture,
                "segments": [
                    [each.number, each.first_row, each.rows, list(map(tuple, each.parts))]
                    for each in listed
                ],
            }
        )


class SharedTrace(RowReader):
    """The rows of a trace that another process has opened. Owns the files until `close`.

    It knows of no connection: what a claim of one means, only the other process can tell.
    """

    def __init__(self, words: bytes, files: Sequence[int]) -> None:
        """Take over what a `Share` holds.

        Args:
            words: its `words`.
            files: copies of its `files`.
        """
        told = msgpack.unpackb(words)
        segments = []
        for place, (number, first_row, rows, parts) in enumerate(told["segments"]):
            log, index = map(source_of, files[1 + 2 * place : 3 + 2 * place])
            read = [Part(*part) for part in parts]
            segments.append(Segment(number, log, index, first_row, rows, True, read))
        super().__init__(Segments(segments, None), StringReader(files[0]))
        self.architecture: str = told["architecture"]
        self.connections: Any = None
        self._ports = PortOrder(self)

    @property
    def side_folders(self) -> Sequence[Path]:
        """None: nothing is written."""
        return []

    def refresh(self) -> None:
        """Read the strings that have come since."""
        self._strings.refresh()

    def decoded(self, index: int) -> Decoded:
        """The decoded message of a row.

        Raises:
            IndexError: the row is not there.
            WireError: the message is malformed.
        """
        return self._ports.read(index, decode(self.payload(index)))

    def details(self, index: int) -> dict[str, Any]:
        """Nothing: no condition asks for them."""
        return {}

    def close(self) -> None:
        """Close the files."""
        self._segments.close()
        self._strings.close()
