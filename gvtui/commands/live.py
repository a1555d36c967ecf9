"""`gvtui` without a command: the live viewer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gvtui.commands.options import compresses, monitor_options
from gvtui.errors import GvtuiError, UsageError
from gvtui.monitor.options import MonitorOptions
from gvtui.tui.options import LiveOptions

if TYPE_CHECKING:
    from gvtui.monitor.attached import AttachedMonitor


class AnotherRecordsError(GvtuiError):
    """A recording is wanted of a monitor that writes another one."""


def live_options(options: dict[str, Any]) -> LiveOptions:
    """The viewer's options, from those of the command line.

    Raises:
        UsageError: two options exclude each other.
    """
    record = options["record"]
    if record is not None and options["compress"] == "zstd":
        raise UsageError(
            "--record and --compress zstd exclude each other: a recording in one file stays as it is"
        )
    monitor = monitor_options(
        options,
        record=record,
        is_compressed=record is None and compresses(options, "none"),
    )
    if options["readonly"]:
        # To enlarge its buffer is to change the sandbox.
        monitor = replace(monitor, send_buffer_bytes=0)
    return _viewer_options(monitor, options)


def _viewer_options(monitor: MonitorOptions, options: dict[str, Any]) -> LiveOptions:
    readonly = options["readonly"]
    if readonly and options["on_exit"] is not None:
        raise UsageError(
            "--readonly and --on-exit exclude each other: a viewer that changes nothing has no "
            "sessions to delete or restore"
        )
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
    """Open the viewer, with a monitor of its own or attached to the one that listens already;
    returns the exit code.

    Raises:
        GvtuiError: the monitor cannot start, the filter is not valid, or there is no terminal.
    """
    from gvtui.commands.terminal import need_terminal
    from gvtui.monitor.attached import AttachedMonitor
    from gvtui.query.filter.compile import compile_filter

    started = live_options(options)
    need_terminal("gvtui print --listen PATH")
    compile_filter(options["filter_text"])
    found = AttachedMonitor.find(started.monitor.listen, asks=options["record"] is None)
    if found is not None:
        if options["record"] is not None:
            found.stop()
            raise AnotherRecordsError(
                f"a monitor (process {found.hello.keeper}) listens at {started.monitor.listen} "
                f"and writes {found.trace_path}: leave out --record, and copy what you need in "
                "the viewer"
            )
        return attached(found, options)
    from gvtui.tui.run_live import run_live

    return run_live(started)


def attached(monitor: AttachedMonitor, options: dict[str, Any]) -> int:
    """Open the viewer on what a running monitor writes; returns the exit code.

    Args:
        monitor: the connection to it, which is closed at the end.
        options: the values of `ATTACHING_OPTIONS`.

    Raises:
        GvtuiError: the filter is not valid, the trace cannot be read, or there is no terminal.
    """
    from gvtui.commands.terminal import need_terminal
    from gvtui.query.filter.compile import compile_filter

    try:
        started = _viewer_options(_options_of(monitor), options)
        need_terminal(f"gvtui print --follow {monitor.trace_path}")
        compile_filter(options["filter_text"])
        from gvtui.tui.run_live import run_live

        return run_live(started, monitor)
    finally:
        monitor.stop()


def _options_of(monitor: AttachedMonitor) -> MonitorOptions:
    """How a running monitor was started, as far as viewers need to know."""
    hello = monitor.hello
    return MonitorOptions(
        listen=Path(hello.listen),
        record=monitor.trace_path if hello.recording else None,
        keep_bytes=hello.keep_bytes,
        realtime=hello.realtime,
    )
