"""Screens that lie over the viewer: all keys and signs, the filter language."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from gvtui.query.filter.help import WIDTH, reference
from gvtui.tui.command.keys import keys_words
from gvtui.tui.command.table import groups, where
from gvtui.tui.kit.overlays import Overlay
from gvtui.tui.model import rowtext as rows
from gvtui.tui.processes.pane import ENDED_SIGN, RUNS_SIGN
from gvtui.tui.sandboxes.pane import LOST_SIGN
from gvtui.tui.stream.painter import BOOKMARK, BOOKMARK_AT_CURSOR
from gvtui.tui.timeline.strip import WINDOW_SIGN

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from gvtui.tui.command.registry import Commands

_SIGNS = (
    (rows.ENTER_SIGN, "a system call begins"),
    (rows.EXIT_SIGN, "it returns; ✗ before the error's name if it failed"),
    ("+ » †", "clone, exec, exit, as the kernel of the sandbox reports them"),
    ("◉", "a container starts"),
    (rows.EVENT_SIGN, "another event"),
    (
        f"{rows.BAD_SIGN} {rows.UNKNOWN_SIGN}",
        "a message that cannot be read, or of a type not known",
    ),
    (f"{rows.CALL_SIGN} …", "a whole call; one that still runs"),
    (WINDOW_SIGN, "on the timeline: what the stream shows; underlined: many calls fail"),
    (f"{RUNS_SIGN} {ENDED_SIGN}", "a process runs, or has ended"),
    ("~ ◦", "a process deduced from its messages; one that ran before the session"),
    (rows.DROP_SIGN, "the sandbox dropped points here: they are lost"),
    (
        f"● ○ {LOST_SIGN}",
        "a sandbox is connected, or gone; nobody knows, for the monitor has gone",
    ),
    (f"{rows.SESSION_SIGN} {rows.GAP_SIGN}", "a session was applied; points are missing meanwhile"),
    ("[E] [X] [●]", "a point that is on: enter, exit, an event; [◐] some of them; $ costly"),
    ("+ − ~", "in the points: what is staged comes, goes, changes"),
    (f"{BOOKMARK} {BOOKMARK_AT_CURSOR}", "a bookmark; on the selected row"),
)


class HelpScreen(Overlay):
    """Every key, and every sign."""

    BINDINGS: ClassVar = [Binding("question_mark,f1", "dismiss", "Close", show=False)]

    def __init__(self, commands: Commands) -> None:
        super().__init__()
        self._commands = commands

    def compose(self) -> ComposeResult:
        """The list in a panel that scrolls."""
        with VerticalScroll(classes="panel"):
            yield Static(help_text(self._commands), markup=False)

    def on_mount(self) -> None:
        """Keys scroll at once."""
        self.query_one(VerticalScroll).focus()


def help_text(registry: Commands) -> Content:
    """The keys by group, then the signs."""
    parts: list[str | tuple[str, str]] = []
    for heading, commands in groups().items():
        parts.append((f"{heading}\n", "bold"))
        for command in commands:
            parts.append((f"  {command.key_text:<12}", "bold $primary"))
            parts.append(f"{command.title}{where(command)}\n")
        for declared in registry:
            if declared.heading == heading:
                keys = keys_words(registry.keys(declared))
                parts.append((f"  {keys:<12}", "bold $primary"))
                parts.append(f"{declared.title}{declared.where}\n")
        parts.append("\n")
    parts.append(("Signs\n", "bold"))
    for sign, meaning in _SIGNS:
        parts.append((f"  {sign:<12}", "bold $primary"))
        parts.append(f"{meaning}\n")
    parts.append("\nCtrl+P finds any of these by its words. Tab goes from pane to pane.\n")
    parts.append("Esc closes this.")
    return Content.assemble(*parts)


_PANEL_EDGES = 6
"""Cells of a panel beside its text: the padding and the scrollbar."""
_LEAST_WIDTH = 40


class FilterHelpScreen(Overlay):
    """All that a filter can say; a filter that is being typed stays as it is."""

    BINDINGS: ClassVar = [Binding("f2", "dismiss", "Close", show=False)]

    def compose(self) -> ComposeResult:
        """The text of `gvtui help filters` in a panel that scrolls."""
        room = self.app.size.width * 96 // 100 - _PANEL_EDGES
        with VerticalScroll(classes="panel wide"):
            yield Static(reference(max(_LEAST_WIDTH, min(room, WIDTH))), markup=False)

    def on_mount(self) -> None:
        """Keys scroll at once."""
        self.query_one(VerticalScroll).focus()
