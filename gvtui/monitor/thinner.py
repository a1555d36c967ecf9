"""The thinner: a separate process that keeps what quiet sandboxes sent, so that receiving need not
wait for it.

It is forked when the receiving process has given up its rights, and so has no more than that. It
hears from it when segments of the flight recorder go soon.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
import select
import struct
from typing import TYPE_CHECKING

from gvtui.monitor.fairplace import FairPlace
from gvtui.monitor.helper import Helper, HelperOwner
from gvtui.monitor.priority import keep_pace
from gvtui.trace.pieces import UNSYNCED_SECONDS, Pieces

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_QUESTION = struct.Struct("<qqq")
_KEPT = struct.Struct("<q")
_END_SECONDS = 2.0
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""Errors of a full disk, after which the oldest just goes."""
_TRIES = 3
_MOST_STARTS = 3
"""After so many starts former traces are left alone."""


class Thinner(HelperOwner):
    """The receiving process's end. Owns the process until `end`."""

    def __init__(
        self,
        folder: Path,
        sync_seconds: float = 0.0,
        keep_seconds: float = 0.0,
        *,
        compresses: bool = False,
        place: Path | None = None,
        keep_bytes: int = 0,
    ) -> None:
        """Begin without a process.

        Args:
            folder: of the flight recorder.
            sync_seconds: how often what is written is brought onto the disk itself; 0 leaves that to
                the kernel.
            keep_seconds: how long messages are kept at most; 0 for no bound.
            compresses: whether what is kept is compressed.
            place: the folder of traces in which that is; None where it stands alone.
            keep_bytes: how much room all traces in the place may take together.
        """
        seconds = sync_seconds or UNSYNCED_SECONDS
        self._pieces = Pieces(folder, seconds, keep_seconds, compresses=compresses)
        self._place: FairPlace | None = None
        if place is not None:
            fair = FairPlace(
                place, folder, keep_bytes, seconds, keep_seconds, compresses=compresses
            )
            # Nobody else begins a trace there.
            self._place = None if fair.is_alone else fair
        self._kept = mmap.mmap(-1, _KEPT.size)
        self._starts = 0
        super().__init__()
        self._pipe: int | None = None

    def start(self) -> None:
        """Fork the process, in place of the one before, which has ended.

        Raises:
            OSError: no further process can be started.
        """
        self._hang_up()
        self._starts += 1
        if self._starts > _MOST_STARTS:
            # What ends the process again and again may be what lies in another trace.
            self._place = None
            _KEPT.pack_into(self._kept, 0, 0)
        theirs, ours = os.pipe()
        os.set_blocking(ours, False)
        try:
            self._helper = Helper.start(theirs, self._service(theirs))
        except OSError:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        self._pipe = ours

    def _service(self, pipe: int) -> Callable[[], None]:
        return lambda: _serve(self._pieces, self._place, self._kept, pipe)

    @property
    def has_others(self) -> bool:
        """Whether there are traces of former monitors, which are thinned besides."""
        return self._place is not None

    def kept_by_others(self) -> int:
        """How many bytes of disk these keep, as far as the process has found out."""
        (kept,) = _KEPT.unpack_from(self._kept, 0)
        return int(kept)

    def ask(self, excess: int, limit: int, segment_bytes: int) -> None:
        """Have kept what is to be kept of the segments that go next; see `Pieces.prepare`.

        This does not wait. Where the process has gone or is far behind, the oldest goes whole.
        """
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                os.write(self._pipe, _QUESTION.pack(excess, limit, segment_bytes))

    def _hang_up(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None

    def end(self) -> None:
        """End the process; what it was about to write is not there."""
        self._hang_up()
        if self._helper is not None:
            self._helper.end(_END_SECONDS)


def _serve(pieces: Pieces, place: FairPlace | None, kept: mmap.mmap, pipe: int) -> None:
    """Answer until the receiving process closes its end."""
    keep_pace()
    while question := _newest(pipe):
        _prepare(pieces, question, pipe)
        if place is not None:
            taken = place.let_go(pieces.held, question[2])
            if taken is not None:
                _KEPT.pack_into(kept, 0, taken)


def _prepare(pieces: Pieces, question: tuple[int, int, int], pipe: int) -> None:
    """Keep what is to be kept of the trace that is written."""
    for _ in range(_TRIES):
        try:
            pieces.prepare(*question)
            if not select.select([pipe], [], [], 0)[0]:
                pieces.tidy()
            break
        except FileNotFoundError:
            # The oldest went meanwhile: what stays of the next ones is the more urgent.
            continue
        except OSError as error:
            if error.errno not in _FULL:
                raise
            break


def _newest(pipe: int) -> tuple[int, int, int] | None:
    """The last question that was asked; waits for one. None at the end."""
    data = os.read(pipe, _QUESTION.size)
    fcntl.fcntl(pipe, fcntl.F_SETFL, os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while len(data) == _QUESTION.size and (later := os.read(pipe, _QUESTION.size)):
            data = later
    fcntl.fcntl(pipe, fcntl.F_SETFL, 0)
    if len(data) < _QUESTION.size:
        return None
    excess, limit, segment_bytes = _QUESTION.unpack(data)
    return excess, limit, segment_bytes
