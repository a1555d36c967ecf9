"""Commands for the screen: tabs, sidebar, theme, zoom, help, quitting."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from gvtui.tui.command.command import command
from gvtui.tui.frame.help import help_text
from gvtui.tui.kit.asking import Text
from gvtui.tui.viewer import PARTS, Feature, Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gvtui.tui.viewer import Viewer


class Tabs(Feature):
    """The commands that show a tab."""

    prefix, heading = "tabs", "Screen"

    @command("The stream of rows", "1", "stream")
    @command("The tree of processes", "2", "processes")
    @command("Counts, errors and durations", "3", "numbers")
    @command("The trace points", "4", "points-large")
    @command("What was done, and what was not seen", "5", "activity")
    @command("The calls that have not returned", "6", "running")
    def show(
        self,
        pane: Literal["stream", "processes", "numbers", "points-large", "activity", "running"],
    ) -> None:
        """Show a tab."""
        self.viewer.show_pane(pane)


class Screen(Feature):
    """Commands for sidebar, theme, help, zoom, going back and quitting."""

    prefix, heading = "screen", "Screen"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._set_aside = ""
        """The stored theme, while a configured one, perhaps a profile's, is used instead."""

    def recall(self, told: Mapping[str, Any]) -> None:
        """Restore the theme and the hidden parts."""
        config = self.viewer.config
        remembered = str(told.get("theme") or self.viewer.theme_name)
        if config.theme:
            self._set_aside = remembered
            self.viewer.use_theme(config.theme)
        else:
            self.viewer.use_theme(remembered)
        hidden = told.get("hidden")
        for part in PARTS:
            if isinstance(hidden, list) and part in hidden:
                self.viewer.parts.hide(part)

    def remember(self) -> dict[str, Any]:
        """The theme and the hidden parts, to be stored."""
        theme = self._set_aside or self.viewer.theme_name
        return {"theme": theme, "hidden": list(self.viewer.parts.hidden)}

    @command("Show or hide the sandboxes", "b")
    def sidebar(self) -> None:
        """Show or hide the sidebar."""
        self.viewer.parts.toggle("sidebar")

    @command("Light or dark", "ctrl+t")
    def theme(self) -> None:
        """Switch between the light and the dark theme."""
        self.viewer.toggle_theme()

    @command("Back to the shell until fg; recording goes on", "ctrl+z")
    def stop(self) -> None:
        """Return to the shell until `fg`; the monitor goes on."""
        self.viewer.stop_process()

    @command("All keys", "question_mark,f1", footer="help")
    def help(self) -> None:
        """Show all keys and signs."""
        body = partial(help_text, self.viewer.commands)
        self.viewer.read(Text("", body, line="screen.help", is_wide=False))

    @command("Back by one level; last of all to the newest rows", "escape", heading="Moving")
    def back(self) -> None:
        """Leave, one per key press, the zoom, the pane, the tab, the search, the drill; then
        follow."""
        viewer = self.viewer
        if viewer.is_zoomed:
            viewer.toggle_zoom()
        elif viewer.leave_part():
            pass
        elif viewer.pane != "stream":
            viewer.show_pane("stream")
        elif not viewer.escaped() and not self.model.following:
            viewer.follow()

    @command("To the next part of the screen", "tab", 1, heading="Moving")
    @command("To the part of the screen before", "shift+tab", -1, heading="Moving")
    def focus(self, step: int) -> None:
        """Give another part of the screen the keyboard."""
        self.viewer.move_focus(step)

    @command("The focused pane on the whole screen; again: back", "z")
    def zoom(self) -> None:
        """Make the focused pane fill the screen, or show all panes again."""
        self.viewer.toggle_zoom()

    def status(self) -> Iterable[Item]:
        """The status item while a pane fills the screen."""
        if self.viewer.is_zoomed:
            key = self.viewer.commands.keys_of("screen.zoom")
            yield Item(f"zoomed, {key} brings all back", f"zoomed {key}", "faint", goes=1)

    @command("Leave", "q,ctrl+q,ctrl+c")
    def quit(self) -> None:
        """End the viewer, after the questions that features have."""
        self.viewer.quit()
