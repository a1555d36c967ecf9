"""`gvtui verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import recordings
from gvtui.commands.exits import ExitingCommand
from gvtui.commands.fencing import only_reads
from gvtui.commands.options import FILE, examples
from gvtui.commands.terminal import say_progress
from gvtui.saying import say

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    cls=ExitingCommand,
    exit_codes={
        0: "the recording is what was sealed",
        1: "failed: there is no seal, or the recording cannot be read",
        3: "something was changed, removed or added; standard error names the first",
    },
    epilog=examples(
        "gvtui verify night.gvtrace",
        "gvtui verify night.gvtrace --expect 3f6ac0d1",
    ),
)
@click.argument("file", type=FILE, shell_complete=recordings)
@click.option(
    "--expect",
    metavar="HASH",
    default="",
    help='The hash that "gvtui seal" printed, or its beginning: the seal must be that one.',
)
@click.pass_context
def verify(ctx: click.Context, /, file: Path, expect: str) -> None:
    """Compare a recording with its seal.

    Names the first segment of FILE that differs from what "gvtui seal" found. Without --expect the
    seal beside FILE is believed. A compressed segment is what it gives when it is read: what else is
    in its file, as the table of its frames, is not sealed.
    """
    from gvtui.trace.seal import verify as compare

    only_reads(ctx)
    found = compare(file, expect.strip(), progress=say_progress)
    if found is not None:
        say(f"gvtui: {file} differs at segment {found.segment:,}: {found.words}")
        ctx.exit(3)
    say(f"gvtui: {file} is what was sealed")
