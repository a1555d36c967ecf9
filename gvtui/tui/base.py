"""The app as a `Viewer`: the methods that features call, apart from those for rows."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gvtui.config import Config, config_path
from gvtui.decode.escape import escape
from gvtui.query.filter.compile import FilterError
from gvtui.remembered import Remembered
from gvtui.tui.command.command import CommandError
from gvtui.tui.command.configured import configured_keys, said_at_start
from gvtui.tui.command.registry import Commands
from gvtui.tui.detail.pane import DetailView
from gvtui.tui.features import FEATURES, PANES
from gvtui.tui.frame.parts import ScreenParts
from gvtui.tui.frame.zoom import Zoom
from gvtui.tui.kit.asking import Mistake
from gvtui.tui.kit.listpane import ListPane
from gvtui.tui.kit.overlays import ListScreen, TextScreen
from gvtui.tui.kit.prompt import Prompt
from gvtui.tui.kit.theme import DARK_NAME, LIGHT_NAME, THEMES
from gvtui.tui.model.model import Model
from gvtui.tui.processes.pane import ProcessesPane
from gvtui.tui.rows import RowsApp
from gvtui.tui.settings import problems_of
from gvtui.tui.stream.pane import StreamView

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from textual.screen import Screen

    from gvtui.agent.targets import Keeper
    from gvtui.decode.fields import FieldView
    from gvtui.monitor.watch import Watch
    from gvtui.query.processes.process import Process
    from gvtui.remembered import Memory
    from gvtui.trace.playback import ReplayClock
    from gvtui.trace.reader import Trace
    from gvtui.tui.command.command import Owner
    from gvtui.tui.kit.asking import Choice, Question, Text
    from gvtui.tui.options import LiveOptions
    from gvtui.tui.viewer import Feature

_Found = TypeVar("_Found")


class ViewerBase(RowsApp):
    """The app without its screen: a `Viewer` for its features."""

    def __init__(
        self,
        trace: Trace,
        *,
        live: LiveOptions | None = None,
        monitor: Watch | None = None,
        replay: ReplayClock | None = None,
        keeper: Keeper | None = None,
        filter_text: str = "",
        zone: tzinfo | None = None,
        clock: Callable[[], int] = time.time_ns,
        config: Config | None = None,
        remembered: Remembered | None = None,
        named: str = "",
    ) -> None:
        """Make the app for a trace, which the caller closes.

        Args:
            trace: the trace to show.
            live: how sandboxes are watched; None for a recording.
            monitor: the running monitor that sandboxes connect to; None for a recording.
            replay: the position in a recording; None when live.
            keeper: finds sandboxes and applies sessions; None for a recording.
            filter_text: a filter to start with.
            zone: the time zone of displayed times; None is the local one.
            clock: gives the current Unix time in nanoseconds.
            config: the user's configuration.
            remembered: the stored layout of an earlier run.
            named: what the screen calls the trace; "" for its path.

        Raises:
            FilterError: `filter_text` is not a filter.
        """
        super().__init__()
        self.has_left = False
        """Whether the user has left; else a signal, the loss of the terminal or a fault ends it."""
        audit_variable = config.exec_audit_variable if config is not None else ""
        self.model = Model(
            trace, live=live, zone=zone, clock=clock, audit_variable=audit_variable, named=named
        )
        self.monitor, self.replay, self.keeper = monitor, replay, keeper
        self.commands = Commands((*FEATURES, *PANES), self._find)
        self.config = config or Config(config_path())
        self.signs = self.config.signs
        self._remembered = remembered or Remembered({})
        self.memory: Memory = self._remembered.memory
        """The stored layout; after the user has left, the layout to store."""
        self.commands.use(configured_keys(self.commands, self.config).keymap)
        self._config_problem = said_at_start(problems_of(self.config, self.commands))
        self.rooms: dict[type, Feature] = {}
        for kind in FEATURES:
            self.rooms[kind] = kind(self)
        self.stream = StreamView(self)
        self.prompt = Prompt()
        self.zoom = Zoom(self)
        self.parts = ScreenParts(self, self.zoom)
        if filter_text.strip():
            self.model.chips.put(filter_text.strip())
            self.model.apply_chips()

    @property
    def main(self) -> Screen[Any]:
        """The screen with the panes, even if a dialog covers it."""
        return self.screen_stack[0]

    def _find(self, owner: type[Owner]) -> object:
        """The object of a class whose command is to run; a pane gets the focus."""
        if owner in self.rooms:
            return self.rooms[owner]
        focused = self.main.focused
        for node in focused.ancestors_with_self if focused is not None else ():
            if isinstance(node, owner):
                return node
        if owner.tab and self.pane != owner.tab:
            self.show_pane(owner.tab)
        if owner.part:
            self.parts.show(owner.part)
        widget = self.main.query_one(f"#{owner.home}")
        widget.focus()
        return widget

    def run_command(self, line: str) -> None:
        """Run a command by its line; show a note if the line is not a command."""
        try:
            self.commands.execute(line)
        except CommandError as error:
            self.tell(f"{error}.", "error")

    def find_command(self) -> None:
        """Open the palette, in which the user finds a command by its words."""
        self.action_command_palette()

    def action_command(self, line: str) -> None:
        """Run the command that is bound to a key."""
        self.run_command(line)

    def show_pane(self, pane_id: str) -> None:
        """Show a tab by its id."""
        raise NotImplementedError

    @property
    def pane(self) -> str:
        """The id of the tab on the screen."""
        raise NotImplementedError

    @property
    def focused_pane(self) -> str:
        """The id of the widget that has the focus; "" if none has."""
        return (self.focused.id or "") if self.focused is not None else ""

    @property
    def picked_field(self) -> FieldView | None:
        """The field at the cursor of the details; None if the details do not have the focus."""
        detail = self.main.query_one(DetailView)
        return detail.picked if detail.has_focus else None

    @property
    def picked_process(self) -> tuple[Process, int | None] | None:
        """The process at the cursor of the tree, and the row as of which it is meant."""
        focused = self.main.focused
        return focused.picked if isinstance(focused, ProcessesPane) else None

    @property
    def focused_line(self) -> str:
        """The selected line of the list that has the focus; "" if no list has it."""
        focused = self.main.focused
        return focused.words() if isinstance(focused, ListPane) else ""

    @property
    def window(self) -> tuple[int, int] | None:
        """Ids of the first and last row that the stream shows; None while it shows none."""
        return self.stream.window

    def is_shown(self, pane_id: str) -> bool:
        """Whether a pane is on the screen now."""
        return bool(self.main.query_one(f"#{pane_id}").display)

    def focus_pane(self, pane_id: str) -> None:
        """Give a pane the focus."""
        self.zoom.leave_unless(pane_id)
        # After a tab that was just shown, which takes the focus too.
        self.call_later(self.main.set_focus, self.main.query_one(f"#{pane_id}"))

    def move_focus(self, step: int) -> None:
        """Give the next part of the screen the keyboard, or the one before."""
        if step > 0:
            self.main.focus_next()
        else:
            self.main.focus_previous()

    @property
    def theme_name(self) -> str:
        """The name of the current theme."""
        return self.theme

    def use_theme(self, name: str) -> bool:
        """Switch to a theme; False if there is none of that name."""
        found = THEMES.get(name, name)
        if found in self.available_themes:
            self.theme = found
        return found in self.available_themes

    def exit(self, *result: Any, **how: Any) -> None:  # noqa: ANN401
        """End the app; the layout is collected first, while the screen still exists."""
        if self.is_up:
            self.memory = self._to_remember()
        super().exit(*result, **how)

    def _to_remember(self) -> Memory:
        memory: dict[str, dict[str, Any]] = {}
        for feature in self.rooms.values():
            told = feature.remember()
            if told:
                memory.setdefault(feature.prefix, {}).update(told)
        return memory

    def recall(self) -> None:
        """Give every feature its stored layout; problems with it go to the log."""
        problem = self._remembered.problem
        if problem and self.monitor is not None:
            self.monitor.note(f"nothing is remembered: {problem}")
        elif problem:
            self.tell(f"Nothing is remembered: {escape(problem)}.", "warning")
        for feature in self.rooms.values():
            feature.recall(self.memory.get(feature.prefix, {}))

    @property
    def is_zoomed(self) -> bool:
        """Whether a pane fills the screen."""
        return bool(self.zoom.part)

    def toggle_zoom(self) -> None:
        """Make the focused pane fill the screen, or show all other panes again."""
        self.zoom.toggle()
        self.show_news()

    def leave_part(self) -> bool:
        """Move the focus from another part of the screen to the tab; False if the tab had it."""
        raise NotImplementedError

    def toggle_theme(self) -> None:
        """Switch between the light and the dark theme."""
        self.theme = LIGHT_NAME if self.current_theme.dark else DARK_NAME

    def ask(self, question: Question) -> None:
        """Open the prompt, in which the user types a line."""
        self.zoom.leave_unless("tab", "detail")
        self.prompt.ask(question)

    def choose(self, choice: Choice) -> None:
        """Open a list, from which the user picks an entry."""
        self.push_screen(ListScreen(choice, self.commands.keys_for(choice.line)))

    def read(self, text: Text) -> None:
        """Show a text over the panes until the user closes it."""
        self.push_screen(TextScreen(text, self.commands.keys_for(text.line)))

    def check(self, text: str) -> Mistake | None:
        """The problem with a filter's text; None if it is a filter."""
        try:
            self.model.check(text)
        except FilterError as error:
            return Mistake(error.explanation, error.column)
        return None

    def entered(self) -> None:
        """Handle the Enter key on a row."""
        if any(feature.entered() for feature in self.rooms.values()):
            return
        if not self.main.has_class("no-detail"):
            self.zoom.leave()
            self.main.query_one("#detail").focus()

    def escaped(self) -> bool:
        """Handle the Esc key in the stream; False if no feature uses it."""
        return any(feature.escaped() for feature in self.rooms.values())

    def advice(self) -> list[str]:
        """The features' hints for when no row passes the filters."""
        return [line for feature in self.rooms.values() for line in feature.advice()]

    def remedy(self) -> str:
        """How the user gets context fields that messages lack; "" if this is impossible."""
        return next(filter(None, (each.remedy() for each in self.rooms.values())), "")

    def stop_process(self) -> None:
        """Return to the shell until `fg`; the monitor goes on."""
        self.action_suspend_process()

    def quit(self) -> None:
        """End the viewer, after the questions that features have."""
        self._leave(list(self.rooms.values()))

    def _leave(self, unasked: list[Feature]) -> None:
        while unasked:
            feature = unasked.pop(0)
            if not feature.may_leave(partial(self._leave, unasked)):
                return
        self.leave()

    def leave(self) -> None:
        """End the viewer without asking the features."""
        self.has_left = True
        if self.keeper is not None:
            self.keeper.stop_looking()
        self.exit()

    async def action_quit(self) -> None:
        """Called by Textual's own keys and palette."""
        self.quit()
