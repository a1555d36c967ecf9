"""Reports what a recording lacks, and what a command could not read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.commands.terminal import say_progress
from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace


def say_losses(trace: Trace, *, live: bool = False) -> bool:
    """Write a line for each kind of damage or loss to standard error; True if there is any.

    What has checksums is read to the end for that, whatever of it the command has used; but not a
    `live` trace.
    """
    from gvtui.trace.records import LOG_FORMAT
    from gvtui.trace.survey import find_damage

    if not live:
        find_damage(trace, progress=say_progress)
    if LOG_FORMAT in trace.formats:
        say(f"gvtui: {trace.path} has no checksums, being of format 1: a changed byte may not show")
    if trace.damage:
        say(f"gvtui: {trace.damage.words} in {trace.path}")
    if trace.damaged_bytes:
        say(f"gvtui: {counted(trace.damaged_bytes, 'byte')} of {trace.path} could not be read")
    if words := trace.lost.words():
        say(f"gvtui: {words}, as {trace.path} tells")
    return bool(trace.damage or trace.damaged_bytes or words)
