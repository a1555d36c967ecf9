"""`gvtui send`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import recordings
from gvtui.commands.fencing import only_reads
from gvtui.commands.losses import say_losses
from gvtui.commands.options import FILE, examples
from gvtui.commands.terminal import say_progress
from gvtui.commands.values import Speed
from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    epilog=examples(
        "gvtui send today.gvtrace --endpoint /tmp/gvisor_events.sock",
        "gvtui send save.trace --endpoint /run/gvtui.sock --speed 10",
        "gvtui send save.trace --endpoint /run/falco.sock --fast",
    )
)
@click.argument("file", type=FILE, shell_complete=recordings)
@click.option("--endpoint", metavar="PATH", type=FILE, required=True, help="The monitor's socket.")
@click.option(
    "--speed",
    metavar="X",
    type=Speed(),
    help="Send X times as fast as recorded; 1 if not given.",
)
@click.option("--fast", is_flag=True, help="Send as fast as the monitor reads.")
@click.option("--loop", is_flag=True, help="Start again at the end, until Ctrl-C.")
@click.pass_context
def send(
    ctx: click.Context, file: Path, endpoint: Path, speed: float | None, fast: bool, loop: bool
) -> None:
    """Send a recording to any monitor's socket.

    Repeats what the sandboxes did: opens one connection for each recorded one, exchanges the
    handshake, and sends the messages at the pace at which they were received, drops included. The
    monitor may be gvtui or any other. What gvtui records then has the same messages, in the same
    order; with --fast in the same order on each connection.
    """
    from gvtui.export.send import play
    from gvtui.trace.reader import Trace

    if fast and speed is not None:
        raise click.UsageError("Give --speed or --fast, not both.")
    only_reads(ctx)
    trace = Trace.open(file, progress=say_progress)
    try:
        while True:
            began = time.monotonic()
            sent = play(trace, endpoint, speed=None if fast else speed or 1.0)
            took = time.monotonic() - began
            words = (
                f"{counted(sent.messages, 'message')} on {counted(sent.connections, 'connection')}"
            )
            say(f"gvtui: sent {words} in {took:.1f} s")
            if sent.skipped:
                say(
                    f"gvtui: left out {counted(sent.skipped, 'message')}: the trace has only their beginnings"
                )
            if sent.marks:
                marks = counted(sent.marks, "trace mark")
                say(f"gvtui: left out {marks} (sessions, gaps, notes): a sandbox cannot send them")
            if not loop:
                is_damaged = say_losses(trace)
                break
    finally:
        trace.close()
    ctx.exit(1 if is_damaged else 0)
