"""What a flight recorder has let go of single sandboxes, so that those of others stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.activity.activity import Unseen
from gvtui.query.activity.times import in_zone
from gvtui.trace.reach import whole_from
from gvtui.trace.thinned import messages_in
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from gvtui.trace.reader import Trace


def let_go_before(trace: Trace) -> Iterator[Unseen]:
    """What had gone before the oldest row of the flight recorder that the trace is a copy of."""
    if told := trace.told_before:
        count, is_at_most = messages_in(told)
        most = "at most " * is_at_most
        text = (
            f"{most}{counted(count, 'message was', 'messages were')} let go before the oldest row of "
            "the flight recorder that this is a copy of"
        )
        yield Unseen("rows", text, count)


def let_go_since(trace: Trace, zone: tzinfo | None) -> Iterator[Unseen]:
    """From when on what is told of a sandbox is whole, of which newer messages than the oldest row
    were let go.

    Args:
        trace: the trace.
        zone: the time zone of times; None for the local one.
    """
    for sandbox in trace.connections.sandboxes():
        conns = [each.conn for each in sandbox.connections]
        since = whole_from(trace.thinned, conns)
        if since:
            text = (
                f"what {sandbox.container_id or 'an unknown sandbox'} sent is whole only after "
                f"{in_zone(since, zone)}: it held more than an equal share of the disk"
            )
            count = sum(
                counts.messages
                for each in trace.thinned
                for conn, counts in each.counts.by_conn.items()
                if conn in conns
            )
            if any(each.is_at_most for each in trace.thinned):
                text += "; some of these messages may be of a time that is not in this part"
            yield Unseen("rows", text, count)
