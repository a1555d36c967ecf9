"""The viewer's app: puts the panes on the screen, and updates them several times a second."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult, SystemCommand
from textual.containers import Horizontal, Vertical
from textual.drivers.linux_driver import LinuxDriver
from textual.widgets import ContentSwitcher, Static

from gvtui.trace.records import TraceError
from gvtui.tui.base import ViewerBase
from gvtui.tui.command.bindings import bindings, put_in_force
from gvtui.tui.command.keys import key_words, keys_words
from gvtui.tui.detail.pane import DetailView
from gvtui.tui.features import ABOVE_PROMPT, BELOW_PROMPT, FEATURES, SIDEBAR, STYLES, TABS
from gvtui.tui.filter.bar import FilterBar
from gvtui.tui.frame.keyline import KeyLine
from gvtui.tui.frame.picture import saving
from gvtui.tui.frame.screen import MainScreen
from gvtui.tui.frame.status import StatusLine, items
from gvtui.tui.frame.tabs import TabLine
from gvtui.tui.kit.driver import TerminalDriver
from gvtui.tui.kit.theme import DARK, DARK_NAME, DEFAULT_VARIABLES, LIGHT
from gvtui.tui.replay.bar import PlayBar
from gvtui.tui.rows import FILTER_SECONDS
from gvtui.tui.timeline.strip import TimelineStrip
from gvtui.tui.viewer import Feature

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.binding import Binding
    from textual.driver import Driver
    from textual.screen import Screen
    from textual.widget import Widget

    from gvtui.trace.reader import Trace
    from gvtui.tui.viewer import Level

SHORTEST_TICK, IDLE_TICK, LONGEST_TICK = 1 / 30, 1 / 10, 1 / 5
"""Seconds between two updates: longer while nothing new arrives, and while updates are slow."""
_REST = 2.0
"""How long the screen rests after an update, as a multiple of the update's duration."""
_CALM_SECONDS, _PAUSED_SECONDS = 0.25, 1.0
"""The shortest time in seconds between two changes of a number, and while the stream is paused: faster
ones are unreadable, and load a slow line."""
_TURN_SECONDS = 1 / 50
"""Seconds between two turns of reading and analysing on, beyond the time that updates leave for it."""
_LEVELS: dict[str, Level] = {"warning": "warning", "error": "error"}


