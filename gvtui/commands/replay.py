"""`gvtui replay`."""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import recordings
from gvtui.commands.options import FILE, FILTER_OPTION, FRESH_OPTION, PROFILE_OPTION, examples
from gvtui.commands.terminal import need_terminal, say_progress
from gvtui.commands.values import Speed

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "gvtui-replay-"
"""How folders of merged recordings are called."""
_MOST_NAME = 80
"""How many characters the name of a merged recording has at most."""


@click.command(
    epilog=examples(
        "gvtui replay today.gvtrace",
        "gvtui replay save.trace --filter 'evt.failed = true'",
        "gvtui replay today.gvtrace --speed 10",
        "gvtui replay host-a.gvtrace host-b.gvtrace",
        "gvtui replay --follow today.gvtrace",
    )
)
@click.argument(
    "files", metavar="FILE...", type=FILE, shell_complete=recordings, nargs=-1, required=True
)
@click.option(
    "--speed",
    metavar="X",
    type=Speed(),
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
    files: tuple[Path, ...],
    speed: float | None,
    follow: bool,
    filter_text: str,
    profile: str,
    fresh: bool,
) -> None:
    """Open a recording in the viewer; several are merged by time.

    FILE is a recording of gvtui's, or one that gVisor's tracereplay saved. In the viewer @ shows all
    panes as of the selected row, as they were then; space plays from there, < and > change the
    speed.

    Several FILEs are shown as one recording, which is made in a temporary folder and removed at the
    end, with the bookmarks set in it; gvtui merge makes one that stays.
    """
    if follow:
        if speed is not None:
            ctx.fail("--follow and --speed exclude each other.")
        if len(files) > 1:
            ctx.fail("--follow shows one FILE.")
        need_terminal(f"gvtui print --follow {files[0]}")
        from gvtui.monitor.places import trace_at
        from gvtui.tui.run_live import run_follow

        path = trace_at(files[0])
        ctx.exit(run_follow(path, filter_text=filter_text, profile=profile, fresh=fresh))
    need_terminal(f"gvtui print {files[0]}")
    from gvtui.tui.run import run_replay

    named = f"{files[0]} and {len(files) - 1} more" if len(files) > 1 else ""
    with _as_one(files) as file:
        shown = run_replay(
            file, speed=speed, filter_text=filter_text, profile=profile, fresh=fresh, named=named
        )
    ctx.exit(shown)


@contextmanager
def _as_one(files: tuple[Path, ...]) -> Iterator[Path]:
    """The only recording, or one made of several, as long as it is needed."""
    if len(files) == 1:
        yield files[0]
        return
    from gvtui.export.merging import merge
    from gvtui.scratch import Scratch
    from gvtui.trace.reader import Trace

    with Scratch(_PREFIX) as folder, ExitStack() as opened:
        path = Path(folder, f"{'+'.join(file.stem for file in files)[:_MOST_NAME]}.gvtrace")
        traces = [
            opened.enter_context(closing(Trace.open(file, progress=say_progress))) for file in files
        ]
        merge(traces, path, progress=say_progress)
        opened.close()
        yield path
