"""Temporary folders for runsc's state, which are removed with the mounts that runsc made.

Since 2026 runsc keeps a bind mount `null-netns` in its root: a folder that has one cannot be
removed. The mount belongs to no container, and may be unmounted with the root.
"""

from __future__ import annotations

import ctypes
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOUNTS = Path("/proc/self/mountinfo")
_MOUNT_POINT = 4
"""The index of the mount point among a line's fields; see proc(5)."""

_OCTAL = re.compile(rb"\\([0-7]{3})")
_MNT_DETACH, _UMOUNT_NOFOLLOW = 2, 8


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """A new folder that only this user can enter, removed at the end with all mounts in it.

    Folders of this prefix whose owners were killed are removed too.
    """
    with Scratch(prefix, unmount_all) as name:
        folder = Path(name)
        try:
            yield folder
        finally:
            unmount_all(folder)


def unmount_all(folder: Path, mounts: Path = _MOUNTS) -> None:
    """Unmount everything below a folder, the innermost mount first; failures are ignored."""
    libc = ctypes.CDLL(None, use_errno=True)
    for place in reversed(mounts_below(folder, mounts)):
        libc.umount2(os.fsencode(place), _MNT_DETACH | _UMOUNT_NOFOLLOW)


def mounts_below(folder: Path, mounts: Path = _MOUNTS) -> list[Path]:
    """The mount points below a folder, in the order of mounting."""
    real = folder.resolve()
    try:
        lines = mounts.read_bytes().splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        fields = line.split(b" ")
        if len(fields) > _MOUNT_POINT:
            raw = _OCTAL.sub(lambda match: bytes([int(match[1], 8) & 0xFF]), fields[_MOUNT_POINT])
            place = Path(os.fsdecode(raw))
            if real in place.parents:
                found.append(place)
    return found
