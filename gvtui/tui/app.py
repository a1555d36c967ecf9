"""The viewer: puts the panes together, and brings them the news once in a while."""

from __future__ import annotations

import gc
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult, SystemCommand
from textual.containers import Horizontal, Vertical
from textual.drivers.linux_driver import LinuxDriver
from textual.widgets import ContentSwitcher, Static

from gvtui.agent.targets import Keeper
from gvtui.config import Config, config_path, read_config
from gvtui.faults import cut_short
from gvtui.monitor.client import MonitorError
from gvtui.monitor.watch import Watch
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.tui.base import FILTER_SECONDS
from gvtui.tui.command.bindings import bindings as command_bindings
from gvtui.tui.command.bindings import put_in_force
from gvtui.tui.command.command import CommandError
from gvtui.tui.command.configured import configured_keys, said_at_start
from gvtui.tui.command.keys import key_words, keys_words
from gvtui.tui.command.registry import Commands
from gvtui.tui.command.table import COMMANDS, bindings, where
from gvtui.tui.detail.commands import FieldActions
from gvtui.tui.detail.pane import DetailView
from gvtui.tui.drilled import Drilled
from gvtui.tui.features import FEATURES, SIDEBAR, TABS
from gvtui.tui.filter.bar import FilterBar
from gvtui.tui.frame.keyline import KeyLine
from gvtui.tui.frame.status import Item, StatusLine, items
from gvtui.tui.frame.tabs import TabLine
from gvtui.tui.kit.driver import TerminalDriver
from gvtui.tui.kit.theme import DARK, DARK_NAME, DEFAULT_VARIABLES, LIGHT
from gvtui.tui.options import LiveOptions
from gvtui.tui.processes.commands import ProcfsActions
from gvtui.tui.run import settle
from gvtui.tui.timeline.strip import TimelineStrip

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from textual.binding import Binding
    from textual.driver import Driver
    from textual.screen import Screen
    from textual.widget import Widget

    from gvtui.tui.command.command import Owner
    from gvtui.tui.viewer import Feature, Level

__all__ = ["GvtuiApp", "LiveOptions", "run_live", "run_replay"]

SHORTEST_TICK, IDLE_TICK, LONGEST_TICK = 1 / 30, 1 / 10, 1 / 5
"""Seconds between two updates: fewer while nothing comes, and while they are costly."""
_REST = 2.0
"""How many times as long as an update took the screen then rests."""
_CALM_SECONDS = 0.25
"""Numbers that change faster than this cannot be read."""


_LEVELS: dict[str, Level] = {"warning": "warning", "error": "error"}


