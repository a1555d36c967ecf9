"""Compresses the segments of a folder that nobody writes."""

from __future__ import annotations

import os
from pathlib import Path

from gvtui.trace import files
from gvtui.trace.shrinking import shrink_segment


def shrink(log: Path) -> None:
    """Compress a log and its index in their places; one that is too small stays as it is."""
    plain = (log, files.index_path(log))
    made = tuple(path.with_name(f"{path.name}.new") for path in plain)
    fds = []
    for old, new in zip(plain, made, strict=True):
        fds += [os.open(old, os.O_RDONLY), os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)]
    try:
        is_done = shrink_segment(*fds)
    finally:
        for fd in fds:
            os.close(fd)
    for old, new in zip(plain, made, strict=True):
        new.replace(old) if is_done else new.unlink()


def shrink_folder(folder: Path) -> None:
    """Compress all segments of a folder."""
    for log in files.logs_of(folder):
        shrink(log)
