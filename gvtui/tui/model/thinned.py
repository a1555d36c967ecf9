"""What panes say where a flight recorder let go of messages of single sandboxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.trace.reach import whole_from
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.trace.connection import Sandbox
    from gvtui.tui.model.model import Model


def thinned_words(model: Model) -> str:
    """That messages are missing among the rows, of how many connections and until when; "" if none
    are, as far as headers tell."""
    thinned = model.trace.thinned
    conns = {conn for mark in thinned for conn in mark.counts.by_conn}
    many = len(conns) + max((mark.counts.other_connections for mark in thinned), default=0)
    if not many:
        return ""
    until = model.moments.text(max(mark.to_ns for mark in thinned), 0)
    return f"{counted(many, 'connection')} not whole before {until}"


def whole_words(model: Model, sandbox: Sandbox) -> str:
    """From when on the rows of a sandbox are whole; "" if all that are not too old are there."""
    since = whole_from(model.trace.thinned, (each.conn for each in sandbox.connections))
    return f"rows are whole from {model.moments.text(since, 0)} on" if since else ""
