"""`gvtui merge`."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import recordings
from gvtui.commands.fencing import only_reads
from gvtui.commands.losses import say_losses
from gvtui.commands.options import FILE, OUT_OPTION, examples
from gvtui.commands.terminal import say_progress
from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    epilog=examples(
        "gvtui merge host-a.gvtrace host-b.gvtrace -o both.gvtrace",
        "gvtui merge monday/ tuesday.gvtrace -o days.gvtrace",
    ),
)
@click.argument("files", metavar="FILE...", type=FILE, shell_complete=recordings, nargs=-1)
@OUT_OPTION
@click.pass_context
def merge(ctx: click.Context, /, files: tuple[Path, ...], out: Path) -> None:
    """Write several recordings to a new one, by time.

    Rows are ordered by the time of receipt; those of one recording stay in their order. Connections
    are kept apart: those of each FILE get numbers of their own, behind those of the FILE before.
    Sessions, names, gaps, drops, processes and bookmarks go along. What two parts of one recording
    tell alike, a gap at their border, is told once. The first row says what was merged.

    Clocks of several machines are taken as they are. All must be of one architecture.
    """
    from gvtui.export.merging import merge as write
    from gvtui.trace.reader import Trace

    if len(files) < 2:
        ctx.fail("Give two recordings or more to merge.")
    only_reads(ctx)
    with ExitStack() as opened:
        traces = [
            opened.enter_context(closing(Trace.open(file, progress=say_progress))) for file in files
        ]
        made = write(traces, out, progress=say_progress)
        say(f"gvtui: wrote {counted(made.messages, 'message')} to {out}")
        damaged = [say_losses(trace) for trace in traces]
    ctx.exit(1 if any(damaged) else 0)
