"""Lets another process read the rows of an open trace: what it needs is sent with the open files."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import msgpack

from gvtui.trace.damage import Damage
from gvtui.trace.payloads import Part, payload_start
from gvtui.trace.ports import PortOrder
from gvtui.trace.records import DamagedError
from gvtui.trace.row import Row
from gvtui.trace.segment import Segment
from gvtui.trace.segments import Segments
from gvtui.trace.strings import LOST_TEXT, StringReader
from gvtui.wire.messages import decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from gvtui.trace.stretches import Stretch
    from gvtui.wire.messages import Decoded

MOST_FILES = 200
"""How many open files can be sent at once: the kernel takes 253."""

_BLOCK = 256
_MAX_BLOCKS = 64


class Share:
    """An open trace as it is sent to another process. The files stay those of the trace."""

    def __init__(self, segments: Segments, strings: StringReader, architecture: str) -> None:
        listed = list(segments)
        self.end_row = segments.end_row
        """How far the other process can read."""
        self.files = [strings.fileno()]
        """What is open: the strings, and for each segment its log and its index."""
        for segment in listed:
            self.files += [segment.log_fd, segment.index_fd]
        self.words: bytes = msgpack.packb(
            {
                "architecture": architecture,
                "segments": [
                    [each.number, each.first_row, each.rows, [part.pack() for part in each.parts]]
                    for each in listed
                ],
            }
        )


class SharedTrace:
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
        self._strings = StringReader(files[0])
        segments = []
        for place, (number, first_row, rows, parts) in enumerate(told["segments"]):
            log_fd, index_fd = files[1 + 2 * place : 3 + 2 * place]
            read = [Part.unpack(part)[0] for part in parts]
            segments.append(Segment(number, log_fd, index_fd, first_row, rows, True, read))
        self._segments = Segments(segments, None)
        self.architecture: str = told["architecture"]
        self.first_row = self._segments.first_row
        self.end_row = self._segments.end_row
        self.damage = Damage()
        self.connections: Any = None
        self._blocks: OrderedDict[int, list[Any]] = OrderedDict()
        self._ports = PortOrder(self)

    @property
    def side_folders(self) -> Sequence[Path]:
        """None: nothing is written."""
        return []

    @property
    def strings(self) -> Sequence[str]:
        """All interned strings by number."""
        return self._strings.texts

    def refresh(self) -> None:
        """Read the strings that have come since."""
        self._strings.refresh()

    def rows(self, start: int, stop: int) -> npt.NDArray[np.void]:
        """The rows from `start` to before `stop`, as far as there are any."""
        return self._segments.read(max(start, self.first_row), min(stop, self.end_row))

    def stretches(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> Iterator[Stretch]:
        """The bytes of the log behind some of consecutive rows; see `gvtui.trace.stretches`."""
        return self._segments.stretches(start, rows, asked)

    def intact(
        self, start: int, rows: npt.NDArray[np.void], asked: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """Which of consecutive rows are asked for, and have records that are as they came."""
        return self._segments.intact(start, rows, asked, self.damage)

    def row(self, index: int) -> Row:
        """One row.

        Raises:
            IndexError: the trace does not have it.
        """
        start = index - index % _BLOCK
        first = max(start, self.first_row)
        block = self._blocks.get(start)
        if block is None:
            block = self._blocks[start] = self.rows(start, start + _BLOCK).tolist()
            if len(self._blocks) > _MAX_BLOCKS:
                self._blocks.popitem(last=False)
        if not 0 <= index - first < len(block):
            raise IndexError(f"no row {index}")
        return Row(*block[index - first])

    def payload(self, index: int) -> bytes:
        """The payload of a row's record.

        Raises:
            IndexError: the row is not there.
            DamagedError: the record is damaged; `damage` counts it.
        """
        row = self.row(index)
        segment = self._segments.of(index)
        try:
            return segment.payloads.read(index, row)
        except DamagedError:
            self.damage.note(segment.number, payload_start(row))
            raise

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

    def string(self, number: int) -> str:
        """An interned string; an ellipsis for a lost one."""
        texts = self._strings.texts
        return texts[number] if number < len(texts) else LOST_TEXT

    def close(self) -> None:
        """Close the files."""
        self._segments.close()
        self._strings.close()
