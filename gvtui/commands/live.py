"""`gvtui` without a command: the live viewer."""

from __future__ import annotations

from typing import Any

from gvtui.commands.options import send_buffer_bytes
from gvtui.tui.options import LiveOptions


def live_options(options: dict[str, Any]) -> LiveOptions:
    """What the viewer is told, from the command line's options."""
    return LiveOptions(
        listen=options["listen"],
        record=options["record"],
        filter_text=options["filter_text"],
        runsc=options["runsc"],
        roots=tuple(options["roots"]),
        keep_bytes=options["keep_bytes"],
        realtime=not options["no_realtime"],
        socket_mode=options["socket_mode"],
        socket_group=options["socket_group"],
        send_buffer_bytes=send_buffer_bytes(options),
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
