"""Decides whether gvtui may run a program that it found: nobody else may have put it there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_MAX_LINKS = 40
"""How many symbolic links are followed for one path; the kernel follows as many."""


def is_own_file(status: os.stat_result) -> bool:
    """Whether a file belongs to root or this user, and nobody else may write it.

    This is enough for a file that is not opened by path, such as `/proc/PID/exe`.
    """
    return status.st_uid in (0, os.geteuid()) and not status.st_mode & _OTHERS_MAY_WRITE


def distrust(path: str | Path) -> str:
    """Why a program may not be run, as words to follow its path; "" if it may.

    The file, every folder above it and every symbolic link on the way must belong to root or to
    this user, and nobody else may write to them. A sticky folder, such as /tmp, is allowed: in it
    nobody can replace the files of others.
    """
    return distrust_file(path) or ("" if os.access(path, os.X_OK) else "cannot be executed")


def distrust_file(path: str | Path) -> str:
    """Why a file may not be believed, as words to follow its path; "" if it may; as `distrust`."""
    rest = [part for part in Path(path).absolute().parts[1:] if part != "."]
    here = Path("/")
    links = 0
    try:
        problem = _problem(here, here.lstat())
        while rest and not problem:
            part, rest = rest[0], rest[1:]
            if part == "..":
                here = here.parent
                continue
            place = here / part
            status = place.lstat()
            if stat.S_ISLNK(status.st_mode):
                links += 1
                if links > _MAX_LINKS:
                    return "leads through too many symbolic links"
                problem = _owner_problem(place, status)
                target = place.readlink()
                here = Path("/") if target.is_absolute() else here
                rest = [part for part in target.parts if part not in ("/", ".")] + rest
            else:
                problem = _problem(place, status)
                here = place
    except OSError as error:
        return f"cannot be looked at: {error.strerror}"
    if problem:
        return problem
    if not stat.S_ISREG(here.lstat().st_mode):
        return "is no file"
    return ""


def _problem(place: Path, status: os.stat_result) -> str:
    is_sticky_folder = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
    if status.st_mode & _OTHERS_MAY_WRITE and not is_sticky_folder:
        return f"is not safe to run: others may write to {place}"
    return _owner_problem(place, status)


def _owner_problem(place: Path, status: os.stat_result) -> str:
    if status.st_uid in (0, os.geteuid()):
        return ""
    return f"is not safe to run: {place} belongs to user {status.st_uid}"
