"""`gvtui convert`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import recordings
from gvtui.commands.fencing import helpers_for, only_reads
from gvtui.commands.lacking import say_lacking
from gvtui.commands.losses import say_losses
from gvtui.commands.options import FILE, FILTER_OPTION, examples
from gvtui.commands.terminal import say_progress
from gvtui.export.formats import BY_SUFFIX, FORMATS, SAVE_FILE
from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from pathlib import Path


_HELP = """Write a recording in another format.

IN is a recording of gvtui's, or one that gVisor's tracereplay saved. The suffix of OUT decides the
format:

\b
"""


def _help() -> str:
    rows = [(" or ".join(each.suffixes), each.words) for each in FORMATS]
    width = max(len(suffixes) for suffixes, _ in rows)
    return _HELP + "\n".join(f"  {suffixes:<{width}}  {words}" for suffixes, words in rows)


@click.command(
    help=_help(),
    epilog=examples(
        "gvtui convert today.gvtrace today.jsonl",
        "gvtui convert save.trace save.gvtrace",
        "gvtui convert today.gvtrace one.trace --filter 'conn.num = 1'",
        "gvtui convert today.gvtrace today.strace --split",
    ),
)
@click.argument("source", metavar="IN", type=FILE, shell_complete=recordings)
@click.argument("out", metavar="OUT", type=FILE)
@FILTER_OPTION
@click.option(
    "--split",
    is_flag=True,
    help="Write a file for each sandbox: OUT's name with the container's ID in front of the suffix. "
    "Programs that read strace's output need it where there are several.",
)
@click.pass_context
def convert(ctx: click.Context, source: Path, out: Path, filter_text: str, split: bool) -> None:
    """Write a recording in another format."""
    from gvtui.export.convert import convert as write
    from gvtui.export.convert import convert_split
    from gvtui.export.selection import Selection
    from gvtui.trace.reader import Trace

    helpers = () if split else helpers_for(source, filter_text)
    only_reads(ctx)
    trace = Trace.open(source, progress=say_progress)
    shortfall = ""
    try:
        if split:
            files = convert_split(trace, filter_text, out, progress=say_progress)
        else:
            selection = Selection(trace, filter_text, helpers=helpers)
            files = [(out, write(selection, out, progress=say_progress))]
            shortfall = selection.shortfall()
        what = "line" if BY_SUFFIX[out.suffix.lower()].has_lines else "message"
        for path, written in files:
            say(f"gvtui: wrote {counted(written, what)} to {path}")
        if not files:
            say(f"gvtui: {source} has no sandbox; no file was written")
        if filter_text.strip() and BY_SUFFIX[out.suffix.lower()] is SAVE_FILE:
            say(
                "gvtui: a gVisor save file has no place for notes: an exec whose outcome other "
                "messages tell may be shown there as asked; .gvtrace notes it"
            )
        say_lacking(trace, filter_text, shortfall)
        is_damaged = say_losses(trace)
    finally:
        trace.close()
    ctx.exit(1 if is_damaged else 0)
