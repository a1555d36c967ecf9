"""`gvtui` without a command: the live viewer."""

from __future__ import annotations

from typing import Any

from gvtui.commands.options import monitor_options
from gvtui.tui.options import LiveOptions


def live_options(options: dict[str, Any]) -> LiveOptions:
    """What the viewer is told, from the command line's options."""
    return LiveOptions(
        monitor_options(options, record=options["record"], keep_bytes=options["keep_bytes"]),
        filter_text=options["filter_text"],
        runsc=options["runsc"],
        roots=tuple(options["roots"]),
        session_file=options["session_file"],
        on_exit=options["on_exit"] or "ask",
    )


def live(options: dict[str, Any]) -> int:
    """Open the viewer; returns the exit code.

    Raises:
        GvtuiError: the monitor cannot start, the filter is none, or this is no terminal.
    """
    from gvtui.commands.terminal import need_terminal
    from gvtui.query.filter.compile import compile_filter

    need_terminal("gvtui print --listen PATH")
    compile_filter(options["filter_text"])
    from gvtui.tui.app import run_live

    return run_live(live_options(options))
