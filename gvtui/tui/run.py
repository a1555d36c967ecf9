"""Runs the viewer: loads it, shows a recording, and cleans up afterwards.

The viewer is loaded in one go, by the function that runs it: nothing that is loaded is garbage, so
none is looked for until the first screen is there. That would take a tenth of the time.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.trace.rebuild import Progress
    from gvtui.tui.app import GvtuiApp


_GARBAGE = 5_000
"""After how many new objects garbage is looked for while the screen is there: in 3 milliseconds."""


def run_replay(
    path: Path | str,
    *,
    speed: float | None = None,
    filter_text: str = "",
    profile: str = "",
    fresh: bool = False,
    named: str = "",
) -> int:
    """Show a recording: all at once, or row by row at `speed` times its own pace.

    Args:
        path: the recording.
        speed: how many times as fast as it was; None for all at once.
        filter_text: a filter to start with.
        profile: of the configuration; "" for none.
        fresh: whether the stored layout of an earlier run is left alone.
        named: what the screen calls the recording; "" for its path.

    Returns:
        The exit code.

    Raises:
        EndedBySignalError: a signal has ended the viewer.
        GvtuiError: the file is not a trace, the filter is not valid, or the profile does not exist.
    """
    gc.disable()
    from gvtui.config import read_config
    from gvtui.query.filter.compile import compile_filter
    from gvtui.remembered import read_remembered
    from gvtui.trace.playback import ReplayClock
    from gvtui.trace.reader import Trace
    from gvtui.tui.app import GvtuiApp

    compile_filter(filter_text)
    config = read_config(profile=profile)
    # Where rows are held back until their time, all of them must be there first.
    trace = Trace.open(path, progress=progress_on_terminal(), at_once=speed is None)
    app = GvtuiApp(
        trace,
        replay=ReplayClock(trace, speed),
        config=config,
        remembered=None if fresh else read_remembered(),
        filter_text=filter_text,
        named=named,
    )
    return run_app(app, remember=not fresh)


def run_app(app: GvtuiApp, *, remember: bool) -> int:
    """Run the app, close its last trace and, unless it failed or a signal ended it, store its
    layout.

    Returns:
        The exit code.

    Raises:
        EndedBySignalError: a signal has ended the viewer.
    """
    from gvtui.decode.escape import escape
    from gvtui.ending import EndedBySignalError, ending_asks
    from gvtui.remembered import RememberError, write_remembered

    app.when_shown = _keep_what_is_loaded
    try:
        with ending_asks(app.end):
            app.run()
    finally:
        gc.enable()
        app.model.close()
        app.model.trace.close()
    if app.fault is not None:
        raise app.fault
    if app.ended_by:
        raise EndedBySignalError(app.ended_by)
    if remember:
        try:
            write_remembered(app.memory)
        except RememberError as error:
            print(f"gvtui: nothing is remembered: {escape(str(error))}", file=sys.stderr)
    return app.return_code or 0


def _keep_what_is_loaded() -> None:
    """Look for garbage a last time among what is loaded by now, which is never freed.

    To look there again and again would delay keys, and so would to look at much at once.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE)


def progress_on_terminal() -> Progress | None:
    """What says on standard error how far a recording is read; None where nobody would see it."""
    return _say_progress if sys.stderr.isatty() else None


def _say_progress(done: int, total: int) -> None:
    end = "\r" if done < total else "\r\033[K"
    print(f"reading {done / max(total, 1):.0%} of {total:,} bytes", end=end, file=sys.stderr)
