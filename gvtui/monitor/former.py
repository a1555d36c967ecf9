"""The traces of monitors that had a place before: their segments are compressed, too.

A monitor that ends, or is killed, leaves segments that nobody has compressed by then.
"""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from typing import TYPE_CHECKING

from gvtui.files import nobody_else_writes
from gvtui.monitor.folder import is_guarded
from gvtui.monitor.places import traces_in
from gvtui.trace import files
from gvtui.trace.bytesource import opened_source, size_of
from gvtui.trace.header import is_being_written
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOOKS = 16
"""Segments that are looked at in one turn: receiving waits meanwhile."""

LOOK_AGAIN_SECONDS = 5.0
"""After how many seconds it is looked again whether a segment has been finished."""
_MOST_UNFINISHED = 64


class FormerTraces:
    """The complete segments of a place's other traces, the youngest first; see `Former`.

    Left out is what belongs to another user, what others may write, and what anybody has locked.
    Segments that a killed monitor has left unfinished come when somebody has finished them, see
    `gvtui.monitor.leftovers`.
    """

    def __init__(self, place: Path, own: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with the youngest.

        Args:
            place: the folder of traces.
            own: the one of them that is written now.
            clock: gives seconds.
        """
        self._place, self._own, self._clock = place, own, clock
        self._logs = self._in_turn()
        self._unfinished: deque[Path] = deque(maxlen=_MOST_UNFINISHED)
        self._look_at = 0.0

    def next(self) -> Path | None:
        """See `Former.next`."""
        for _ in range(LOOKS):
            log = next(self._logs, None) or self._again()
            if log is None:
                return None
            if not self.may_change(log):
                continue
            if is_unfinished(log):
                self._unfinished.append(log)
            elif _is_plain_and_whole(log):
                return log
        return None

    def _again(self) -> Path | None:
        """A segment that was unfinished, if it is time to look at one."""
        now = self._clock()
        if not self._unfinished or now < self._look_at:
            return None
        self._look_at = now + LOOK_AGAIN_SECONDS
        return self._unfinished.popleft()

    def left_out(self) -> str:
        """What is not compressed though nobody writes it, and why, without full stop; "" if there is
        nothing of that kind."""
        if not nobody_else_writes(self._place):
            return (
                f"others may write to {self._place}: what former monitors have left there is not "
                "compressed"
            )
        others = [
            trace
            for trace in traces_in(self._place)
            if trace != self._own and not is_ours(trace) and not is_guarded(trace)
        ]
        if not others:
            return ""
        many = counted(len(others), "trace")
        return (
            f"{many} of former monitors in {self._place} cannot be changed by user {os.geteuid()}, "
            "and what is not compressed there stays as it is"
        )

    def may_change(self, log: Path) -> bool:
        """See `Former.may_change`."""
        try:
            return is_ours(log.parent) and not is_guarded(log.parent) and not is_being_written(log)
        except OSError:
            return False

    def _in_turn(self) -> Iterator[Path]:
        if not nobody_else_writes(self._place):
            return
        for trace in reversed(traces_in(self._place)):
            if trace != self._own and is_ours(trace):
                yield from reversed(files.logs_in(trace).values())


def is_ours(folder: Path) -> bool:
    """Whether a folder belongs to this user, and nobody else may write it."""
    try:
        info = folder.lstat()
    except OSError:
        return False
    is_folder = stat.S_ISDIR(info.st_mode)
    return is_folder and info.st_uid == os.geteuid() and not info.st_mode & 0o022


def is_unfinished(log: Path) -> bool:
    """Whether a segment has no index that fits it, as one that a killed monitor wrote; not if it
    cannot be read."""
    try:
        size = size_of(log)
    except OSError:
        return False
    try:
        with opened_source(files.index_path(log)) as rows:
            head = files.IndexHead.read(rows)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return head is None or head.log_size != size


def _is_plain_and_whole(log: Path) -> bool:
    """Whether a segment was sealed by its writer, and neither of its files is compressed."""
    index = files.index_path(log)
    try:
        infos = [path.lstat() for path in (log, index)]
        # A monitor that becomes another user has made its first files before.
        users = (os.geteuid(), 0)
        if any(not stat.S_ISREG(each.st_mode) or each.st_uid not in users for each in infos):
            return False
        with opened_source(log) as records, opened_source(index) as rows:
            head = files.IndexHead.read(rows)
            is_plain = not records.is_compressed and not rows.is_compressed
            return is_plain and head is not None and 0 < head.log_size == records.size
    except OSError:
        return False
