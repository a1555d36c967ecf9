"""Decides where a recording's side files are: beside it, or in the user's own folders.

gvtui trusts and writes a side file beside a recording only if nobody but this user and root can
write there. For the recording of another user it uses this user's cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path
from typing import NamedTuple

import platformdirs

from gvtui.files import is_only_ours, nobody_else_writes
from gvtui.trace.bytesource import opened_source
from gvtui.trace.files import (
    INDEX_MAGIC,
    INDEX_SUFFIX,
    KEPT_SUFFIX,
    SPACED_SUFFIX,
    STRINGS_SUFFIX,
    index_path,
    strings_path,
)
from gvtui.trace.strings import MAGIC as STRINGS_MAGIC

MAX_CACHED = 64
"""For how many recordings the cache keeps an index."""
MAX_CACHED_BYTES = 2 << 30
"""How many bytes of disk they may use together."""


_MAGIC_SIZE = len(INDEX_MAGIC)


class IndexFiles(NamedTuple):
    """The paths of a recording's index and strings."""

    rows: Path
    strings: Path


def kept_path(pair: IndexFiles) -> Path:
    """The path of what an analysis has found out: beside the index."""
    return pair.rows.with_suffix(KEPT_SUFFIX)


def spaced_path(pair: IndexFiles) -> Path:
    """The path of what an analysis had found out at rows of the recording: beside the index."""
    return pair.rows.with_suffix(SPACED_SUFFIX)


def _derived(pair: IndexFiles) -> tuple[Path, ...]:
    """The paths of all that goes with an index."""
    return kept_path(pair), spaced_path(pair)


def beside(log: Path) -> IndexFiles:
    """The paths beside a recording."""
    return IndexFiles(index_path(log), strings_path(log))


def are_believable(pair: IndexFiles, *, is_growing: bool = False) -> bool:
    """Whether only this user and root can have written these files.

    Args:
        pair: the files.
        is_growing: whether the log is being written. Then the folder may be shared, because the
            rows are checked against the log as it grows.
    """
    folder = pair.rows.parent
    try:
        infos = [os.lstat(path) for path in pair]
        place = folder.stat()
    except OSError:
        return False
    if not all(stat.S_ISREG(info.st_mode) and is_only_ours(info) for info in infos):
        return False
    # In a folder with the sticky bit nobody can remove or replace the files of others.
    is_kept = place.st_mode & stat.S_ISVTX and place.st_uid in (os.geteuid(), 0)
    return is_growing or bool(is_kept) or is_only_ours(place)


def may_stand_beside(path: Path) -> bool:
    """Whether a side file may be written beside a recording."""
    return nobody_else_writes(path.parent) and os.access(path.parent, os.W_OK)


def is_made_by_us(path: Path) -> bool:
    """Whether an index may be removed from here: it is gvtui's, or there is none."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        with opened_source(path) as source:
            start = source.pread(_MAGIC_SIZE, 0)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return start in (b"", INDEX_MAGIC, STRINGS_MAGIC)


def cached(log: Path) -> IndexFiles | None:
    """The paths in the cache of the index of another user's recording.

    The name depends on the file and its content: a changed recording gets another name.

    Returns:
        None if there is no cache folder.
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
    """Remove the oldest indexes from the cache, but never the one in use."""
    with contextlib.suppress(OSError):
        pairs = []
        for index in kept.rows.parent.glob(f"*{INDEX_SUFFIX}"):
            pair = IndexFiles(index, index.with_suffix(STRINGS_SUFFIX))
            with contextlib.suppress(OSError):
                info = index.stat()
                size = info.st_size + sum(
                    path.stat().st_size for path in (pair.strings, *_derived(pair)) if path.exists()
                )
                pairs.append((info.st_mtime_ns, size, pair))
        taken = 0
        for count, (_, size, pair) in enumerate(sorted(pairs, reverse=True), 1):
            taken += size
            if pair != kept and (count > MAX_CACHED or taken > MAX_CACHED_BYTES):
                for path in (*pair, *_derived(pair)):
                    path.unlink(missing_ok=True)


def private_place(path: Path, kind: str) -> Path:
    """The path in the user's state folder of notes on another user's recording."""
    name = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()
    return Path(platformdirs.user_state_path("gvtui"), kind, name)
