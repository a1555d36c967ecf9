"""`gvtui info`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import recordings
from gvtui.commands.exits import ExitingCommand
from gvtui.commands.fencing import only_reads
from gvtui.commands.options import FILE, examples
from gvtui.commands.terminal import say_progress
from gvtui.saying import show

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    cls=ExitingCommand,
    exit_codes={
        0: "the file is complete and undamaged",
        1: "failed, or something is damaged, lost or unaccounted for",
    },
    epilog=examples(
        "gvtui info today.gvtrace",
        "gvtui info *.gvtrace",
        "gvtui info today.gvtrace --json | jq .accounting",
    ),
)
@click.argument("files", metavar="FILE...", type=FILE, shell_complete=recordings, nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="A JSON object for each file, on one line.")
@click.pass_context
def info(ctx: click.Context, files: tuple[Path, ...], as_json: bool) -> None:
    """Check whether a recording is complete and undamaged.

    Reads each FILE whole: a recording of gvtui's, or one that gVisor's tracereplay saved. Every
    received message must be in the log and in the index, or refused by a limit, or lost because it
    could not be written; a difference is an alarm. Points that sandboxes dropped were never
    received.

    Tells also the machine that it comes from, what it was made from, sandboxes, points with their
    messages, changes of trace sessions, and gaps.
    """
    from gvtui.errors import GvtuiError
    from gvtui.saying import say

    if not files:
        ctx.fail("Give a file to check.")
    only_reads(ctx)
    is_bad = False
    for number, file in enumerate(files):
        try:
            is_bad |= _show(file, as_json=as_json, is_first=number == 0)
        except GvtuiError as error:
            say(f"gvtui: {error}")
            is_bad = True
    ctx.exit(1 if is_bad else 0)


def _show(file: Path, *, as_json: bool, is_first: bool) -> bool:
    """Print the report on a file; True if something is wrong with it."""
    from gvtui.export.info import info_document, info_text, is_sound
    from gvtui.trace.reader import Trace
    from gvtui.trace.survey import survey

    trace = Trace.open(file, progress=say_progress)
    try:
        found = survey(trace, progress=say_progress)
        if as_json:
            click.echo(json.dumps(info_document(trace, found)))
        else:
            click.echo("" if is_first else "\n", nl=False)
            for line in info_text(trace, found):
                show(line)
        return not is_sound(trace, found)
    finally:
        trace.close()
