"""The folders of flight recorders: creates, locks and finds them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import platformdirs

from gvtui.files import give, locked_file, open_to_read
from gvtui.monitor.listener import MonitorError
from gvtui.trace import files
from gvtui.trace.bytesource import size_of
from gvtui.trace.row import ROW_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator

_LOCK_NAME = "lock"
_SPOOL = "spool-"
"""The prefix of folders whose messages are only on their way to another file."""

_TRIES = 5
_NOTHING_BYTES = 4096
"""The largest size in bytes of a log that has only its header."""


class LeftBehind(NamedTuple):
    """The flight recorder of a viewer that was killed, or whose terminal has gone."""

    path: Path
    rows: int
    size_bytes: int
    log_bytes: int
    ended_s: float
    """When it was last written, Unix seconds."""


def make_folder(place: Path | None = None, *, is_spool: bool = False) -> tuple[Path, int]:
    """Create a private folder for a flight recorder; gives it with the descriptor of its lock.

    The lock is shared: the folder is locked as long as any process has the descriptor.

    Args:
        place: where to create it; None for the user's cache.
        is_spool: whether the folder is useless after its processes have ended.

    Raises:
        MonitorError: the folder cannot be created.
    """
    advice = "name another folder"
    if place is None:
        place, advice = _place(), f"{advice} for caches with XDG_CACHE_HOME"
    prefix = time.strftime(f"{_SPOOL * is_spool}%Y%m%d-%H%M%S-")
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _ in range(_TRIES):
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place.absolute()))
            lock_fd = guard(folder)
            # Another process may have removed the new folder as left behind.
            if lock_fd is not None and (folder / _LOCK_NAME).exists():
                return folder, lock_fd
    except OSError as error:
        raise MonitorError(f"cannot write to {place}: {error.strerror}; {advice}") from error
    raise MonitorError(f"cannot make a folder in {place}: another program removes it at once")


def guard(folder: Path) -> int | None:
    """Lock a flight recorder's folder as long as any process has the descriptor.

    Returns:
        The descriptor; None if the folder has gone.
    """
    try:
        with locked_file(folder / _LOCK_NAME) as lock:
            fd = os.dup(lock.fileno())
    except FileNotFoundError:
        return None
    fcntl.flock(fd, fcntl.LOCK_SH)
    return fd


def left_behind() -> list[LeftBehind]:
    """The flight recorders of killed viewers, the newest first.

    Empty folders, and those of spools whose program has ended, are removed.
    """
    found = []
    for folder in _unguarded():
        one = _look_at(folder)
        if folder.name.startswith(_SPOOL) or _is_empty(one):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            take_back(folder)
            found.append(one)
    return sorted(found, key=lambda one: one.ended_s, reverse=True)


def holds_rows(folder: Path) -> bool:
    """Whether a flight recorder's folder holds anything."""
    return not _is_empty(_look_at(folder))


def _is_empty(one: LeftBehind) -> bool:
    return not one.rows and one.log_bytes <= _NOTHING_BYTES


def take_back(folder: Path) -> None:
    """Give a folder and its files to this user, if another user has received."""
    with contextlib.suppress(OSError):
        for path in (folder, *folder.iterdir()):
            give(path, os.geteuid(), os.getegid())


def _place() -> Path:
    return Path(platformdirs.user_cache_dir("gvtui"), "live")


def is_guarded(folder: Path) -> bool:
    """Whether a process has locked a flight recorder's folder."""
    with unguarded(folder) as is_free:
        return not is_free


@contextlib.contextmanager
def unguarded(folder: Path) -> Iterator[bool]:
    """Have a flight recorder's folder locked for a while; False where another process has it.

    One without a lock is nobody's.
    """
    with contextlib.ExitStack() as stack:
        is_free = True
        try:
            lock = stack.enter_context(open_to_read(folder / _LOCK_NAME))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            is_free = False
        except OSError:
            pass
        yield is_free


def _unguarded() -> Iterator[Path]:
    """The folders that no process has locked."""
    try:
        folders = sorted(_place().iterdir())
    except OSError:
        return
    for folder in folders:
        with contextlib.suppress(OSError), open_to_read(folder / _LOCK_NAME) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder


def _look_at(folder: Path) -> LeftBehind:
    rows = size = log_bytes = 0
    ended = 0.0
    for log in files.logs_in(folder).values():
        with contextlib.suppress(OSError):
            info, index = log.stat(), files.index_path(log).stat()
            ended = max(ended, info.st_mtime)
            log_bytes += info.st_size
            size += info.st_size + index.st_size
            rows += max(0, size_of(files.index_path(log)) - files.INDEX_HEAD_SIZE) // ROW_SIZE
    return LeftBehind(folder, rows, size, log_bytes, ended)
