"""Reports sandboxes that claimed another sandbox's container ID."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace

_MOST = 20
"""How many connections are named one by one."""


def say_disputes(trace: Trace) -> None:
    """Write to standard error which connections claimed another sandbox's container ID."""
    from gvtui.trace.claims import APART

    disputed = [each for each in trace.connections.values() if each.disputed]
    for connection in disputed[:_MOST]:
        names = ", ".join(connection.disputed[:3]) + ("…" if len(connection.disputed) > 3 else "")
        peer = f"process {connection.peer_pid} of user {connection.peer_uid}"
        say(
            f"gvtui: connection {connection.conn} ({peer}) says that it is {names}, as another "
            f"sandbox does; what it sent is shown as {APART}{connection.conn}:…"
        )
    left = trace.connections.claims.contradicted - sum(
        len(each.disputed) for each in disputed[:_MOST]
    )
    if left:
        say(f"gvtui: {counted(left, 'more name was', 'more names were')} disputed so")
