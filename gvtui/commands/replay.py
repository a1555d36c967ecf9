"""`gvtui replay`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import recordings
from gvtui.commands.options import FILE, FILTER_OPTION, FRESH_OPTION, PROFILE_OPTION, examples
from gvtui.commands.terminal import need_terminal

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    epilog=examples(
        "gvtui replay today.gvtrace",
        "gvtui replay save.trace --filter 'evt.failed = true'",
        "gvtui replay today.gvtrace --speed 10",
        "gvtui replay --follow today.gvtrace",
    )
)
@click.argument("file", type=FILE, shell_complete=recordings)
@click.option(
    "--speed",
    metavar="X",
    type=click.FloatRange(min=0, min_open=True),
    help="Show rows at the pace at which they were received, times X; without it, all at once.",
)
@click.option(
    "--follow",
    is_flag=True,
    help="Show new rows as they come: somebody else still writes the recording.",
)
@FILTER_OPTION
@PROFILE_OPTION
@FRESH_OPTION
@click.pass_context
def replay(
    ctx: click.Context,
    /,
    file: Path,
    speed: float | None,
    follow: bool,
    filter_text: str,
    profile: str,
    fresh: bool,
) -> None:
    """Open a recording in the viewer.

    FILE is a recording of gvtui's, or one that gVisor's tracereplay saved. In the viewer @ shows all
    panes as of the selected row, as they were then; space plays from there, < and > change the
    speed.
    """
    if follow:
        if speed is not None:
            ctx.fail("--follow and --speed exclude each other.")
        need_terminal(f"gvtui print --follow {file}")
        from gvtui.monitor.places import trace_at
        from gvtui.tui.run import run_follow

        path = trace_at(file)
        ctx.exit(run_follow(path, filter_text=filter_text, profile=profile, fresh=fresh))
    need_terminal(f"gvtui print {file}")
    from gvtui.tui.run import run_replay

    shown = run_replay(file, speed=speed, filter_text=filter_text, profile=profile, fresh=fresh)
    ctx.exit(shown)
