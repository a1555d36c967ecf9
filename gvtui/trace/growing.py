"""Tells whether somebody still writes a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.trace import files
from gvtui.trace.header import is_being_written

if TYPE_CHECKING:
    from pathlib import Path


def is_growing(path: Path) -> bool:
    """Whether a program writes a recording, or a flight recorder's folder, now.

    One that was removed does not grow, for nothing more can be read by its name.
    """
    newest = _newest(path)
    while newest is not None:
        try:
            if is_being_written(newest):
                return True
        except OSError:
            # It has gone; a flight recorder lets old segments go.
            pass
        former, newest = newest, _newest(path)
        if newest == former:
            return False
    return False


def _newest(path: Path) -> Path | None:
    """The log that is written if any is; None if there is none."""
    if not path.is_dir():
        return path
    numbers = files.segment_numbers(path)
    return files.segment_path(path, numbers[-1]) if numbers else None
