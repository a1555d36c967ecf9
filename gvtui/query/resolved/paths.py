"""Paths made absolute and normal, from the folder that they are relative to."""

from __future__ import annotations

import posixpath

NOT_FOUND = "[err:"
"""How the sandbox begins the path of a descriptor that it could not look up."""


def resolve(base: str, given: str) -> str:
    """A path as it is from the root, without `.`, `..` and doubled slashes.

    It is worked out from the text: symbolic links are not seen.

    Args:
        base: the absolute path of the folder that the path is relative to; "" if not known.
        given: the path as the program gave it.

    Returns:
        The absolute path; the normal form of the relative one if `base` is not known, or not
        absolute; "" for "".
    """
    if not given:
        return ""
    path = given
    if not given.startswith("/") and base.startswith("/"):
        path = f"{base}/{given}"
    path = posixpath.normpath(path)
    return path[1:] if path.startswith("//") else path


def told(fd_path: str) -> str:
    """The path of a descriptor as a message tells it; "" if the sandbox could not look it up."""
    return "" if fd_path.startswith(NOT_FOUND) else fd_path
