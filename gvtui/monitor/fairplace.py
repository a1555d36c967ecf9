"""Lets go what former monitors have left in a place, so that no sandbox pushes out others.

A share is a sandbox's over all traces of the place. What a loud one sent goes first, oldest first;
what others sent stays in pieces, as in the trace that is written (`gvtui.trace.pieces`).
"""

from __future__ import annotations

import contextlib
import time
from operator import attrgetter
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.files import nobody_else_writes
from gvtui.monitor.folder import is_guarded, unguarded
from gvtui.monitor.former import is_ours, is_unfinished
from gvtui.monitor.places import disk_bytes, sum_of_files, traces_in
from gvtui.trace import files
from gvtui.trace.fairness import letting_go
from gvtui.trace.formerpieces import FormerPieces
from gvtui.trace.header import are_being_written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gvtui.trace.fairness import Held

_LOOK_SECONDS = 0.5
"""For how long new files are looked at in one turn: what is written now is the more urgent."""
_MOST_ENTRIES = 1 << 18
"""Connections in files that are known: about 100 MB of memory."""
_size = attrgetter("st_size")
_CANNOT_READ = (OSError, EOFError, GvtuiError)


class FairPlace:
    """The former traces of a monitor's folder, for the one process that thins them."""

    def __init__(
        self,
        place: Path,
        own: Path,
        keep_bytes: int,
        unsynced_seconds: float,
        keep_seconds: float,
        *,
        compresses: bool,
    ) -> None:
        """Begin without having looked.

        Args:
            place: the folder of traces.
            own: the one of them that is written now.
            keep_bytes: how much room all of them may take together.
            unsynced_seconds: see `Pieces`; so are the others.
            keep_seconds: how long messages are kept at most; 0 for no bound.
            compresses: whether pieces are compressed.
        """
        self._place, self._own, self._keep_bytes = place, own, keep_bytes
        self._unsynced_seconds, self._keep_seconds = unsynced_seconds, keep_seconds
        self._compresses = compresses
        self._known: dict[Path, FormerPieces] = {}
        self._pieces: dict[Path, FormerPieces] = {}
        """Of the traces that may be changed now."""
        self._finished: set[Path] = set()

    @property
    def is_alone(self) -> bool:
        """Whether there is no other trace in the place."""
        return all(trace == self._own for trace in traces_in(self._place))

    def let_go(self, own: Sequence[Held], segment_bytes: int) -> int | None:
        """Let go what is to go, as far as it is known who sent it.

        Args:
            own: what is held in the trace that is written.
            segment_bytes: the size of a segment of it that is complete.

        Returns:
            Bytes of disk that former traces, and the ends of blocks, keep of what the written one
            could have; None while it is not known.
        """
        if not nobody_else_writes(self._place):
            return 0
        traces = [trace for trace in traces_in(self._place) if trace != self._own]
        ours = [trace for trace in traces if is_ours(trace)]
        self._known = {trace: self._known.get(trace) or self._pieces_of(trace) for trace in ours}
        if not self._look():
            return None
        # Until it is asked again a segment is completed, with a smaller copy beside; where one is
        # complete it must be able to stay beside that.
        coming = (2 if own else 1) * segment_bytes + segment_bytes // 2
        goal = self._keep_bytes - disk_bytes(self._own) - coming
        most = max(0, self._keep_bytes // 2 - segment_bytes)
        taken = sum(map(disk_bytes, traces))
        if taken > goal:
            self._finish()
            taken = self._cut(traces, own, goal, segment_bytes)
        if taken > max(goal, most):
            taken = self._cut(traces, (), max(goal, most), segment_bytes)
        # The written one reckons with the sizes of its files, which take whole blocks of the disk.
        return min(taken, most) + max(0, disk_bytes(self._own) - sum_of_files(self._own, _size))

    def _pieces_of(self, trace: Path) -> FormerPieces:
        return FormerPieces(
            trace, self._unsynced_seconds, self._keep_seconds, compresses=self._compresses
        )

    def _look(self) -> bool:
        """Look at all files; False if there are more than there was time for."""
        until, entries = time.monotonic() + _LOOK_SECONDS, 0
        found: dict[Path, FormerPieces] = {}
        for trace, pieces in reversed(self._known.items()):
            # Others are left as they are that somebody has, or that cannot be read.
            with contextlib.suppress(*_CANNOT_READ):
                if is_guarded(trace) or are_being_written(files.logs_of(trace)):
                    continue
                if entries > _MOST_ENTRIES:
                    # Of more connections than are known one by one the oldest traces go whole.
                    self._known[trace] = self._pieces_of(trace)
                    continue
                if not pieces.look(until):
                    return False
                entries += pieces.entries
                found[trace] = pieces
        self._pieces = dict(reversed(found.items()))
        return True

    def _finish(self) -> None:
        """Complete what killed monitors have left, each once: a process does so when a processor is
        idle, see `gvtui.monitor.leftovers`, which may be never in a flood."""
        from gvtui.trace.reader import Trace

        for trace, pieces in self._pieces.items():
            with unguarded(trace) as is_free, contextlib.suppress(*_CANNOT_READ):
                if is_free and trace not in self._finished:
                    self._finished.add(trace)
                    if is_unfinished(files.logs_of(trace)[-1]):
                        Trace.open(trace, newest=1).close()
                        pieces.look()

    def _cut(
        self, traces: Sequence[Path], own: Sequence[Held], goal: int, segment_bytes: int
    ) -> int:
        """Let go of former traces what goes by shares, for them to take so many bytes of disk at
        most; gives how many they take then."""
        held = [pieces.held for pieces in self._pieces.values()]
        all_held = [each for some in held for each in some]
        sizes = sum(each.size for each in all_held)
        # Strings, and what cannot be thinned: where it takes most of the room, whole traces must go.
        taken = sum(map(disk_bytes, traces))
        overhead = taken - sizes
        room = max(0, goal // 2, goal - overhead) + sum(each.size for each in own)
        if not all_held:
            return taken
        gone = letting_go(all_held, own, {}, room)
        place = 0
        for trace, some in zip(list(self._pieces), held, strict=True):
            self._thin(trace, gone[place : place + len(some)], segment_bytes)
            place += len(some)
        return sum(map(disk_bytes, traces))

    def _thin(self, trace: Path, gone: Sequence[frozenset[object]], segment_bytes: int) -> None:
        pieces = self._pieces[trace]
        with unguarded(trace) as is_free, contextlib.suppress(*_CANNOT_READ):
            if is_free:
                pieces.let_go(gone, segment_bytes)
