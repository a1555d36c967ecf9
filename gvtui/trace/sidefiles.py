"""Where the side files of a recording lie: beside it, or among our own where others may write.

A side file beside a recording is believed, and written, only where nobody but this user and root
could have put it there. For the recording of a stranger it stands in the user's cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path
from typing import NamedTuple

import platformdirs

from gvtui.files import is_only_ours, nobody_else_writes, open_to_read
from gvtui.trace.files import (
    INDEX_MAGIC,
    INDEX_SUFFIX,
    STRINGS_SUFFIX,
    index_path,
    strings_path,
)
from gvtui.trace.strings import MAGIC as STRINGS_MAGIC

MAX_CACHED = 64
"""Recordings whose index is kept in the cache."""
MAX_CACHED_BYTES = 2 << 30
"""Disk that these may take together."""


_MAGIC_SIZE = len(INDEX_MAGIC)


class IndexFiles(NamedTuple):
    """Where the index of a recording lies."""

    rows: Path
    strings: Path


def beside(log: Path) -> IndexFiles:
    """The index beside a recording."""
    return IndexFiles(index_path(log), strings_path(log))


def are_believable(pair: IndexFiles, *, is_growing: bool = False) -> bool:
    """Whether nobody but this user and root can have written these files.

    Args:
        pair: the files.
        is_growing: whether the log is being written. Then the folder may be shared: what is there
            is checked against the log as it grows.
    """
    folder = pair.rows.parent
    try:
        infos = [os.lstat(path) for path in pair]
        place = folder.stat()
    except OSError:
        return False
    if not all(stat.S_ISREG(info.st_mode) and is_only_ours(info) for info in infos):
        return False
    # In a folder with the sticky bit nobody takes away, or replaces, what is another's.
    is_kept = place.st_mode & stat.S_ISVTX and place.st_uid in (os.geteuid(), 0)
    return is_growing or bool(is_kept) or is_only_ours(place)


def may_stand_beside(path: Path) -> bool:
    """Whether a side file may be written beside a recording."""
    return nobody_else_writes(path.parent) and os.access(path.parent, os.W_OK)


def is_made_by_us(path: Path) -> bool:
    """Whether an index or its strings may go from here: they are gvtui's, or nothing is here."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with open_to_read(path) as file:
            start = file.read(_MAGIC_SIZE)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return start in (b"", INDEX_MAGIC, STRINGS_MAGIC)


def cached(log: Path) -> IndexFiles | None:
    """Where the index of another's recording lies in our cache.

    The name stands for this file with this content: when it changes, it has another.

    Returns:
        None if there is no such place.
    """
    folder = Path(platformdirs.user_cache_path("gvtui"), "indexes")
    try:
        info = log.stat()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    if not nobody_else_writes(folder):
        return None
    told = (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
    name = hashlib.sha256(repr((os.path.realpath(log), told)).encode("utf-8", "surrogateescape"))
    place = folder / name.hexdigest()
    return IndexFiles(place.with_suffix(INDEX_SUFFIX), place.with_suffix(STRINGS_SUFFIX))


def forget_old(kept: IndexFiles) -> None:
    """Remove the oldest indexes from the cache, so that it stays small; never the one in use."""
    with contextlib.suppress(OSError):
        pairs = []
        for index in kept.rows.parent.glob(f"*{INDEX_SUFFIX}"):
            strings = index.with_suffix(STRINGS_SUFFIX)
            with contextlib.suppress(OSError):
                info = index.stat()
                size = info.st_size + (strings.stat().st_size if strings.exists() else 0)
                pairs.append((info.st_mtime_ns, size, IndexFiles(index, strings)))
        taken = 0
        for count, (_, size, pair) in enumerate(sorted(pairs, reverse=True), 1):
            taken += size
            if pair != kept and (count > MAX_CACHED or taken > MAX_CACHED_BYTES):
                for path in pair:
                    path.unlink(missing_ok=True)


def private_place(path: Path, kind: str) -> Path:
    """Where what the user notes of another's recording lies among the user's own state."""
    name = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()
    return Path(platformdirs.user_state_path("gvtui"), kind, name)