class GvtuiApp(ProcfsActions, FieldActions):
    """The terminal UI over one trace, live or recorded."""

    CSS_PATH = "gvtui.tcss"
    TITLE = "gvtui"
    BINDINGS = [*bindings("app"), *command_bindings(*FEATURES)]
    # The command that opens the palette has its own key.
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-medium"), (150, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high"), (46, "-tall")]

    def __init__(
        self,
        trace: Trace,
        *,
        monitor: Watch | None = None,
        replay: ReplayClock | None = None,
        config: Config | None = None,
        **options: Any,  # noqa: ANN401
    ) -> None:
        """See `ViewerBase`; `monitor` watches when live, `replay` the clock of a recording.

        `config` is what the user has configured.
        """
        super().__init__(trace, **options)
        self.use_command_palette = True
        self.commands = Commands(FEATURES, self._find)
        self.config = config or Config(config_path())
        configured = configured_keys(self.commands, self.config)
        self.commands.use(configured.keymap)
        self._config_problem = said_at_start(self.config, configured.problems)
        self._features: dict[type, Feature] = {each: each(self) for each in FEATURES}
        self.monitor = monitor
        self.replay = replay
        self.status = StatusLine()
        self.timeline = TimelineStrip(self.model, lambda: self.stream.window)
        self.filterbar = FilterBar(self.model)
        self.detail = DetailView(self.model)
        self.banner = Static("", id="banner", markup=False)
        self._panes = [(spec, spec.make(self.model)) for spec in SIDEBAR]
        self._tabs = [
            (spec, self.stream if spec.id == "stream" else spec.make(self.model)) for spec in TABS
        ]
        self._calm_at = 0.0

    def compose(self) -> ComposeResult:
        """Status, sidebar, tabs, details and keys."""
        yield self.status
        yield self.timeline
        yield self.banner
        with Horizontal(id="body"):
            with Vertical(id="sidebar"):
                yield from (pane for _, pane in self._panes)
            with Vertical(id="main"):
                yield TabLine()
                yield self.filterbar
                yield self.needs_line
                yield self.prompt
                yield self.searchbar
                with ContentSwitcher(id="tabs", initial=TABS[0].id):
                    yield from (pane for _, pane in self._tabs)
                yield self.detail
        yield KeyLine(show_command_palette=False)

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver, made to bear the loss of the terminal."""
        found = super().get_driver_class()
        return TerminalDriver if found is LinuxDriver else found

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The viewer's own colours, for themes that do not know them."""
        return DEFAULT_VARIABLES

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Everything that has a key, for the palette, then what Textual offers."""
        for command in sorted(COMMANDS, key=lambda command: command.owner != "app"):
            yield SystemCommand(
                command.title + where(command),
                f"{command.group}   key: {command.key_text}",
                lambda command=command: self.call_later(self.call_command, command),
            )
        for declared in self.commands:
            keys = keys_words(self.commands.keys(declared))
            yield SystemCommand(
                declared.title + declared.where,
                f"{declared.heading}   key: {keys}",
                partial(self.run_command, declared.line),
            )
        own = ("Quit", "Keys", "Maximize", "Minimize")
        for entry in super().get_system_commands(screen):
            if entry.title not in own:
                yield entry

    def on_mount(self) -> None:
        """Set the theme and start the updates."""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK_NAME
        put_in_force(self, self.commands.keymap_in_force)
        self.stream.focus()
        self.app_resume_signal.subscribe(self, lambda _: self._draw_again())
        for feature in self._features.values():
            feature.opened()
        if self._config_problem:
            self.tell(self._config_problem, "warning")
        self.tick()
        self._schedule(time.perf_counter(), SHORTEST_TICK)

    def _find(self, owner: type[Owner]) -> object:
        """The object whose command of this class is to run."""
        return self._features[owner]

    def run_command(self, line: str) -> None:
        """Run a command by its line; the user is told if that is none."""
        try:
            self.commands.execute(line)
        except CommandError as error:
            self.tell(f"{error}.", "error")

    def action_command(self, line: str) -> None:
        """Run the command that a key is bound to."""
        self.run_command(line)

    def get_key_display(self, binding: Binding) -> str:
        """A key as the footer shows it."""
        return binding.key_display or key_words(binding.key)

    def show_pane(self, pane_id: str) -> None:
        """Show a tab by its id."""
        self.action_tab(pane_id)

    def is_shown(self, pane_id: str) -> bool:
        """Whether a pane is on the screen now."""
        return bool(self.screen_stack[0].query_one(f"#{pane_id}").display)

    def show_rows(self, expression: str, slot: str, row: int | None = None) -> None:
        """Show the rows behind something in the stream; a key leads back."""
        self.post_message(Drilled(expression, slot, row))

    def find_command(self) -> None:
        """Have the user find a command by its words, and run it."""
        self.action_command_palette()

    def _draw_again(self) -> None:
        """Draw everything: the terminal has shown something else meanwhile."""
        for widget in self.screen.query("*"):
            widget.refresh()

    def _schedule(self, began: float, shortest: float) -> None:
        took = time.perf_counter() - began
        self.after(min(LONGEST_TICK, max(shortest, took * _REST)), self._tick)

    def _tick(self) -> None:
        began = time.perf_counter()
        changed = self._take_in()
        # In two steps, so that a key waits for one of them at most.
        self.call_later(self.while_up, self._draw, began, changed)

    def _draw(self, began: float, changed: bool) -> None:
        self._bring_due_news(changed)
        # After the screen is painted, so that the time for that counts too.
        shortest = SHORTEST_TICK if changed else IDLE_TICK
        self.call_after_refresh(self._schedule, began, shortest)

    def tick(self) -> bool:
        """Take in what is new and have it drawn; True if there was anything."""
        changed = self._take_in()
        self._bring_due_news(changed)
        return changed

    def _take_in(self) -> bool:
        if self.monitor is not None:
            for notice in self.monitor.poll():
                level = _LEVELS.get(notice.level, "information")
                self.tell(notice.text, level)
            self.model.monitor_gone = self.monitor.dead
        if self.replay is not None:
            self.replay.advance()
        return self.model.refresh(FILTER_SECONDS)

    def _bring_due_news(self, changed: bool) -> None:
        calm = time.monotonic() - self._calm_at >= _CALM_SECONDS
        if changed or calm:
            self._bring_news(calm)

    def show_news(self) -> None:
        """Have every pane draw what has changed, now."""
        self._bring_news(True)

    def _bring_news(self, calm: bool) -> None:
        panes: list[tuple[Any, Widget]] = [
            *self._panes,
            *((spec, pane) for spec, pane in self._tabs if pane.display),
        ]
        for spec, pane in panes:
            if calm or spec.often:
                pane.news()  # type: ignore[attr-defined]
        if calm:
            self._calm_at = time.monotonic()
            self.timeline.news()
            self.filterbar.news()
            self.detail.news()
            self._show_status()
            self._show_banner()

    def _show_status(self) -> None:
        playing = self.replay.words if self.replay else ""
        lost = self.monitor.lost if self.monitor else 0
        said = items(self.model, self.stream.new_rows, playing, lost)
        if self.keeping:
            said.insert(-1, Item(self.keeping, self.keeping, "record"))
        self.status.say(said)

    def _show_banner(self) -> None:
        fault = self.monitor.fault if self.monitor else ""
        dead = self.model.monitor_gone
        notice = self.model.live.notice if self.model.live else ""
        words = f" ✗ {fault}" + ("  R starts another." if dead else "") if fault else notice
        if words != str(self.banner.content):
            self.banner.update(words)
        self.banner.set_class(bool(words), "open")
        self.banner.set_class(not fault, "notice")

    def on_stream_view_cursor_moved(self) -> None:
        """Show the selected row's details; a moving target only a few times a second."""
        if not self.model.following:
            self.detail.news()

    def on_stream_view_follow_changed(self) -> None:
        """Say at once whether the stream follows."""
        self._show_status()

    def action_hex(self) -> None:
        """Show or hide the selected message's bytes."""
        self.screen_stack[0].remove_class("no-detail")
        self.detail.toggle_hex()


