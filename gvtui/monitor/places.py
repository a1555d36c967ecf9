"""The place that a monitor which always runs writes to: a recording, or a folder of traces.

In a folder each start makes a trace of its own, and the oldest go first when all of them together
take too much room. A note in the place says which socket the monitor has, so that whoever knows the
trace finds the monitor.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import math
import shutil
import time
from typing import TYPE_CHECKING

import numpy as np

from gvtui.files import clear_unfinished, locked_file, open_to_read, write_whole
from gvtui.monitor.folder import is_guarded, unguarded
from gvtui.monitor.listener import MonitorError
from gvtui.trace import files
from gvtui.trace.bytesource import size_of
from gvtui.trace.header import are_being_written
from gvtui.trace.row import ROW_DTYPE
from gvtui.trace.segment import Segment

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

_NOTE = "monitor"
_LOCK = "monitor.lock"
_MAX_NOTE = 4096
_LOOK_SECONDS = 10.0
"""After how many seconds it is looked how much room the traces take."""
_FAR_PART = 8
"""Where they take one part in so many more than they may, the oldest goes whole; where it is less, the
next time: there is a process that lets go what loud sandboxes sent, see `gvtui.monitor.fairplace`."""
_BLOCK = 4096


def traces_in(folder: Path) -> list[Path]:
    """The traces of a monitor's folder, oldest first; none in a folder of another kind."""
    with contextlib.suppress(OSError):
        found = [each for each in folder.iterdir() if each.is_dir() and files.segment_numbers(each)]
        return sorted(found)
    return []


def trace_at(path: Path) -> Path:
    """The newest trace of a monitor's folder; any other path as it is."""
    if path.is_dir() and not files.segment_numbers(path) and (found := traces_in(path)):
        return found[-1]
    return path


def socket_of(path: Path) -> Path | None:
    """The socket of the monitor that writes a trace; None if nothing there says so.

    Args:
        path: a recording, a folder of traces, or one of these traces.
    """
    for note in (path / _NOTE, path.parent / _NOTE, _beside(path)):
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            with open_to_read(note) as file:
                told = json.loads(file.read(_MAX_NOTE))
            # A folder has notes of one monitor, but may hold recordings of others.
            if note != path.parent / _NOTE or path in traces_in(path.parent):
                return type(path)(told["listen"])
    return None


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.{_NOTE}")


class MonitorPlace:
    """Where one monitor writes, for as long as it runs. Owns the note and the lock, until `close`."""

    def __init__(
        self,
        path: Path,
        listen: Path,
        keep_bytes: int,
        *,
        is_folder: bool,
        keep_seconds: float = 0.0,
    ) -> None:
        """Take the place.

        Args:
            path: the recording, or the folder of traces, which is made if it is missing.
            listen: the socket of the monitor.
            keep_bytes: how much room all traces of a folder may take together.
            is_folder: which of both it is.
            keep_seconds: how long messages are kept at most; 0 for no bound.

        Raises:
            MonitorError: another monitor has it, or nothing can be written there.
        """
        self.path = path
        self._keep_bytes = keep_bytes
        self._keep_seconds = keep_seconds
        self._is_folder = is_folder
        self._looked_at = -math.inf
        self._takes_too_much = False
        self._known: set[Path] = set()
        """Traces of former monitors, also while the process that thins them has one locked."""
        self.former = (0, 0)
        """How many traces of former monitors there were when it was looked last, and how many bytes
        of disk they took together."""
        self._lock: BinaryIO | None = None
        self._note = path / _NOTE if is_folder else _beside(path)
        try:
            if is_folder:
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._lock = locked_file(path / _LOCK)
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            told = json.dumps({"listen": str(listen.absolute())})
            write_whole(self._note, told.encode(), mode=0o600)
        except BlockingIOError as error:
            self._unlock()
            raise MonitorError(
                f"another monitor writes to {path}; give each a folder of its own"
            ) from error
        except OSError as error:
            self._unlock()
            raise MonitorError(f"cannot write to {path}: {error.strerror}") from error

    def turn(self, now: float) -> list[str]:
        """Do `let_go` and `let_old_go` if it is time for it; to be called now and then.

        Args:
            now: seconds by the monotonic clock.

        Returns:
            A sentence, without full stop, for each trace that has gone.
        """
        if now - self._looked_at < _LOOK_SECONDS:
            return []
        self._looked_at = now
        words = "is removed: all traces together take too much room"
        told = [f"{gone} {words}" for gone in self.let_go()]
        words = "is removed: it is older than --keep-for allows"
        return told + [f"{gone} {words}" for gone in self.let_old_go(time.time_ns())]

    def let_go(self) -> list[Path]:
        """Remove of the oldest traces that nobody writes the oldest segments, and then all of it,
        where all traces together take far too much room, or do so for the second time; and what was
        left unfinished in any.

        Returns:
            The traces that have gone.
        """
        if not self._is_folder:
            return []
        sizes = {}
        for trace in self._traces():
            # Of a monitor that was killed while a segment was compressed, ...
            clear_unfinished(trace)
            # ... or while it was kept what quiet sandboxes had sent.
            _clear_pieces(trace)
            sizes[trace] = disk_bytes(trace)
        total = sum(sizes.values())
        gone: list[Path] = []
        former: dict[Path, int] = {}
        is_far = total > self._keep_bytes + self._keep_bytes // _FAR_PART
        waits = not is_far and not self._takes_too_much
        self._takes_too_much = total > self._keep_bytes
        for trace, size in sizes.items():
            left, logs = size, list(files.logs_in(trace).values())
            if _is_spent(logs) and not is_guarded(trace):
                freed = _remove_oldest(trace, logs)
                total, left = total - freed, left - freed
            while total > self._keep_bytes and not waits and left > 0 and not is_guarded(trace):
                freed = _remove_oldest(trace, logs)
                total, left = total - freed, left - freed
                if freed <= 0:
                    # Another user's: nothing of it can be removed.
                    break
            if not trace.exists():
                gone.append(trace)
            elif trace in self._known or not is_guarded(trace):
                former[trace] = left
        self._known = set(former)
        self.former = len(former), sum(former.values())
        return gone

    def _traces(self) -> list[Path]:
        """The traces that lie here, and not elsewhere."""
        return [trace for trace in traces_in(self.path) if not trace.is_symlink()]

    def let_old_go(self, now_ns: int) -> list[Path]:
        """Remove what nobody writes and what is older than it may be: of a trace the oldest segments,
        and then all of it.

        Args:
            now_ns: Unix time.

        Returns:
            The traces that have gone.
        """
        gone: list[Path] = []
        if not self._is_folder or not self._keep_seconds:
            return gone
        before_ns = now_ns - int(self._keep_seconds * 1e9)
        for trace in self._traces():
            if is_guarded(trace):
                continue
            logs = list(files.logs_in(trace).values())
            while logs and _last_ns(logs[0]) < before_ns:
                _remove_oldest(trace, logs)
                if not trace.exists():
                    gone.append(trace)
        return gone

    def close(self) -> None:
        """Leave the place."""
        self._note.unlink(missing_ok=True)
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()


