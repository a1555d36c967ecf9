"""Remembers which rows of a trace pass a filter by their messages alone.

What a row and its message tell never changes, whatever comes later: a view of the same rows that is
made anew, as where one goes from row to row of a recording, need not decode them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from gvtui.query.filter.batch import Mask
    from gvtui.query.filter.compile import Filter
    from gvtui.trace.reader import Trace

_BLOCK = 1 << 15


class KnownAnswers:
    """What is known of the rows of one trace for one filter: a bit for each row."""

    def __init__(self) -> None:
        self._blocks: dict[int, tuple[int, npt.NDArray[np.uint8]]] = {}
        """For each block of rows, of how many from its first on it is known; and what."""

    def add(self, start: int, answers: Mask) -> None:
        """Remember whether rows from `start` on pass. What is behind a gap is left out: views ask for
        rows in order."""
        while len(answers):
            number, offset = divmod(start, _BLOCK)
            piece, answers = answers[: _BLOCK - offset], answers[_BLOCK - offset :]
            start += len(piece)
            count, packed = self._blocks.get(number, (0, np.empty(0, np.uint8)))
            if offset <= count < offset + len(piece):
                before = np.unpackbits(packed, count=offset).astype(np.bool_)
                whole = np.concatenate((before, piece))
                self._blocks[number] = (len(whole), np.packbits(whole))

    def get(self, start: int, stop: int) -> Mask | None:
        """Whether rows from `start` on pass, of as many as are known in one go, at most to before
        `stop`; None if it is not known of the first."""
        number, offset = divmod(start, _BLOCK)
        count, packed = self._blocks.get(number, (0, None))
        end = min(stop - number * _BLOCK, count)
        if packed is None or end <= offset:
            return None
        return np.unpackbits(packed, count=end)[offset:].astype(np.bool_)


class LastAnswers:
    """What is known of a trace for the filter that was asked for last."""

    def __init__(self) -> None:
        self._last: tuple[Trace, tuple[str, int], KnownAnswers] | None = None

    def of(self, trace: Trace, condition: Filter) -> KnownAnswers | None:
        """What is known for a filter; None where answers may change."""
        if not condition.is_of_messages:
            return None
        last = self._last
        if last is None or last[0] is not trace or last[1] != condition.told_by:
            last = self._last = (trace, condition.told_by, KnownAnswers())
        return last[2]
