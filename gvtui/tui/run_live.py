"""Runs the viewer on what sandboxes send: starts the monitor, shows the screen, and cleans up."""

from __future__ import annotations

import contextlib
import gc
import shlex
import signal
import time
from typing import TYPE_CHECKING

from gvtui.agent.notes import ConnectionNotes
from gvtui.agent.targets import Keeper
from gvtui.config import read_config
from gvtui.decode.escape import escape
from gvtui.ending import ending_asks
from gvtui.faults import cut_short
from gvtui.monitor.client import MonitorError
from gvtui.monitor.followed import FollowedWriter
from gvtui.monitor.handing import keeping_command
from gvtui.monitor.options import DEFAULT_LISTEN, MonitorOptions
from gvtui.monitor.priority import favoured_screen
from gvtui.monitor.watch import Watch
from gvtui.remembered import read_remembered
from gvtui.saying import say
from gvtui.trace.reader import Trace
from gvtui.tui.options import LiveOptions
from gvtui.tui.run import progress_on_terminal, run_app
from gvtui.words import counted

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.monitor.attached import AttachedMonitor
    from gvtui.tui.app import GvtuiApp


def run_live(options: LiveOptions, attached: AttachedMonitor | None = None) -> int:
    """Listen, and show messages until the user leaves.

    Args:
        options: the viewer's options, and how its monitor is started.
        attached: a monitor that runs already, and goes on; None starts one.

    Returns:
        The exit code.

    Raises:
        EndedBySignalError: a signal has ended the viewer, and all is put in order.
        GvtuiError: the monitor cannot start, the profile does not exist, or the filter is not
            valid, which the caller should have checked.
        MonitorError: messages that were received are not in the recording.
        FaultError: the viewer has failed; the text says what happened to the messages.
    """
    gc.disable()
    from gvtui.tui.app import GvtuiApp

    config = read_config(profile=options.profile)
    keeper = Keeper.start(
        (options.runsc,) if options.runsc else (),
        options.roots,
        file=options.session_file,
        policy=options.on_exit,
        readonly=options.readonly,
    )
    watch = Watch(options.monitor, attached) if attached else Watch.start(options.monitor)
    # Who keeps a monitor for others finds out about connections too.
    notes = None if watch.is_shared else _notes(options, watch)
    fault: Exception | None = None
    app: GvtuiApp | None = None
    code = 1
    is_left = False
    try:
        trace = Trace.open(watch.trace_path)
        app = GvtuiApp(
            trace,
            monitor=watch,
            keeper=keeper,
            live=options,
            config=config,
            remembered=None if options.fresh else read_remembered(),
            filter_text=options.filter_text,
        )
        with favoured_screen() if options.monitor.realtime else contextlib.nullcontext():
            code = run_app(app, remember=not options.fresh)
    except Exception as error:
        fault = error
    finally:
        # A shell that closes sends its signal twice: what has begun to end comes to its end.
        with ending_asks(_only_interrupts):
            try:
                if app is not None and notes is not None and not watch.is_shared:
                    # Before sessions end: then nobody can be asked any more.
                    notes.ask_all(app.model.trace.connections)
                for line in settle(keeper, watch):
                    say(f"gvtui: {line}")
                if options.at_exit is not None:
                    options.at_exit()
            finally:
                watch.poll()
                if notes is not None:
                    notes.finish()
                has_left = app is not None and app.has_left
                keep = fault is not None or not has_left
                is_left = not keep and not watch.is_shared and _leave_running(watch)
                if not is_left:
                    watch.stop(keep=keep or (watch.goes_on and not watch.is_shared))
                if (watch.monitor.is_kept or watch.is_shared) and fault is None:
                    # The terminal may have gone with whoever could be told.
                    with contextlib.suppress(OSError):
                        say(f"gvtui: {watch.monitor.became}")
    if fault is not None:
        raise cut_short(fault, watch.monitor.became) from fault
    if watch.is_shared or is_left:
        return code
    if watch.monitor.was_killed and options.monitor.record is not None:
        raise MonitorError(watch.monitor.became)
    if watch.monitor.unaccounted:
        raise MonitorError(f"{watch.monitor.unaccounted}; please report this")
    if watch.losses:
        where = f"the recording {watch.trace_path} is not complete: "
        raise MonitorError(f"{where * (options.monitor.record is not None)}{watch.losses.words()}")
    return code


def run_follow(path: Path, *, filter_text: str = "", profile: str = "", fresh: bool = False) -> int:
    """Show a recording that somebody else writes, as it grows.

    Returns:
        The exit code.

    Raises:
        EndedBySignalError: a signal has ended the viewer.
        GvtuiError: the file is not a trace, the filter is not valid, or the profile does not exist.
    """
    gc.disable()
    from gvtui.query.filter.compile import compile_filter
    from gvtui.tui.app import GvtuiApp

    compile_filter(filter_text)
    config = read_config(profile=profile)
    # Rows come from there, as from a socket, and no sandbox can be changed.
    options = LiveOptions(MonitorOptions(listen=path, record=path), readonly=True)
    app = GvtuiApp(
        Trace.open(path, progress=progress_on_terminal()),
        live=options,
        monitor=Watch(options.monitor, FollowedWriter(path)),
        config=config,
        remembered=None if fresh else read_remembered(),
        filter_text=filter_text,
    )
    return run_app(app, remember=not fresh)


def _leave_running(watch: Watch) -> bool:
    """Have another process keep the monitor, if the user wants that; whether it does."""
    if not watch.goes_on or watch.dead:
        return False
    try:
        keeper = watch.leave_running(keeping_command())
    except MonitorError as error:
        say(f"gvtui: {error}; what was seen is kept")
        return False
    listen = watch.options.listen
    place = "" if listen == DEFAULT_LISTEN else f" {shlex.quote(str(listen))}"
    say(
        f"gvtui: the monitor goes on (process {keeper}): gvtui attach{place} leads back, and ends it"
    )
    return True


def _notes(options: LiveOptions, watch: Watch) -> ConnectionNotes:
    """What is found out about connections, and noted in the trace."""
    notes = ConnectionNotes(
        # The monitor may be started anew.
        lambda mark, conn: watch.monitor.send_mark(mark, conn),
        (options.runsc,) if options.runsc else (),
    )
    watch.when_opened = notes.opened
    watch.when_seen = lambda connections: notes.look(connections, time.monotonic())
    return notes


def _only_interrupts(number: int) -> None:
    """Let Ctrl-C cut short what may take long, as a runsc that hangs."""
    if number == signal.SIGINT:
        raise KeyboardInterrupt


def settle(keeper: Keeper, watch: Watch) -> list[str]:
    """Delete, keep or restore gvtui's sessions after the screen has closed.

    Args:
        keeper: the keeper of the sessions.
        watch: the monitor, which notes the changes in the recording.

    Returns:
        Sentences for the user on what was done.
    """
    # The question was not asked, or not answered.
    policy = "restore" if keeper.policy == "ask" else keeper.policy
    if policy == "keep":
        count = len(keeper.agent.registry.all())
        words = counted(count, "sandbox keeps", "sandboxes keep")
        return [f"{words} gvtui's sessions"] if count else []
    said = []
    for outcome in keeper.leave(policy):
        for mark in outcome.marks():
            watch.monitor.send_mark(mark)
        notes = "".join(f"; {note}" for note in outcome.notes)
        said.append(escape(f"{outcome.container.sandbox_id}: {outcome.sentence}{notes}"))
    return said
