"""Stores the layout of the viewer's screen from one run to the next.

The layout is a small JSON file in the user's state folder. If the file is damaged, the viewer
starts with its defaults. The file is always written whole: of two viewers, the one that ends last
decides.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import platformdirs

from gvtui.errors import GvtuiError
from gvtui.files import open_to_read, whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    Memory = Mapping[str, Mapping[str, Any]]
    """The names and values that each part of the viewer stores, by the part's name."""

MAX_FILE = 1 << 16

_VERSION = 1


class RememberError(GvtuiError):
    """The layout cannot be written."""


class Remembered(NamedTuple):
    """The stored layout, as it was read."""

    memory: Memory
    """The layout; empty if there is no file, or none that can be used."""
    problem: str = ""
    """Why the file cannot be used, a sentence without full stop; "" if it can or is missing."""


def remembered_path() -> Path:
    """The file."""
    return Path(platformdirs.user_state_dir("gvtui"), "viewer.json")


def read_remembered(path: Path | None = None) -> Remembered:
    """Read the stored layout; never raises.

    Args:
        path: the file; the user's own if not given.
    """
    path = path or remembered_path()
    try:
        with open_to_read(path) as source:
            data = source.read(MAX_FILE + 1)
    except FileNotFoundError:
        return Remembered({})
    except OSError as error:
        return Remembered({}, f"cannot read {path}: {error.strerror}")
    if len(data) > MAX_FILE:
        return Remembered({}, f"{path} is larger than what gvtui remembers can be")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return Remembered({}, f"{path} is damaged")
    version = content.get("version") if isinstance(content, dict) else None
    if not isinstance(version, int) or isinstance(version, bool):
        return Remembered({}, f"{path} is damaged")
    if version > _VERSION:
        return Remembered({}, f"{path} is from a newer version of gvtui")
    parts = content.get("viewer")
    if not isinstance(parts, dict):
        return Remembered({}, f"{path} is damaged")
    return Remembered({name: part for name, part in parts.items() if isinstance(part, dict)})


def write_remembered(memory: Memory, path: Path | None = None) -> None:
    """Replace the stored layout, in one step.

    Args:
        memory: names and plain values.
        path: the file; the user's own if not given.

    Raises:
        RememberError: the file cannot be written; the old one is unchanged.
    """
    path = path or remembered_path()
    text = json.dumps({"version": _VERSION, "viewer": memory}, indent=1)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Losing the layout costs little, and waiting for the disk would delay the user's exit.
        with whole_file(path, mode=0o600, follow=True, sync=False) as out:
            out.write(f"{text}\n".encode())
    except OSError as error:
        raise RememberError(f"cannot write {path}: {error.strerror or error}") from error
