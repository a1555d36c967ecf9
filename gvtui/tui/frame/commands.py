"""What the screen shows: its tabs, its panes, its colours, its help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gvtui.decode.escape import escape
from gvtui.tui.command.command import command
from gvtui.tui.frame.help import help_text
from gvtui.tui.kit.asking import Text
from gvtui.tui.viewer import PARTS, Feature

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_NAME = 40


class Tabs(Feature):
    """Shows a tab."""

    prefix, heading = "tabs", "Screen"

    @command("The stream of rows", "1", "stream")
    @command("The tree of processes", "2", "processes")
    @command("Counts, errors and durations", "3", "numbers")
    @command("The trace points", "4", "points-large")
    def show(self, pane: Literal["stream", "processes", "numbers", "points-large"]) -> None:
        """Show a tab."""
        self.viewer.show_pane(pane)


class Screen(Feature):
    """Sidebar, theme, help, and the ways out."""

    prefix, heading = "screen", "Screen"

    def recall(self, told: Mapping[str, Any]) -> None:
        """Take up the theme and which parts are hidden."""
        config = self.viewer.config
        if config.theme:
            if not self.viewer.use_theme(config.theme):
                name, where = escape(config.theme, _MAX_NAME), config.where("theme")
                words = f"there is no theme {name!r}; dark and light are gvtui's own"
                self.viewer.tell(f"{escape(where)}: {words}.", "warning")
        elif isinstance(told.get("theme"), str):
            self.viewer.use_theme(told["theme"])
        hidden = told.get("hidden")
        for part in PARTS:
            if isinstance(hidden, list) and part in hidden:
                self.viewer.hide_part(part)

    def remember(self) -> dict[str, Any]:
        """The theme and which parts are hidden."""
        return {"theme": self.viewer.theme_name, "hidden": list(self.viewer.hidden_parts)}

    @command("Show or hide the sandboxes", "b")
    def sidebar(self) -> None:
        """Show or hide the sidebar."""
        self.viewer.toggle_part("sidebar")

    @command("Light or dark", "ctrl+t")
    def theme(self) -> None:
        """Go from the light theme to the dark one, or back."""
        self.viewer.toggle_theme()

    @command("Back to the shell until fg; recording goes on", "ctrl+z")
    def stop(self) -> None:
        """Give the terminal back to the shell until `fg`; the monitor goes on."""
        self.viewer.stop_process()

    @command("All keys", "question_mark,f1", footer="help")
    def help(self) -> None:
        """Show all keys and signs."""
        body = help_text(self.viewer.commands)
        self.viewer.read(Text("", body, line="screen.help", is_wide=False))

    @command("Leave", "q,ctrl+q")
    def quit(self) -> None:
        """End the viewer, after what features want to ask."""
        self.viewer.quit()
