"""The traces of monitors that had a place before: their segments are compressed, too.

A monitor that ends, or is killed, leaves segments that nobody has compressed by then.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from gvtui.files import nobody_else_writes
from gvtui.monitor.folder import is_guarded
from gvtui.monitor.places import traces_in
from gvtui.trace import files
from gvtui.trace.bytesource import opened_source
from gvtui.trace.header import is_being_written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOKS = 16
"""Segments that are looked at in one turn: receiving waits meanwhile."""


class FormerTraces:
    """The complete segments of a place's other traces, the youngest first; see `Former`.

    Left out is what belongs to another user, what others may write, and what anybody has locked.
    """

    def __init__(self, place: Path, own: Path) -> None:
        """Begin with the youngest.

        Args:
            place: the folder of traces.
            own: the one of them that is written now.
        """
        self._place, self._own = place, own
        self._logs = self._in_turn()

    def next(self) -> Path | None:
        """See `Former.next`."""
        for _ in range(LOOKS):
            log = next(self._logs, None)
            if log is None:
                return None
            if self.may_change(log) and _is_plain_and_whole(log):
                return log
        return None

    def may_change(self, log: Path) -> bool:
        """See `Former.may_change`."""
        try:
            return _is_ours(log.parent) and not is_guarded(log.parent) and not is_being_written(log)
        except OSError:
            return False

    def _in_turn(self) -> Iterator[Path]:
        if not nobody_else_writes(self._place):
            return
        for trace in reversed(traces_in(self._place)):
            if trace != self._own and _is_ours(trace):
                yield from reversed(files.logs_in(trace).values())


def _is_ours(folder: Path) -> bool:
    """Whether a folder belongs to this user, and nobody else may write it."""
    try:
        info = folder.lstat()
    except OSError:
        return False
    is_folder = stat.S_ISDIR(info.st_mode)
    return is_folder and info.st_uid == os.geteuid() and not info.st_mode & 0o022


def _is_plain_and_whole(log: Path) -> bool:
    """Whether a segment was sealed by its writer, and neither of its files is compressed."""
    index = files.index_path(log)
    try:
        infos = [path.lstat() for path in (log, index)]
        if any(not stat.S_ISREG(each.st_mode) or each.st_uid != os.geteuid() for each in infos):
            return False
        with opened_source(log) as records, opened_source(index) as rows:
            head = files.IndexHead.unpack(rows.pread(files.INDEX_HEAD_SIZE, 0))
            is_plain = not records.is_compressed and not rows.is_compressed
            return is_plain and head is not None and 0 < head.log_size == records.size
    except OSError:
        return False
