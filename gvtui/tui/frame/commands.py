"""Keys that change what the screen shows, and where in the trace it is."""

from __future__ import annotations

from textual.widgets import ContentSwitcher

from gvtui.tui.command.table import PLACES, Command
from gvtui.tui.filter.commands import FilterActions
from gvtui.tui.frame.help import FilterHelpScreen, HelpScreen
from gvtui.tui.frame.tabs import TabLine
from gvtui.tui.kit.asking import Choice, Entry, Problem, Question
from gvtui.tui.kit.theme import DARK_NAME, LIGHT_NAME
from gvtui.tui.stream.columns import COLUMNS, FIXED, TimeMode
from gvtui.tui.stream.places import HINT, PlaceError, find_row


class ViewActions(FilterActions):
    """Columns, times, panes, themes, help; going to a place."""

    def action_time(self) -> None:
        """Count times another way."""
        modes = list(TimeMode)
        self.model.time_mode = modes[(modes.index(self.model.time_mode) + 1) % len(modes)]
        self.stream.redraw()

    def action_columns(self) -> None:
        """Choose columns."""

        columns = {
            column.key: column
            for column in (*COLUMNS, *self.model.field_columns)
            if column.key not in FIXED
        }

        def words(key: str) -> str:
            sign = "○" if key in self.model.hidden_columns else "●"
            return f"{sign} {columns[key].title:<9} {columns[key].what}"

        def switched(key: str) -> str:
            self.model.hidden_columns ^= {key}
            self.stream.redraw()
            return words(key)

        entries = [Entry(key, words(key)) for key in columns]
        heading = "Columns: Enter or space switches, Esc closes"
        self.choose(Choice(heading, entries, lambda _: None, switched=switched))

    def action_goto(self) -> None:
        """Ask for a place and go there."""

        def done(text: str) -> Problem | None:
            if not text.strip():
                return None
            try:
                row_id = find_row(text, self.model)
            except PlaceError as error:
                return Problem(str(error))
            self.stream.jump(row_id)
            return None

        self.prompt.ask(Question("go to", done, hint=HINT))

    def action_detail(self) -> None:
        """Show or hide the details."""
        self.screen_stack[0].toggle_class("no-detail")

    def action_sidebar(self) -> None:
        """Show or hide the sidebar; on a narrow screen it lies over the stream."""
        screen = self.screen_stack[0]
        if screen.has_class("-narrow"):
            screen.toggle_class("with-sidebar")
            shown = screen.has_class("with-sidebar")
        else:
            screen.toggle_class("no-sidebar")
            shown = not screen.has_class("no-sidebar")
        if shown:
            screen.query_one("#sandboxes").focus()
        else:
            self.stream.focus()

    def action_theme(self) -> None:
        """Light or dark."""
        self.theme = LIGHT_NAME if self.current_theme.dark else DARK_NAME

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(HelpScreen(self.commands))

    def action_filter_help(self) -> None:
        """Show the filter language."""
        self.push_screen(FilterHelpScreen())

    def action_tab(self, pane_id: str) -> None:
        """Show another tab."""
        screen = self.screen_stack[0]
        screen.query_one("#tabs", ContentSwitcher).current = pane_id
        screen.query_one(TabLine).show(pane_id)
        screen.set_class(pane_id != "stream", "other-tab")
        pane = screen.query_one(f"#{pane_id}")
        for widget in (pane, *pane.query("*")):
            if widget.can_focus:
                widget.focus()
                break
        self.show_news()

    def action_stop_here(self) -> None:
        """Give the terminal back to the shell until `fg`; the monitor goes on."""
        self.action_suspend_process()

    async def call_command(self, command: Command) -> None:
        """Do what a key does, wherever the focus is: go to where the key works first."""
        if command.owner == "app":
            await self.run_action(command.action)
            return
        screen = self.screen_stack[0]
        tab, widget_id = PLACES[command.owner]
        if tab and screen.query_one("#tabs", ContentSwitcher).current != tab:
            self.action_tab(tab)
        if command.owner == "list" and not screen.query_one("#sidebar").display:
            self.action_sidebar()
        if command.owner == "detail":
            screen.remove_class("no-detail")
        widget = screen.query_one(f"#{widget_id}")
        widget.focus()
        await self.run_action(command.action, widget)

    def on_tab_line_picked(self, message: TabLine.Picked) -> None:
        """A tab's title was clicked."""
        self.action_tab(message.pane_id)
