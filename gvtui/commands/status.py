"""`gvtui status`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gvtui.commands.exits import ExitingCommand
from gvtui.commands.options import FILE, examples

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    cls=ExitingCommand,
    exit_codes={
        0: "the monitor runs, and nothing is wrong with it",
        1: "there is no monitor, it does not answer, or something is wrong with it",
    },
    epilog=examples(
        "gvtui status",
        "gvtui status /run/gvtui/events.sock",
        "gvtui status /var/lib/gvtui --json | jq .messages.per_second",
    ),
)
@click.argument("path", type=FILE, required=False)
@click.option("--json", "as_json", is_flag=True, help="A JSON object on one line.")
@click.pass_context
def status(ctx: click.Context, /, path: Path | None, as_json: bool) -> None:
    """Tell how a running monitor is.

    PATH is the socket that sandboxes connect to, or what the monitor writes. Tells what is
    connected, rates, drops, disk and faults.
    """
    from gvtui.commands.finding import found_monitor
    from gvtui.commands.terminal import write_lines
    from gvtui.export.status import status_text

    monitor = found_monitor(path)
    try:
        told = monitor.ask()
    finally:
        monitor.stop()
    if as_json:
        click.echo(json.dumps(told))
    else:
        write_lines(status_text(told))
    ctx.exit(1 if told["faults"] or told["unaccounted"] else 0)
