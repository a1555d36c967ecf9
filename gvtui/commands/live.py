"""`gvtui` without a command: the live viewer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gvtui.commands.options import monitor_options
from gvtui.errors import UsageError
from gvtui.tui.options import LiveOptions


def live_options(options: dict[str, Any]) -> LiveOptions:
    """The viewer's options, from those of the command line.

    Raises:
        UsageError: two options exclude each other.
    """
    readonly = options["readonly"]
    if readonly and options["on_exit"] is not None:
        raise UsageError(
            "--readonly and --on-exit exclude each other: a viewer that changes nothing has no "
            "sessions to delete or restore"
        )
    monitor = monitor_options(options, record=options["record"], keep_bytes=options["keep_bytes"])
    if readonly:
        # To enlarge its buffer is to change the sandbox.
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
        GvtuiError: the monitor cannot start, the filter is not valid, or there is no terminal.
    """
    from gvtui.commands.terminal import need_terminal
    from gvtui.query.filter.compile import compile_filter

    started = live_options(options)
    need_terminal("gvtui print --listen PATH")
    compile_filter(options["filter_text"])
    from gvtui.tui.run import run_live

    return run_live(started)
