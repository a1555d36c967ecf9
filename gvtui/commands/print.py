"""`gvtui print`."""

from __future__ import annotations

import select
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from gvtui.commands.completing import recordings
from gvtui.commands.disputes import say_disputes
from gvtui.commands.exits import ExitingCommand
from gvtui.commands.fencing import helpers_for, only_reads
from gvtui.commands.lacking import say_lacking
from gvtui.commands.losses import say_losses
from gvtui.commands.options import (
    ENVIRONMENT_OPTION,
    FILE,
    FILTER_OPTION,
    KEEP_OPTION,
    MONITOR_NAMES,
    MONITOR_OPTIONS,
    apply,
    examples,
    format_option,
    monitor_options,
)
from gvtui.commands.terminal import fit_encoding, say_progress, write_lines, write_out
from gvtui.export.formats import LINE_FORMATS
from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gvtui.export.formats import Lines
    from gvtui.export.selection import Selection
    from gvtui.query.helpers.ahead import Helper
    from gvtui.trace.reader import Trace

BATCH = 2048
"""How many rows are printed in one step."""

_PIECE = 1 << 18
"""Characters that are put together before they are written: a line may be of any length."""
_TURN_BYTES = 4 << 20
"""About how many bytes of messages are printed between two looks at signals."""

_READ_SECONDS = 0.2
"""How long new rows are read at a time: under full load there are always more."""

_PAUSE_SECONDS = 0.05
"""How many seconds to wait when a live trace has nothing new."""

_LAST_SECONDS = 0.2
"""How many seconds after Ctrl-C messages that were sent before it may still reach the trace: the
monitor waits at most 40 ms between two turns."""


@click.command(
    name="print",
    cls=ExitingCommand,
    exit_codes={
        0: "done, also when Ctrl-C or SIGTERM ended it",
        1: "failed, or messages are missing in the output: they were damaged or lost",
    },
    epilog=examples(
        "gvtui print",
        "gvtui print --listen /run/gvtui.sock --format json | jq .point",
        "gvtui print save.trace --filter 'evt.type = openat and evt.failed = true'",
        "gvtui print today.gvtrace --format strace > today.strace",
        "gvtui print today.gvtrace --stats",
        "gvtui print --follow /var/lib/gvtui",
    ),
)
@click.argument("file", type=FILE, shell_complete=recordings, required=False)
@format_option(LINE_FORMATS)
@click.option(
    "--stats",
    is_flag=True,
    help="Print statistics instead of messages, as strace -c does, with bytes by descriptor and by "
    "remote address; with --format json as JSON. For a recording only.",
)
@click.option(
    "--calls",
    is_flag=True,
    help="With --format json: say of each call what it did (process with parents, descriptor, "
    "absolute path, bytes), and write a call once that raw and decoded points report.",
)
@click.option(
    "--follow",
    is_flag=True,
    help="Go on while somebody else writes FILE; ends when nobody does any more, or with Ctrl-C.",
)
@FILTER_OPTION
@ENVIRONMENT_OPTION
@apply(MONITOR_OPTIONS)
@KEEP_OPTION
@click.pass_context
def print_(
    ctx: click.Context,
    /,
    file: Path | None,
    style: str,
    stats: bool,
    calls: bool,
    follow: bool,
    filter_text: str,
    environment: bool,
    **options: Any,  # noqa: ANN401
) -> None:
    """Print messages, live or from a recording.

    With FILE, prints that recording, gvtui's or gVisor's; with --follow, one that grows, also the
    folder that "gvtui monitor" writes to. Without, listens on the socket and prints messages as
    they arrive, until Ctrl-C; for parents that ran before a session, gvtui asks the sandbox's runsc.
    """
    from gvtui.query.filter.compile import compile_filter

    compile_filter(filter_text)
    fit_encoding()
    if stats and (file is None or style == "strace"):
        ctx.fail("--stats takes a file to count, and --format text or json.")
    if calls and (style != "json" or stats):
        ctx.fail("--calls takes --format json, without --stats.")
    if follow and (file is None or stats):
        ctx.fail("--follow takes a file to print, without --stats.")
    wanted = _PrintedRows(style, filter_text, calls, environment)
    if file is None:
        ctx.exit(_print_live(wanted, options))
    for name in (*MONITOR_NAMES, "keep_bytes"):
        if ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            ctx.fail("Give a file to print, or options to listen with, not both.")
    if follow:
        only_reads(ctx)
        ctx.exit(_print_growing(file, wanted))
    helpers = () if stats else helpers_for(file, filter_text)
    only_reads(ctx)
    if stats:
        ctx.exit(_print_stats(file, style, filter_text))
    ctx.exit(_print_file(file, wanted, helpers))


