"""How far back the rows of each sandbox reach, for whoever opens a flight recorder now.

A reader that was open before lets rows go with the oldest segment; what is kept of that segment is
there for those that come later.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from gvtui.trace import files
from gvtui.trace.row import ROW_DTYPE
from gvtui.trace.segment import Segment
from gvtui.trace.thinned import thinned_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gvtui.trace.thinned import ThinnedMark


def whole_from(thinned: Iterable[ThinnedMark], conns: Iterable[int]) -> int:
    """When the last message came of some connections that was let go, Unix nanoseconds; 0 if none
    was.

    Args:
        thinned: what was let go.
        conns: the connections.
    """
    wanted = list(conns)
    return max(
        (mark.to_ns for mark in thinned for conn in wanted if conn in mark.counts.by_conn),
        default=0,
    )


class Reach:
    """How far back rows reach in one trace, as `look` has found last."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._logs: list[Path] = []
        self._first_ns = 0
        self._thinned: list[ThinnedMark] = []

    def look(self) -> None:
        """Look what is there now; this costs nothing where nothing has come or gone."""
        with contextlib.suppress(OSError):
            logs = [*files.logs_in(self._path).values()] if self._path.is_dir() else [self._path]
            # What is behind the oldest segment that is whole tells nothing more.
            pieces = [log for log in logs if files.is_piece(log)]
            known = logs[: len(pieces) + 1]
            if known != self._logs:
                first_ns = _first_time(known[0]) if known else 0
                self._thinned = [_thinned(log) for log in pieces]
                self._first_ns, self._logs = first_ns, known

    def since(self, conns: Iterable[int], opened_ns: int) -> int:
        """From when on the rows of a sandbox are there, Unix nanoseconds; 0 if it is not known.

        Args:
            conns: its connections.
            opened_ns: when the first of them opened.
        """
        return max(self._first_ns, opened_ns, whole_from(self._thinned, conns))


def _first_time(log: Path) -> int:
    segment = Segment.open(1, log, files.index_path(log))
    try:
        first = np.zeros(1, ROW_DTYPE)
        segment.read(segment.first_row, first)
        return int(first["recv_ns"][0])
    finally:
        segment.close()


def _thinned(log: Path) -> ThinnedMark:
    segment = Segment.open(1, log, files.index_path(log))
    try:
        return thinned_in(segment.head())
    finally:
        segment.close()
