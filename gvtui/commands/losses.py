"""Reports what a command could not read of a recording."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace


def say_losses(trace: Trace) -> bool:
    """Write a line for each kind of damage to standard error; True if there is any."""
    if trace.damage:
        say(f"gvtui: {trace.damage.words} in {trace.path}")
    if trace.damaged_bytes:
        say(f"gvtui: {counted(trace.damaged_bytes, 'byte')} of {trace.path} could not be read")
    return bool(trace.damage or trace.damaged_bytes)
