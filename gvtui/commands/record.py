"""`gvtui record`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from gvtui.commands.options import FILE, MONITOR_OPTIONS, apply, examples, monitor_options
from gvtui.commands.terminal import count, say

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.trace.reader import Trace

_LOOK_SECONDS = 1.0
"""How often the numbers on the screen change."""


@click.command(
    epilog=examples(
        "gvtui record --out today.gvtrace",
        "gvtui record --listen /run/gvtui.sock --out boot.gvtrace --for 60",
    )
)
@apply(MONITOR_OPTIONS)
@click.option("--out", metavar="FILE", type=FILE, required=True, help="Recording to make.")
@click.option(
    "--for",
    "seconds",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="Stop after so long; without it, Ctrl-C stops.",
)
def record(out: Path, seconds: float | None, **options: Any) -> None:  # noqa: ANN401
    """Record what sandboxes send, without a screen.

    Every message is kept as it came. Look at the recording with "gvtui replay", or print it with
    "gvtui print".
    """
    from gvtui.commands.watching import watching
    from gvtui.trace.reader import Trace

    with watching(monitor_options(options, record=out)) as state:
        trace = Trace.open(state.monitor.trace_path)
        try:
            say(f"gvtui: listening on {options['listen']}, recording to {out}")
            end = time.monotonic() + seconds if seconds is not None else None
            while not state.ending and (end is None or time.monotonic() < end):
                left = _LOOK_SECONDS if end is None else end - time.monotonic()
                state.wait(min(_LOOK_SECONDS, left))
                trace.refresh()
                _show(trace)
            state.monitor.stop()
            trace.refresh()
            if sys.stderr.isatty():
                print("\r\033[K", end="", file=sys.stderr)
            say(f"gvtui: recorded {_summary(trace)}")
        finally:
            trace.close()


def _show(trace: Trace) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{_summary(trace)}", end="", file=sys.stderr, flush=True)


def _summary(trace: Trace) -> str:
    connections = trace.connections
    return (
        f"{count(connections.messages, 'message')} of {count(len(connections), 'connection')}, "
        f"{connections.dropped:,} dropped, {trace.size_bytes:,} bytes"
    )
