"""`gvtui` without a command: the live viewer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gvtui.commands.options import monitor_options
from gvtui.errors import UsageError
from gvtui.tui.options import LiveOptions


def live_options(options: dict[str, Any]) -> LiveOptions:
    """What the viewer is told, from the command line's options.

    Raises:
        UsageError: two of them do not go together.
    """
    readonly = options["readonly"]
    if readonly and options["on_exit"] is not None:
        raise UsageError(
            "--readonly and --on-exit do not go together: without changes, there is nothing to put "
            "right at the end"
        )
    monitor = monitor_options(options, record=options["record"], keep_bytes=options["keep_bytes"])
    if readonly:
        # A larger buffer is a change of the sandbox.
        monitor = replace(monitor, send_buffer_bytes=0)
    return LiveOptions(
        monitor,
        filter_text=options["filter_text"],
        profile=options["profile"],
        fresh=options["fresh"],
        runsc=options["runsc"],
        roots=tuple(options["roots"]),
        session_file=options["session_file"],
        on_exit=options["on_exit"] or "ask",
        readonly=readonly,
    )


def live(options: dict[str, Any]) -> int:
    """Open the viewer; returns the exit code.

    Raises:
        GvtuiError: the monitor cannot start, the filter is none, or this is no terminal.
    """
    from gvtui.commands.terminal import need_terminal
    from gvtui.query.filter.compile import compile_filter

    started = live_options(options)
    need_terminal("gvtui print --listen PATH")
    compile_filter(options["filter_text"])
    from gvtui.tui.run import run_live

    return run_live(started)
