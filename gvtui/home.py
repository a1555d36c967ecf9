"""A home for users who have none, as in containers without HOME and without an entry in passwd, or
with one that names a folder that is not there, as that of `nobody`."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


def have_home() -> None:
    """See to it that there is a home folder: a temporary one, private to this user, if need be."""
    if not _is_there():
        os.environ["HOME"] = str(_temporary_home())


def _is_there() -> bool:
    """Whether the user's home exists, or may be made."""
    try:
        home = Path.home()
    except RuntimeError:
        return False
    place = home
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    return place == home or os.access(place, os.W_OK | os.X_OK)


def _temporary_home() -> Path:
    """The same folder each time, so that what is stored there is found again; a new one if another
    user has taken that name."""
    folder = Path(tempfile.gettempdir(), f"gvtui-home-{os.geteuid()}")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="gvtui-home-"))
    is_private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if is_private and found.st_uid == os.geteuid():
        return folder
    return Path(tempfile.mkdtemp(prefix="gvtui-home-"))