def _clear_pieces(trace: Path) -> None:
    """Remove what nobody will finish of what was kept of segments, unless somebody has the trace."""
    if not files.left_of_pieces(trace):
        return
    with unguarded(trace) as is_free, contextlib.suppress(OSError):
        if is_free and not are_being_written(files.logs_of(trace)):
            for path in files.left_of_pieces(trace):
                path.unlink(missing_ok=True)


def _is_spent(logs: list[Path]) -> bool:
    """Whether nothing is left of a trace but an empty segment, see `gvtui.trace.formerpieces`."""
    first = files.segment_path(logs[0].parent, 1) if logs else None
    with contextlib.suppress(OSError):
        return len(logs) == 1 and logs[0] != first and not _rows_bytes(logs[0])
    return False


def _rows_bytes(log: Path) -> int:
    return max(0, size_of(files.index_path(log)) - files.INDEX_HEAD_SIZE)


def _remove_oldest(trace: Path, logs: list[Path]) -> int:
    """Remove the oldest segment of a trace, and its log from those that are there; with the last one
    all of it. Gives how many bytes of disk are free then."""
    first, *others = logs or [trace]
    del logs[:1]
    if not others:
        before = disk_bytes(trace)
        shutil.rmtree(trace, ignore_errors=True)
        return before - disk_bytes(trace)
    own = (first, files.index_path(first))
    before = sum(map(_room, own))
    with contextlib.suppress(OSError):
        for path in own:
            path.unlink(missing_ok=True)
    return before - sum(map(_room, own))


def _last_ns(log: Path) -> int:
    """When the last row of a segment came, Unix nanoseconds; of one that cannot be read when it was
    written."""
    rows = np.zeros(1, ROW_DTYPE)
    try:
        segment = Segment.open(1, log, files.index_path(log))
    except OSError:
        return log.stat().st_mtime_ns if log.exists() else 0
    try:
        if not segment.rows or not segment.read(segment.end_row - 1, rows):
            return log.stat().st_mtime_ns
    finally:
        segment.close()
    return int(rows["recv_ns"][0])


def disk_bytes(folder: Path) -> int:
    """Bytes of disk that the files in a folder take; what has two names in it counts once."""
    return sum_of_files(folder, _taken)


def sum_of_files(folder: Path, bytes_of: Callable[[os.stat_result], int]) -> int:
    """What the files in a folder have together; what has two names in it counts once."""
    found: dict[tuple[int, int], int] = {}
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                info = path.lstat()
                found[info.st_dev, info.st_ino] = bytes_of(info)
    return sum(found.values())


def _room(path: Path) -> int:
    """Bytes of disk that a file takes; 0 if there is none."""
    try:
        return _taken(path.lstat())
    except OSError:
        return 0


def _taken(info: os.stat_result) -> int:
    """Bytes of disk that a file takes, without what is reserved for it to grow."""
    blocks = -(-info.st_size // _BLOCK) * _BLOCK
    return min(info.st_blocks * 512, blocks)
