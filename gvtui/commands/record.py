"""`gvtui record`."""

from __future__ import annotations

import contextlib
import math
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gvtui.commands.disputes import say_disputes
from gvtui.commands.exits import ExitingCommand
from gvtui.commands.lacking import say_lacking
from gvtui.commands.options import (
    COMPRESS_OPTION,
    FILTER_OPTION,
    KEEP_FOR_OPTION,
    KEEP_OPTION,
    MONITOR_OPTIONS,
    SYNC_OPTION,
    apply,
    compresses,
    examples,
    monitor_options,
)
from gvtui.commands.values import Seconds
from gvtui.errors import GvtuiError
from gvtui.faults import FaultError
from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.commands.watching import Watching
    from gvtui.export.recording import RecordingExport
    from gvtui.monitor.options import MonitorOptions
    from gvtui.monitor.places import MonitorPlace
    from gvtui.trace.reader import Trace

_LOOK_SECONDS = 1.0
"""After how many seconds the numbers on the terminal are updated."""
_READ_SECONDS, _LAST_READ_SECONDS = 0.2, 2.0
"""How long new rows are read at a time, and at the end: under full load there are always more."""
_FOLLOW_SECONDS = 0.1
"""How many seconds to wait when no new rows can be filtered."""
_MUCH = 1 << 18
"""How many rows left at the end are worth a word: they take some seconds."""
_BATCH = 1 << 14
"""How many rows are filtered in one step."""


@click.command(
    cls=ExitingCommand,
    exit_codes={
        0: "done, also when Ctrl-C or SIGTERM ended it",
        1: "failed, or messages could not be written",
    },
    epilog=examples(
        "gvtui record --out today.gvtrace",
        "gvtui record --listen /run/gvtui.sock --out boot.gvtrace --for 60",
        "gvtui record --out failed.gvtrace --filter 'evt.failed = true'",
        "gvtui record --out /var/log/gvtui/ --keep 20GiB",
    ),
)
@apply(MONITOR_OPTIONS)
@click.option(
    "--out",
    metavar="PATH",
    type=click.Path(),
    required=True,
    help="Recording to make. A folder, one that is there or a name that ends with /, gets a new trace "
    "at each start, of segments, and keeps what --keep allows.",
)
@click.option(
    "--for",
    "seconds",
    metavar="SECONDS",
    type=Seconds(min=0, min_open=True),
    help="Stop after this time; without it, Ctrl-C stops.",
)
@SYNC_OPTION
@FILTER_OPTION
@KEEP_OPTION
@KEEP_FOR_OPTION
@COMPRESS_OPTION
@click.pass_context
def record(
    ctx: click.Context,
    /,
    out: str,
    seconds: float | None,
    filter_text: str,
    **options: Any,  # noqa: ANN401
) -> None:
    """Record what sandboxes send, without a screen.

    Every message is recorded byte for byte; with --filter, only those that meet the condition. What
    ran in a sandbox before its session is recorded too: gvtui asks its runsc. Open the recording with
    "gvtui replay", or print it with "gvtui print".
    """
    from gvtui.query.filter.compile import compile_filter

    compile_filter(filter_text)
    path = Path(out)
    is_folder = out.endswith("/") or path.is_dir()
    is_given = ctx.get_parameter_source("keep_bytes") is not click.core.ParameterSource.DEFAULT
    if filter_text.strip() and is_folder:
        ctx.fail("--filter goes with a file: a folder holds all that came.")
    if is_given and not filter_text.strip() and not is_folder:
        ctx.fail("--keep goes with --filter or a folder: a recording in one file keeps all.")
    if options["keep_seconds"] and not is_folder:
        ctx.fail("--keep-for goes with a folder: a recording in one file keeps all.")
    if options["compress"] == "zstd" and not is_folder:
        ctx.fail("--compress goes with a folder: a recording in one file stays as it is.")
    end = time.monotonic() + seconds if seconds is not None else None
    if filter_text.strip():
        is_whole = _record_chosen(path, end, filter_text, options)
    elif is_folder:
        is_whole = _record_folder(path, end, options)
    else:
        is_whole = _record_all(monitor_options(options, record=path), end)
    ctx.exit(0 if is_whole else 1)


def _record_folder(out: Path, end: float | None, options: dict[str, Any]) -> bool:
    """Have the monitor write a trace of segments, as `_record_all`."""
    from gvtui.monitor.leftovers import Leftovers
    from gvtui.monitor.places import MonitorPlace

    started = monitor_options(options, is_compressed=compresses(options, "zstd"))
    kept, seconds = started.keep_bytes, started.keep_seconds
    place = MonitorPlace(out, started.listen, kept, is_folder=True, keep_seconds=seconds)
    leftovers = Leftovers(out, started.user) if started.compresses else None
    try:
        return _record_all(replace(started, place=out.absolute()), end, place)
    finally:
        if leftovers is not None:
            leftovers.close()
        place.close()


def _record_all(
    options: MonitorOptions, end: float | None, place: MonitorPlace | None = None
) -> bool:
    """Have the monitor write the recording itself; False if something was lost, and was told.

    Args:
        options: how it is started.
        end: when to stop, by the monotonic clock; None for never.
        place: the folder of traces that it writes to, if it is one.
    """
    from gvtui.commands.watching import watching
    from gvtui.trace.reader import Trace

    with watching(options) as state:
        trace = Trace.open(state.monitor.trace_path)
        try:
            where = options.record or state.monitor.trace_path
            say(f"gvtui: listening on {options.listen}, recording to {where}")
            while not state.ending and (left := _seconds_to(end)) > 0:
                state.wait(min(_LOOK_SECONDS, left))
                for words in place.turn(time.monotonic()) if place is not None else ():
                    say(f"gvtui: {words}")
                trace = _renewed(state, trace)
                # The rows are read for disputes alone; numbers come from who writes them.
                trace.refresh(_READ_SECONDS)
                state.look(trace)
                _show(_summary(state, trace) + _refused(state))
            state.ask_all(trace)
            state.stop()
            trace = _renewed(state, trace)
            trace.refresh(_LAST_READ_SECONDS)
            is_whole = _end(_summary(state, trace) + _refused(state), state)
            say_disputes(trace)
        finally:
            trace.close()
    return is_whole


