"""What the screen shows: its tabs, its panes, its colours, its help."""

from __future__ import annotations

from typing import Literal

from gvtui.tui.command.command import command
from gvtui.tui.frame.help import help_text
from gvtui.tui.kit.asking import Text
from gvtui.tui.viewer import Feature


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
