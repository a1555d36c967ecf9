"""Reads the messages of some rows of a slice, their bytes many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from google.protobuf.message import DecodeError

from gvtui.wire.header import WireError
from gvtui.wire.messages import KINDS, Unknown

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.source import RowSource


class SliceMessages:
    """The messages of the rows of a slice that are asked for."""

    def __init__(
        self,
        trace: RowSource,
        start: int,
        rows: npt.NDArray[np.void],
        asked: npt.NDArray[np.bool_],
    ) -> None:
        """Read the bytes.

        Args:
            trace: where the rows are.
            start: row id of the first of `rows`.
            rows: consecutive rows.
            asked: which of them are wanted.
        """
        self._trace = trace
        self._start = start
        self._bytes: dict[int, bytes] = {}
        self._types: list[int] = rows["type"].tolist()
        good = trace.intact(start, rows, asked) if asked.any() else asked
        for stretch in trace.stretches(start, rows, good):
            first, starts, ends, data = stretch.first, stretch.starts, stretch.ends, stretch.data
            size = len(data)
            for place in np.flatnonzero(good[first : stretch.stop]).tolist():
                begin, end = starts[place], ends[place]
                if begin + 2 <= end <= size:
                    # The header was read when the row was made.
                    head = data[begin] | data[begin + 1] << 8
                    self._bytes[first + place] = data[begin + head : end]

    def get(self, place: int) -> Any:  # noqa: ANN401
        """The message at a place; None if it cannot be read, or its type is not known."""
        payload = self._bytes.get(place)
        try:
            if payload is None:
                message = self._trace.decoded(self._start + place).message
                return None if isinstance(message, Unknown) else message
            read = _READERS.get(self._types[place])
            return read(payload) if read is not None else None
        except (WireError, DecodeError, IndexError):
            return None


_READERS = {number: kind.message_class.FromString for number, kind in KINDS.items()}
"""What reads the payload of each message type."""