class GvtuiApp(ViewerBase):
    """The terminal UI over one trace, live or recorded."""

    CSS_PATH = [*STYLES]
    TITLE = "gvtui"
    BINDINGS = bindings(*FEATURES)
    # A command of gvtui's opens the palette, with a key that can be remapped.
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-medium"), (150, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-high"), (46, "-tall")]

    def __init__(self, trace: Trace, **options: Any) -> None:  # noqa: ANN401
        """See `ViewerBase`."""
        super().__init__(trace, **options)
        # Before the first screen: a theme that is set later has all styles read again.
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.set_reactive(GvtuiApp.theme, DARK_NAME)
        self.stylesheet.set_variables(self.get_css_variables())
        self.use_command_palette = True
        self.status = StatusLine()
        self.timeline = TimelineStrip(self)
        self.playbar = PlayBar(self)
        self.filterbar = FilterBar(self)
        self.detail = DetailView(self)
        self.banner = Static("", id="banner", markup=False)
        self._lines_above = [make(self) for make in ABOVE_PROMPT]
        self._lines_below = [make(self) for make in BELOW_PROMPT]
        self._panes = [(spec, spec.make(self)) for spec in SIDEBAR]
        self._tabs = [
            (spec, self.stream if spec.id == "stream" else spec.make(self)) for spec in TABS
        ]
        self._tabline = TabLine(
            [(spec.id, spec.title) for spec in TABS],
            self.show_pane,
            lambda pane_id: keys_words(self.commands.keys_for(f"tabs.show {pane_id}")[:1]),
        )
        self.when_shown: Callable[[], None] | None = None
        """Called once, after the first screen is drawn."""
        self._calm_at = 0.0
        self._owes_news = False
        """Whether rows have come that are not drawn, because the terminal is busy."""

    def compose(self) -> ComposeResult:
        """Status, sidebar, tabs, details and keys."""
        yield self.status
        yield self.timeline
        yield self.playbar
        yield self.banner
        with Horizontal(id="body"):
            with Vertical(id="sidebar"):
                yield from (pane for _, pane in self._panes)
            with Vertical(id="main"):
                yield self._tabline
                yield self.filterbar
                yield from self._lines_above
                yield self.prompt
                yield from self._lines_below
                with ContentSwitcher(id="tabs", initial=TABS[0].id):
                    yield from (pane for _, pane in self._tabs)
                yield self.detail
        yield KeyLine(self.commands)

    def get_default_screen(self) -> Screen[Any]:
        """A screen on which every key can be given to a command."""
        return MainScreen(self, id="_default")

    def get_driver_class(self) -> type[Driver]:
        """Textual's driver, in a version that survives the loss of the terminal."""
        found = super().get_driver_class()
        return TerminalDriver if found is LinuxDriver else found

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The viewer's own colours, for themes that do not define them."""
        return DEFAULT_VARIABLES

    def get_key_display(self, binding: Binding) -> str:
        """A key as the footer shows it."""
        return binding.key_display or key_words(binding.key)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette's entries: every command, then those of Textual."""
        for command in sorted(self.commands.listed(), key=lambda command: bool(command.owner.home)):
            keys = keys_words(self.commands.keys(command))
            yield SystemCommand(
                command.title + command.where,
                f"{command.heading}   " + (f"key: {keys}" if keys else f":{command.line}"),
                partial(self.call_later, self.run_command, command.line),
            )
        own = ("Quit", "Keys", "Maximize", "Minimize")
        for entry in super().get_system_commands(screen):
            if entry.title not in own:
                yield entry

    def deliver_screenshot(self, *_: Any, **__: Any) -> None:  # noqa: ANN401
        """Save a picture of the screen; Textual would open it in a browser."""
        self.ask(saving(self.export_screenshot(), self.tell))

    def on_mount(self) -> None:
        """Have the first screen drawn; nothing else is done before."""
        put_in_force(self, self.commands.keymap_in_force)
        self.stream.focus()
        self.app_resume_signal.subscribe(self, lambda _: self._draw_again())
        self.recall()
        for feature in self.rooms.values():
            feature.opened()
        if self._config_problem:
            self.tell(self._config_problem, "warning")
        self._bring_due_news(self._take_in())
        self.call_after_refresh(self._shown)

    def _shown(self) -> None:
        """Start the updates: the first screen has been drawn, and waits for nothing of theirs."""
        for feature in self.rooms.values():
            if type(feature).tick is not Feature.tick:
                self.every(feature.interval, feature.tick)
        self.every(_TURN_SECONDS, self._go_on)
        self._schedule(time.perf_counter(), SHORTEST_TICK)
        if self.when_shown is not None:
            self.when_shown()

    def _go_on(self) -> None:
        if not self.model.catch_up() and self.model.analysis.is_behind:
            self.model.analysis.advance()

    @property
    def pane(self) -> str:
        """The id of the tab on the screen."""
        return self.main.query_one("#tabs", ContentSwitcher).current or TABS[0].id

    def show_pane(self, pane_id: str) -> None:
        """Show a tab by its id, and give it the focus."""
        screen = self.main
        screen.query_one("#tabs", ContentSwitcher).current = pane_id
        self._tabline.show(pane_id)
        # Of this pane alone: a class of the screen has the looks of all that is on it worked out anew.
        screen.query("#detail").set_class(pane_id != "stream", "other-tab")
        self.zoom.leave_unless("tab")
        self._focus_tab()
        self.show_news()
        for spec, small in self._panes:
            if spec.hidden_with:
                self._hide(small, spec.hidden_with == pane_id)
        for feature in self.rooms.values():
            feature.pane_shown(pane_id)

    def _focus_tab(self) -> bool:
        """Give the tab on the screen the focus; False if it already had it."""
        pane = self.main.query_one(f"#{self.pane}")
        first = next(widget for widget in (pane, *pane.query("*")) if widget.can_focus)
        had_it = self.main.focused is first
        first.focus()
        return not had_it

    def leave_part(self) -> bool:
        """Move the focus back to the tab; a sidebar that covers the tab is hidden."""
        if self.parts.is_narrow:
            self.main.remove_class("with-sidebar")
        return self._focus_tab()

    def _hide(self, pane: Widget, hidden: bool) -> None:
        """Hide a pane or show it again, at once, so that it can get the focus."""
        if hidden:
            pane.display = False
        elif pane.styles.inline.clear_rule("display"):
            # Clearing a style rule alone does not start a new layout.
            pane.refresh(layout=True)
            self.main.refresh(layout=True)

    def _draw_again(self) -> None:
        """Draw the whole screen, because the terminal has shown something else in between."""
        for widget in self.screen.query("*"):
            widget.refresh()

    def _schedule(self, began: float, shortest: float) -> None:
        took = time.perf_counter() - began
        self.after(min(LONGEST_TICK, max(shortest, took * _REST)), self._tick)

    def _tick(self) -> None:
        began = time.perf_counter()
        self._settle()
        changed = self._take_in() or self._owes_news
        self._owes_news = not self.is_terminal_free and changed
        if not self.is_terminal_free:
            self.send_frame()
            self._schedule(began, SHORTEST_TICK)
            return
        # In two steps, so that a key waits for at most one of them.
        self.call_later(self.while_up, self._draw, began, changed)

    def _draw(self, began: float, changed: bool) -> None:
        self._bring_due_news(changed)
        # After the screen is painted, so that the duration includes the painting.
        shortest = SHORTEST_TICK if changed else IDLE_TICK
        self.call_after_refresh(self._schedule, began, shortest)

    def tick(self) -> bool:
        """Take up new rows and draw them; True if anything has changed."""
        self._settle()
        changed = self._take_in()
        self._bring_due_news(changed)
        return changed

    def _take_in(self) -> bool:
        if self.monitor is not None:
            if self.monitor.when_seen is not None:
                self.monitor.when_seen(self.model.watched_trace.connections)
            for notice in self.monitor.poll():
                level = _LEVELS.get(notice.level, "information")
                self.tell(notice.text, level)
            self.model.monitor_gone = self.monitor.dead
            self.model.monitor_silent = self.monitor.is_silent
        if self.replay is not None and self.replay.advance():
            self.model.replace_trace(self.model.trace)
        return self.model.refresh(FILTER_SECONDS)

    def _settle(self) -> None:
        try:
            self.model.settle()
            if self.replay is not None:
                self.replay.trace = self.model.trace
        except TraceError as error:
            self.tell(f"{error}; only its first rows are shown", "error")

    def _bring_due_news(self, changed: bool) -> None:
        calm_seconds = _CALM_SECONDS if self.model.following else _PAUSED_SECONDS
        calm = time.monotonic() - self._calm_at >= calm_seconds
        if changed or calm:
            self._bring_news(calm)

    def show_news(self) -> None:
        """Have every pane draw its changes now."""
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
            for widget in (
                self.timeline,
                self.playbar,
                self.filterbar,
                self.detail,
                *self._lines_above,
            ):
                widget.news()  # type: ignore[attr-defined]
            self._show_status()
            self._show_banner()

    def _show_status(self) -> None:
        playing = self.replay.words if self.replay and self.replay.is_on else ""
        # As of a row, what the monitor counts now is not meant.
        is_aside = self.model.is_watching and not self.model.is_live
        monitor = None if is_aside else self.monitor
        says = monitor if monitor is not None and monitor.counts else None
        lost = says.lost if says else self.model.trace.lost.losses.messages
        refused = monitor.refused if monitor else 0
        left_out = monitor.left_out if monitor else 0
        trace, account = self.model.trace, None
        if says is not None and trace.path == says.trace_path:
            known = trace.connections.messages
            account = says.monitor.account_of(known, is_all=not trace.is_behind)
        said = items(self.model, self.stream.new_rows, playing, lost, refused, left_out, account)
        for feature in self.rooms.values():
            for item in feature.status():
                said.insert(-1, item)
        self.status.say(said)

    def _show_banner(self) -> None:
        fault = self.monitor.fault if self.monitor else ""
        dead = self.model.monitor_gone
        notice = self.model.live.notice if self.model.live else ""
        does = "attaches anew" if self.monitor and self.monitor.is_shared else "starts another"
        can = dead and self.monitor is not None and self.monitor.counts
        again = f"  {self.commands.keys_of('live.restart')} {does}." if can else ""
        words = f" ✗ {fault}{again}" if fault else notice
        if words != str(self.banner.content):
            self.banner.update(words)
        self.banner.set_class(bool(words), "open")
        self.banner.set_class(not fault, "notice")

    def on_stream_view_cursor_moved(self) -> None:
        """Show the selected row's details; while the cursor moves, only a few times a second."""
        if not self.model.following:
            self.detail.news()

    def on_stream_view_follow_changed(self) -> None:
        """Show at once in the status line whether the stream follows, and in the details what
        they only tell while it does not."""
        self._show_status()
        if not self.model.following:
            self.detail.news()
