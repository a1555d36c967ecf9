"""`gvtui cut`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import recordings
from gvtui.commands.fencing import helpers_for, only_reads
from gvtui.commands.lacking import say_lacking
from gvtui.commands.losses import say_losses
from gvtui.commands.options import FILE, FILTER_OPTION, OUT_OPTION, examples
from gvtui.commands.terminal import say_progress
from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    epilog=examples(
        "gvtui cut night.gvtrace -o incident.gvtrace --from 02:10 --to 02:25",
        "gvtui cut week.gvtrace -o monday.gvtrace --from 2026-11-23 --to 2026-11-24",
        "gvtui cut night.gvtrace -o web.gvtrace --filter 'container.name = web'",
    ),
)
@click.argument("file", type=FILE, shell_complete=recordings)
@OUT_OPTION
@click.option("--from", "begin", metavar="T", default="", help="Begin with what was received then.")
@click.option(
    "--to", "end", metavar="T", default="", help="End before the first that was received then."
)
@FILTER_OPTION
@click.pass_context
def cut(
    ctx: click.Context, /, file: Path, out: Path, begin: str, end: str, filter_text: str
) -> None:
    """Write a part of a recording to a new one.

    T is a time of day, such as 14:05 or 14:05:09.5, a date, a date with a time, or a number of
    nanoseconds since 1970. Times are local, unless a date with a time names a zone, as
    2026-11-27T14:05Z or 2026-11-27T14:05+01:00. It counts when a message was received.

    The part has what a reader needs of what was before: the connections that stood, with their
    peers and names, the sessions in force, the processes that ran, and how many points had been
    dropped, which are not counted again. Two parts, one --to and one --from the same T, have each
    message and each drop once. A gap or a loss that reaches into both is told in both, and "gvtui
    merge" tells it once again. Bookmarks go along. The first row says what was cut from what.
    """
    from gvtui.errors import UsageError
    from gvtui.export.cutting import cut as write
    from gvtui.export.cutting import span_of
    from gvtui.export.moments import moment_in
    from gvtui.export.selection import Selection
    from gvtui.trace.reader import Trace

    helpers = helpers_for(file, filter_text)
    only_reads(ctx)
    trace = Trace.open(file, progress=say_progress)
    try:
        span = span_of(trace) if begin or end else (0, 0)
        from_ns, to_ns = (moment_in(text, *span) if text else 0 for text in (begin, end))
        if begin and end and from_ns >= to_ns:
            raise UsageError(f"--from {begin} is not before --to {end}; nothing lies between them")
        selection = Selection(trace, filter_text, helpers=helpers)
        made = write(selection, out, from_ns=from_ns, to_ns=to_ns, progress=say_progress)
        say(f"gvtui: wrote {counted(made.messages, 'message')} to {out}")
        if made.lost_bookmarks:
            many = counted(made.lost_bookmarks, "bookmark is", "bookmarks are")
            say(f"gvtui: {many} not in it: of rows that were left out")
        say_lacking(trace, filter_text, selection.shortfall())
        is_damaged = say_losses(trace)
    finally:
        trace.close()
    ctx.exit(1 if is_damaged else 0)
