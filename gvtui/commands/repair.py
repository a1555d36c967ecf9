"""`gvtui repair`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import recordings
from gvtui.commands.exits import ExitingCommand
from gvtui.commands.fencing import only_reads
from gvtui.commands.options import FILE, OUT_OPTION, examples
from gvtui.commands.terminal import say_progress
from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    cls=ExitingCommand,
    exit_codes={
        0: "done, and nothing was lost",
        1: "failed, or something was lost: standard error says what, and where it was",
    },
    epilog=examples(
        "gvtui repair night.gvtrace -o mended.gvtrace",
        "gvtui repair /var/spool/gvtui/night -o night.gvtrace",
    ),
)
@click.argument("file", type=FILE, shell_complete=recordings)
@OUT_OPTION
@click.pass_context
def repair(ctx: click.Context, /, file: Path, out: Path) -> None:
    """Write what can be read of a damaged recording to a new one.

    FILE is not changed. The new recording has every message that is as it came, byte for byte, and
    all else that FILE tells; where something is missing, a trace mark says so. What was lost is
    told exactly: how many messages, of which connection, at which offset of FILE, and how many
    bytes could not be read. How many messages were in these is known if the segment was closed, for
    then its summary counts them. Drops that only lost messages told are counted all the same.

    Where FILE has no checksums, as those of format 1 and of gVisor's tracereplay, a changed byte
    may not show.
    """
    from gvtui.export.repairing import repair as write

    only_reads(ctx)
    report = write(file, out, progress=say_progress)
    say(f"gvtui: wrote {counted(report.messages, 'message')} to {out}")
    for words in report.words:
        say(f"gvtui: lost: {words}")
    for words in report.notes:
        say(f"gvtui: {words}")
    if not report.words:
        say("gvtui: nothing was lost")
    ctx.exit(1 if report.words else 0)