def run_live(options: LiveOptions) -> int:
    """Listen, and show what comes until the user leaves.

    Returns:
        The exit code.

    Raises:
        GvtuiError: the monitor cannot start, or there is no such profile; or the filter is none,
            but who calls has checked that.
        MonitorError: messages came that are not in the recording.
        FaultError: the viewer has failed; it says what became of what was seen.
    """
    config = read_config(profile=options.profile)
    keeper = Keeper.start(
        (options.runsc,) if options.runsc else (),
        options.roots,
        file=options.session_file,
        policy=options.on_exit,
        readonly=options.readonly,
    )
    watch = Watch.start(options.monitor)
    app: GvtuiApp | None = None
    fault: Exception | None = None
    code = 1
    try:
        trace = Trace.open(watch.trace_path)
        app = GvtuiApp(
            trace,
            monitor=watch,
            live=options,
            config=config,
            filter_text=options.filter_text,
        )
        app.keeper = keeper
        code = _run(app)
    except Exception as error:
        fault = error
    finally:
        try:
            for line in settle(keeper, app.leave_policy if app else None, watch):
                print(f"gvtui: {line}", file=sys.stderr)
            if options.at_exit is not None:
                options.at_exit()
        finally:
            watch.stop(keep=fault is not None)
    if fault is not None:
        raise cut_short(fault, watch.monitor.became) from fault
    if watch.monitor.lost and options.monitor.record is not None:
        raise MonitorError(watch.monitor.became)
    return code


def run_replay(
    path: Path | str, *, speed: float | None = None, filter_text: str = "", profile: str = ""
) -> int:
    """Show a recording: all of it at once, or row by row at `speed` times its own pace.

    Returns:
        The exit code.

    Raises:
        GvtuiError: it is no trace, the filter is none, or there is no such profile.
    """
    compile_filter(filter_text)
    config = read_config(profile=profile)
    trace = Trace.open(path, progress=_say_progress if sys.stderr.isatty() else None)
    replay = ReplayClock(trace, speed) if speed is not None else None
    return _run(GvtuiApp(trace, replay=replay, config=config, filter_text=filter_text))


def _run(app: GvtuiApp) -> int:
    """Run the app, then close the trace that it shows last."""
    # What was imported stays: looking through all of it again and again holds up keys.
    gc.collect()
    gc.freeze()
    try:
        app.run()
    finally:
        app.model.trace.close()
    if app.fault is not None:
        raise app.fault
    return app.return_code or 0


def _say_progress(done: int, total: int) -> None:
    end = "\r" if done < total else "\r\033[K"
    print(f"reading {done / max(total, 1):.0%} of {total:,} bytes", end=end, file=sys.stderr)
