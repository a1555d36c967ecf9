"""Tells whether somebody still writes a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.trace import files
from gvtui.trace.header import are_being_written

if TYPE_CHECKING:
    from pathlib import Path


def is_growing(path: Path) -> bool:
    """Whether a program writes a recording, or a flight recorder's folder, now.

    One that was removed does not grow, for nothing more can be read by its name.
    """
    newest = _newest(path)
    while newest:
        try:
            if are_being_written(newest):
                return True
        except OSError:
            # One has gone; a flight recorder lets old segments go.
            pass
        former, newest = newest, _newest(path)
        if newest == former:
            return False
    return False


def _newest(path: Path) -> list[Path]:
    """The logs of which one is written if any is."""
    if not path.is_dir():
        return [path]
    return [files.segment_path(path, number) for number in files.segment_numbers(path)[-2:]]
