"""Reports what a recording lacks, and what a command could not read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace


def say_losses(trace: Trace) -> bool:
    """Write a line for each kind of damage or loss to standard error; True if there is any."""
    if trace.damage:
        say(f"gvtui: {trace.damage.words} in {trace.path}")
    if trace.damaged_bytes:
        say(f"gvtui: {counted(trace.damaged_bytes, 'byte')} of {trace.path} could not be read")
    if words := trace.lost.words():
        say(f"gvtui: {words}, as {trace.path} tells")
    return bool(trace.damage or trace.damaged_bytes or words)
