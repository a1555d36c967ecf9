"""`gvtui seal`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import recordings
from gvtui.commands.fencing import only_reads
from gvtui.commands.options import FILE, examples
from gvtui.commands.terminal import say_progress
from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    epilog=examples(
        "gvtui seal night.gvtrace",
        "gvtui seal night.gvtrace >> /mnt/elsewhere/seals.txt",
    ),
)
@click.argument("file", type=FILE, shell_complete=recordings)
@click.pass_context
def seal(ctx: click.Context, /, file: Path) -> None:
    """Seal a recording, so that any later change can be found.

    Writes a chain of SHA-256 hashes over the segments of FILE, a recording or a folder of segments,
    to a file beside it (FILE.seal), and prints the last one, which stands for all. FILE is not
    changed. "gvtui verify" compares FILE with its seal. Who can change FILE can seal it anew: keep
    the last hash elsewhere, and give it to "gvtui verify --expect".
    """
    from gvtui.trace.seal import seal as write
    from gvtui.trace.seal import seal_path

    only_reads(ctx)
    links = write(file, progress=say_progress)
    say(f"gvtui: sealed {counted(len(links), 'segment')} in {seal_path(file)}")
    click.echo(links[-1].chain)
