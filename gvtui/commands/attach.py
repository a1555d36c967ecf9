"""`gvtui attach`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gvtui.commands.options import ATTACHING_OPTIONS, FILE, apply, examples

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    epilog=examples(
        "gvtui attach",
        "gvtui attach /run/gvtui/events.sock",
        "gvtui attach /var/lib/gvtui --filter 'evt.failed = true'",
    ),
)
@click.argument("path", type=FILE, required=False)
@apply(ATTACHING_OPTIONS)
@click.pass_context
def attach(
    ctx: click.Context,
    /,
    path: Path | None,
    **options: Any,  # noqa: ANN401
) -> None:
    """Open the viewer on what a running monitor writes.

    PATH is the socket that sandboxes connect to, or what the monitor writes. Any number of viewers
    can attach; the monitor goes on when they leave.
    """
    from gvtui.commands.finding import found_monitor
    from gvtui.commands.live import attached

    ctx.exit(attached(found_monitor(path), options))
