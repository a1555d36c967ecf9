"""Commands for the monitor: copy its trace to a file, show its log, start it again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.monitor.handing import keeping_command
from gvtui.trace import keep
from gvtui.trace.reader import Trace
from gvtui.tui.command.command import command
from gvtui.tui.kit.asking import Choice, Entry, Mistake, Question, Text
from gvtui.tui.viewer import Feature, Item, Viewer
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gvtui.monitor.watch import Watch

_END, _LEAVE, _STAY = "end", "leave", "stay"
_LEAVING = (
    Entry(_END, "end it"),
    Entry(_LEAVE, "leave it running: gvtui attach leads back"),
    Entry(_STAY, "do not leave"),
)


class Live(Feature):
    """Copies the trace to a file, shows the monitor's log, restarts the monitor."""

    prefix, heading = "live", "Recording"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._keeping = ""
        """The progress of copying the trace; "" while no copy is made."""
        self._is_restarting = self._is_sharing = False

    def status(self) -> Iterable[Item]:
        """The progress of copying the trace."""
        return [Item(self._keeping, self._keeping, "record")] if self._keeping else []

    def tick(self) -> None:
        """Show the new files that the trace goes on in, where the old ones were removed."""
        watch = self.viewer.monitor
        if watch is not None and watch.is_renewed:
            watch.is_renewed = False
            self.viewer.in_thread(lambda: Trace.open(watch.trace_path), self.viewer.take_trace)
        if watch is not None and watch.is_wanted and not self._is_sharing:
            self._share(watch)

    def _share(self, watch: Watch) -> None:
        """Let another viewer attach to the monitor that this one has for itself, in a thread."""
        self._is_sharing = True

        def shared(_: None) -> None:
            self._is_sharing = False
            watch.goes_on = not self._is_demo
            self.viewer.tell("Another viewer attaches: a process of its own keeps the monitor now.")

        def failed(error: Exception) -> None:
            self._is_sharing = False
            self.viewer.tell(f"No other viewer can attach: {error}", "error")

        self.viewer.in_thread(lambda: watch.share(keeping_command()), shared, failed)

    @command("Show the monitor's log", "ctrl+l", heading="Screen")
    def log(self) -> None:
        """Show the monitor's log, scrolled to its newest line."""
        monitor = self.viewer.monitor
        said = "\n".join(monitor.said if monitor else []) or "The monitor has said nothing yet."
        self.viewer.read(Text("", [said], line="live.log", from_end=True, is_wide=False))

    def may_leave(self, leave: Callable[[], None]) -> bool:
        """Ask whether the monitor ends too, while sandboxes are connected: they cannot connect
        again."""
        watch = self.viewer.monitor
        if watch is None or not watch.asks_to_end or self._is_demo:
            return True
        connected = sum(each.connected for each in self.model.watched_trace.connections.sandboxes())
        if not connected and not watch.is_shared:
            return True
        who = counted(connected, "sandbox is", "sandboxes are")
        heading = f"{who} connected, and cannot connect again. What should happen to the monitor?\n"

        def answered(answer: str) -> None:
            if answer != _STAY:
                watch.goes_on = answer == _LEAVE
                leave()

        self.viewer.choose(Choice(heading, _LEAVING, answered))
        return False

    @property
    def _is_demo(self) -> bool:
        live = self.model.live
        return live is not None and live.at_exit is not None

    @command("Copy the trace so far to a file", "K,ctrl+s", footer="keep")
    def keep(self) -> None:
        """Ask for a file name, and copy the trace to that file."""
        self._ask_keep("keep in", lambda: None)

    def _ask_keep(self, label: str, after: Callable[[], None]) -> None:
        def done(text: str) -> Mistake | None:
            if not text.strip():
                after()
                return None
            path = Path(text.strip()).expanduser()
            if path.exists():
                return Mistake("this file exists already; choose another name")
            if not path.parent.is_dir():
                return Mistake(f"there is no folder {path.parent}")
            self._keep(path, after)
            return None

        name = time.strftime("gvtui-%Y%m%d-%H%M%S.gvtrace")
        self.viewer.ask(Question(label, done, value=name))

    def _keep(self, path: Path, after: Callable[[], None]) -> None:
        """Copy the trace, in a thread."""
        trace, bookmarks = self.model.watched_trace, self.model.bookmarks
        orders = self.model.watched_analysis.pairs.execs.outcomes.order_marks()
        told = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal told
            if time.monotonic() - told > 0.2:
                told = time.monotonic()
                words = f"keeping {done / max(total, 1):.0%}"
                self.viewer.hand_over(lambda: self._say(words))

        def work() -> None:
            keep.save(trace, path, marks=orders, progress=progress)
            bookmarks.write_beside(path)

        def kept(_: None) -> None:
            self._say("")
            self.viewer.tell(f"Kept in {path}")
            after()

        def failed(error: Exception) -> None:
            self._say("")
            self.viewer.tell(f"Not kept: {error}", "error")

        self.viewer.in_thread(work, kept, failed)

    def _say(self, words: str) -> None:
        self._keeping = words

    @command("Start the monitor again, after it has failed", "R")
    def restart(self) -> None:
        """Start the monitor again, after offering to copy the trace so far; attach anew to one
        that others keep."""
        watch = self.viewer.monitor
        if watch is not None and not watch.counts:
            self.viewer.tell("This recording is somebody else's: nothing can be started again.")
        elif watch is None or not watch.dead:
            self.viewer.tell(
                "The monitor is running; it can be started again only after it has failed."
            )
        elif self._would_lose(watch):
            self._ask_keep("first keep these rows in (empty: do not)", self._restart)
        else:
            self._restart()

    def _would_lose(self, watch: Watch) -> bool:
        """Whether rows go with the monitor that has failed."""
        trace = self.model.watched_trace
        has_rows = trace.end_row > trace.first_row
        return has_rows and not watch.options.record and not watch.is_shared

    def _restart(self) -> None:
        """Start a new monitor, in a thread."""
        watch = self.viewer.monitor
        if watch is None or self._is_restarting:
            return
        self._is_restarting = True

        def work() -> Trace:
            watch.restart()
            return Trace.open(watch.trace_path)

        def take(trace: Trace) -> None:
            self._is_restarting = False
            self.viewer.take_trace(trace)
            watch.forget_finished()
            if watch.is_shared:
                self.viewer.tell(f"Attached to the monitor that writes {watch.trace_path}")
            elif watch.options.record is not None:
                self.viewer.tell(f"Recording goes on in {watch.trace_path}")

        def failed(error: Exception) -> None:
            self._is_restarting = False
            self.viewer.tell(f"Not started: {error}", "error")

        self.viewer.in_thread(work, take, failed)