def _print_stats(file: Path, style: str, filter_text: str) -> int:
    from gvtui.export.info import account_document, account_text
    from gvtui.export.stats import Shortfall, stats_json, stats_text
    from gvtui.query.analysis import Analysis
    from gvtui.query.filter.compile import compile_filter
    from gvtui.trace.reader import Trace

    trace = Trace.open(file, progress=say_progress)
    try:
        analysis = Analysis(trace, is_kept=True)
        condition = compile_filter(filter_text, analysis.context) if filter_text else None
        statistics = analysis.statistics(condition, by_descriptor=True)
        analysis.finish(statistics)
        found = analysis.survey(say_progress)
        lacks = Shortfall.of(trace, found)
        if style == "json":
            more = {"accounting": account_document(found)}
            click.echo(stats_json(statistics, more, lacks))
        else:
            lines = [*stats_text(statistics, lacks), "", *account_text(found)]
            write_lines(lines)
        analysis.keep()
        say_lacking(trace, filter_text, analysis.context.facts.cut_text())
        # All of it has been read.
        return max(_say_end(trace, live=True), int(bool(found.problems)))
    finally:
        trace.close()


@dataclass(frozen=True, slots=True)
class _PrintedRows:
    """What is to be printed, of whatever trace."""

    style: str
    filter_text: str
    calls: bool
    environment: bool

    def of(self, trace: Trace, helpers: Sequence[Helper] = ()) -> Selection:
        """Which rows of a trace are printed, and what their lines have."""
        from gvtui.config import configured_audit_variable
        from gvtui.export.selection import Selection

        audit = configured_audit_variable()
        selection = Selection(trace, self.filter_text, helpers=helpers, audit_variable=audit)
        selection.joins_points = self.calls
        selection.redactor = LINE_FORMATS[self.style].redactor(environment=self.environment)
        return selection

    def lines(self, selection: Selection) -> Lines:
        """What makes the lines of the rows."""
        return LINE_FORMATS[self.style].make(selection)


def _print_file(file: Path, wanted: _PrintedRows, helpers: Sequence[Helper]) -> int:
    from gvtui.trace.reader import Trace

    trace = Trace.open(file, progress=say_progress)
    try:
        selection = wanted.of(trace, helpers)
        export = wanted.lines(selection)
        for start in range(trace.first_row, trace.end_row, BATCH):
            write_rows(export, start, min(start + BATCH, trace.end_row))
        say_lacking(trace, wanted.filter_text, selection.shortfall())
        return _say_end(trace)
    finally:
        trace.close()


def _print_growing(file: Path, wanted: _PrintedRows) -> int:
    from gvtui.commands.following import Following
    from gvtui.monitor.places import trace_at

    following = Following(trace_at(file), wanted.of, wanted.lines)
    try:
        following.run()
        say_lacking(following.trace, wanted.filter_text, following.selection.shortfall())
        code = _say_end(following.trace, live=True)
        return max(code, int(following.missed > 0))
    finally:
        following.close()