def _renewed(state: Watching, trace: Trace) -> Trace:
    """The trace, or the one that has taken its place since its files were removed."""
    from gvtui.trace.reader import Trace

    if not state.is_renewed:
        return trace
    state.is_renewed = False
    trace.close()
    return Trace.open(state.monitor.trace_path)


def _record_chosen(out: Path, end: float | None, filter_text: str, options: dict[str, Any]) -> bool:
    """Copy the chosen messages from the monitor's flight recorder; False as `_record_all`."""
    from gvtui.commands.watching import watching
    from gvtui.export.recording import RecordingExport
    from gvtui.export.selection import Selection
    from gvtui.trace.reader import Trace
    from gvtui.trace.records import TraceError

    with watching(monitor_options(options, is_spool=True)) as state:
        trace = Trace.open(state.monitor.trace_path)
        try:
            selection = Selection(trace, filter_text)
            recording = RecordingExport(selection, out, _Saying())
            say(
                f"gvtui: listening on {options['listen']}, recording to {out} what passes the filter"
            )
            try:
                words = _pick_out(state, trace, recording, end)
            except Exception as error:
                with contextlib.suppress(OSError):
                    recording.close()
                if isinstance(error, (GvtuiError, OSError)):
                    raise
                raise FaultError(f"the recording {out} is complete up to then") from error
            recording.close()
            words = f"{recording.messages:,} of {words}"
            state.lost_here.merge(recording.losses)
            is_whole = _end(words + _refused(state), state)
            say_lacking(trace, filter_text, selection.shortfall())
            say_disputes(trace)
        except OSError as error:
            raise TraceError(f"cannot write {out}: {error.strerror or error}") from error
        finally:
            trace.close()
    return is_whole


def _pick_out(state: Watching, trace: Trace, recording: RecordingExport, end: float | None) -> str:
    """Copy the rows that pass the filter until it is time to end; gives in words of how many."""
    done = trace.first_row
    is_last = False
    asked = 0
    looked = time.monotonic()
    while True:
        if time.monotonic() - looked >= _LOOK_SECONDS / 2:
            looked = time.monotonic()
            recording.look()
        if not is_last and (state.ending or _seconds_to(end) <= 0):
            state.ask_all(trace)
            state.stop()
            is_last = True
            asked = state.signals
            _tell_rest(trace, done)
        trace.refresh(_READ_SECONDS)
        state.look(trace)
        if done < trace.first_row:
            state.miss(trace.first_row - done, "filtered")
            done = trace.first_row
        stop = min(done + _BATCH, trace.end_row)
        if not is_last:
            stop = recording.ready(done, stop, time.monotonic())
        recording.copy(done, stop)
        rests = stop in (done, trace.available_rows)
        done = stop
        words = _counts(trace)
        _show(f"{recording.messages:,} of {words}")
        if is_last and state.signals > asked:
            state.miss(trace.available_rows - done, "filtered")
            return words
        if rests and is_last and done >= trace.available_rows:
            return words
        if rests and not is_last:
            state.wait(min(_FOLLOW_SECONDS, _seconds_to(end)))
        elif not is_last:
            state.pass_on()


class _Saying:
    """Says on standard error what befalls the recording."""

    def say(self, kind: str, **details: Any) -> None:  # noqa: ANN401
        """Say the text; see `gvtui.monitor.options`."""
        say(f"gvtui: {details['text'] or 'the recording can be written again'}")


def _tell_rest(trace: Trace, done: int) -> None:
    """Say so where much of what has come is still to be filtered."""
    trace.refresh(0)
    left = trace.available_rows - done
    if left > _MUCH:
        say(f"gvtui: {counted(left, 'row')} left to filter; Ctrl-C leaves them out")


def _seconds_to(end: float | None) -> float:
    return math.inf if end is None else end - time.monotonic()


def _show(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{words}", end="", file=sys.stderr, flush=True)


def _end(words: str, state: Watching) -> bool:
    """Say what was recorded and what was lost; True if nothing was."""
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    lost = state.losses.words(noun="")
    say(f"gvtui: recorded {words}{lost and f'; {lost}'}")
    state.has_told = True
    return not lost


def _summary(state: Watching, trace: Trace) -> str:
    monitor = state.monitor
    return (
        f"{counted(monitor.account.logged, 'message')} of {counted(monitor.connections, 'connection')}, "
        f"{_least(trace)}{monitor.account.dropped:,} dropped, {trace.size_bytes:,} bytes"
    )


def _least(trace: Trace) -> str:
    return "at least " if trace.connections.may_lack_drops(time.time_ns()) else ""


def _refused(state: Watching) -> str:
    monitor = state.monitor
    words = f", {counted(monitor.refused, 'connection')} refused" if monitor.refused else ""
    if monitor.left_out:
        words += f", {counted(monitor.left_out, 'message')} left out by limits"
    return words


def _counts(trace: Trace) -> str:
    connections = trace.connections
    return (
        f"{counted(connections.messages, 'message')} of {counted(connections.total, 'connection')}, "
        f"{_least(trace)}{connections.dropped:,} dropped"
    )
