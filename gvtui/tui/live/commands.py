"""Keys for following, replaying, keeping what was seen, and the monitor."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.trace import keep
from gvtui.trace.reader import Trace
from gvtui.tui.frame.commands import ViewActions
from gvtui.tui.kit.asking import Problem, Question, Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.monitor.watch import Watch
    from gvtui.trace.playback import ReplayClock


class TraceActions(ViewActions):
    """Pause, speed, keep, log, restart."""

    monitor: Watch | None = None
    """The monitor, when live."""
    replay: ReplayClock | None = None
    """The clock of a recording that is shown in time."""
    keeping = ""
    """How far a copy of the trace is; "" while none is made."""

    def action_follow(self) -> None:
        """Pause, or go on."""
        replay = self.replay
        if self.model.following:
            self.stream.pause()
        else:
            self.stream.follow()
        if replay is not None:
            replay.paused = not self.model.following

    def action_slower(self) -> None:
        """Play at half the speed."""
        self._change_speed(0.5)

    def action_faster(self) -> None:
        """Play at twice the speed."""
        self._change_speed(2)

    def _change_speed(self, factor: float) -> None:
        if self.replay is None:
            self.tell("Only a recording that is shown in time has a speed: gvtui replay --speed 1.")
        else:
            self.replay.change_speed(factor)

    def action_log(self) -> None:
        """Show what the monitor said."""
        said = "\n".join(self.monitor.said if self.monitor else [])
        self.read(
            Text(
                "What the monitor said",
                [said or "It has said nothing yet."],
                from_end=True,
            )
        )

    def action_keep(self) -> None:
        """Ask for a file name and copy the trace there."""
        self._ask_keep("keep in", lambda: None)

    def _ask_keep(self, label: str, after: Callable[[], None]) -> None:
        def done(text: str) -> Problem | None:
            if not text.strip():
                after()
                return None
            path = Path(text.strip()).expanduser()
            if path.exists():
                return Problem("this file exists already; choose another name")
            if not path.parent.is_dir():
                return Problem(f"there is no folder {path.parent}")
            self.run_worker(
                lambda: self._keep(path, after), thread=True, group="keep", exit_on_error=False
            )
            return None

        name = time.strftime("gvtui-%Y%m%d-%H%M%S.gvtrace")
        self.prompt.ask(Question(label, done, value=name))

    def _keep(self, path: Path, after: Callable[[], None]) -> None:
        """Copy the trace; runs in a thread."""
        told = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal told
            if time.monotonic() - told > 0.2:
                told = time.monotonic()
                self.keeping = f"keeping {done / max(total, 1):.0%}"

        try:
            marks = self.model.marks
            keep.save(self.model.trace, path, progress=progress)
            marks.write_beside(path)
        except (GvtuiError, OSError) as error:
            self.from_thread(self.tell, f"Not kept: {error}", "error")
        else:
            self.from_thread(self.tell, f"Kept in {path}")
            self.from_thread(after)
        finally:
            self.keeping = ""

    def action_restart(self) -> None:
        """Start the monitor again, after a chance to keep what came before."""
        watch = self.monitor
        if watch is None or not watch.dead:
            self.tell("The monitor runs; there is nothing to start again.")
        elif self.model.trace.end_row > self.model.trace.first_row and not watch.options.record:
            self._ask_keep("first keep these rows in (empty: do not)", self._restart)
        else:
            self._restart()

    def _restart(self) -> None:
        self.run_worker(self._restart_monitor, thread=True, group="monitor", exclusive=True)

    def _restart_monitor(self) -> None:
        """Start another monitor; runs in a thread."""
        watch = self.monitor
        if watch is None:
            return
        try:
            watch.restart()
            trace = Trace.open(watch.trace_path)
        except GvtuiError as error:
            self.from_thread(self.tell, f"Not started: {error}", "error")
        else:
            self.from_thread(self.take_trace, trace)
            watch.forget_finished()
            if watch.options.record is not None:
                self.from_thread(self.tell, f"Recording goes on in {watch.trace_path}")

    def take_trace(self, trace: Trace) -> None:
        """Show another trace in place of the one so far, which is closed."""
        old = self.model.trace
        self.model.replace_trace(trace)
        old.close()
        self.show_news()