def _print_live(wanted: _PrintedRows, options: dict[str, Any]) -> int:
    from gvtui.commands.watching import LostMessagesError, watching
    from gvtui.trace.reader import Trace

    with watching(monitor_options(options, is_spool=True)) as state:
        say(f"gvtui: listening on {options['listen']}; Ctrl-C ends")
        trace = Trace.open(state.monitor.trace_path)
        try:
            selection = wanted.of(trace)
            export = wanted.lines(selection)
            done = trace.first_row
            end: int | None = None
            ends_at: float | None = None
            # After the first signal messages that have arrived are still printed, after a second
            # not.
            while state.signals < 2 and (end is None or done < end):
                trace.refresh(_READ_SECONDS)
                state.look(trace)
                if state.ending and ends_at is None:
                    state.ask_all(trace)
                    ends_at = time.monotonic() + _LAST_SECONDS
                if ends_at is not None and end is None and time.monotonic() >= ends_at:
                    trace.refresh(_READ_SECONDS)
                    end = trace.available_rows
                if done < trace.first_row:
                    state.miss(trace.first_row - done, "printed")
                    done = trace.first_row
                stop = min(done + BATCH, trace.end_row)
                if end is not None:
                    stop = min(stop, end)
                stop = selection.ready(done, stop, time.monotonic())
                if done < stop:
                    stop = turn_end(trace, done, stop)
                    write_rows(export, done, stop)
                    done = stop
                    state.pass_on()
                elif nobody_reads():
                    return 0
                elif state.is_renewed and done == trace.available_rows:
                    # All is printed that the files had which were removed.
                    state.is_renewed = False
                    trace.close()
                    trace = Trace.open(state.monitor.trace_path)
                    selection = wanted.of(trace)
                    export = wanted.lines(selection)
                    done = trace.first_row
                elif ends_at is None:
                    state.wait(_PAUSE_SECONDS)
                else:
                    # The rows that are left wait for the outcome of an exec, which arrives soon.
                    state.pass_on()
                    time.sleep(_PAUSE_SECONDS)
            if state.signals > 1:
                # What the monitor has still to write came too.
                state.monitor.end()
                trace.refresh()
            say_lacking(trace, wanted.filter_text, selection.shortfall())
            code = _say_end(trace, live=True)
            if state.signals > 1 and (left := _messages(trace, done)):
                words = counted(left, "message came and is", "messages came and are")
                raise LostMessagesError(f"{words} not printed: a second signal ended it")
            return code
        finally:
            trace.close()


def turn_end(trace: Trace, start: int, stop: int) -> int:
    """How far to print before it is looked whether a signal has come."""
    sizes = trace.rows(start, stop)["length"].cumsum()
    return min(stop, start + max(1, int(sizes.searchsorted(_TURN_BYTES))))


def _messages(trace: Trace, start: int) -> int:
    """How many messages there are from a row on."""
    from gvtui.trace.row import Kind

    steps = range(start, trace.end_row, BATCH)
    parts = (trace.rows(each, min(each + BATCH, trace.end_row)) for each in steps)
    return sum(int((rows["kind"] == Kind.MESSAGE).sum()) for rows in parts)


def nobody_reads() -> bool:
    """Whether the output is a pipe whose other end was closed."""
    poll = select.poll()
    poll.register(sys.stdout, 0)
    return any(what & select.POLLERR for _, what in poll.poll(0))


def write_rows(export: Lines, start: int, stop: int) -> None:
    """Write the lines of rows to standard output.

    Raises:
        BrokenPipeError: the reader has closed the pipe.
    """
    pieces: list[str] = []
    size = 0
    for line in export.lines(start, stop):
        pieces.append(f"{line}\n")
        size += len(line)
        if size >= _PIECE:
            write_out("".join(pieces))
            pieces, size = [], 0
    write_out("".join(pieces))


def _say_end(trace: Trace, *, live: bool = False) -> int:
    """Report messages and points that the output lacks; gives the exit code."""
    from gvtui.decode.escape import escape
    from gvtui.trace.connection import NEVER_AGAIN

    for sandbox in trace.connections.sandboxes():
        if sandbox.dropped:
            conn = sandbox.latest.conn
            label = escape(trace.connections.names(conn, sandbox.container_id).full)
            name = sandbox.container_id or f"of connection {conn}"
            name = f"{label} ({name})" if label else name
            words = counted(sandbox.dropped, "point")
            least = "at least " if sandbox.may_lack_drops(NEVER_AGAIN) else ""
            say(f"gvtui: {least}{words} dropped by sandbox {name}")
    earlier = trace.connections.earlier
    if earlier.dropped:
        words = counted(earlier.connections, "earlier connection")
        least = "at least " if earlier.lack_drops else ""
        say(f"gvtui: {least}{counted(earlier.dropped, 'point')} dropped on {words}")
    say_disputes(trace)
    return 1 if say_losses(trace, live=live) else 0
