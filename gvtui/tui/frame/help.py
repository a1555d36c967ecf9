"""Screens that lie over the viewer: all keys, the columns to choose, what the monitor said."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from gvtui.query.filter.help import WIDTH, reference
from gvtui.tui.command.command import groups, where
from gvtui.tui.model import rowtext as rows
from gvtui.tui.processes.pane import ENDED_SIGN, RUNS_SIGN
from gvtui.tui.sandboxes.pane import LOST_SIGN
from gvtui.tui.stream.columns import COLUMNS, FIXED, Column
from gvtui.tui.stream.painter import BOOKMARK, BOOKMARK_AT_CURSOR
from gvtui.tui.timeline.strip import WINDOW_SIGN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult

_CLOSE = Binding("escape,q,question_mark,f1", "dismiss", "Close", show=False)

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


class Overlay(ModalScreen[None]):
    """A panel in the middle of the screen; escape closes it."""

    BINDINGS = [_CLOSE]

    def on_click(self, event: events.Click) -> None:
        """A click beside the panel closes it."""
        if self.get_widget_at(event.screen_x, event.screen_y)[0] is self:
            self.dismiss()


class HelpScreen(Overlay):
    """Every key, and every sign."""

    def compose(self) -> ComposeResult:
        """The list in a panel that scrolls."""
        with VerticalScroll(classes="panel"):
            yield Static(help_text(), markup=False)

    def on_mount(self) -> None:
        """Keys scroll at once."""
        self.query_one(VerticalScroll).focus()


def help_text() -> Content:
    """The keys by group, then the signs."""
    parts: list[str | tuple[str, str]] = []
    for heading, commands in groups().items():
        parts.append((f"{heading}\n", "bold"))
        for command in commands:
            parts.append((f"  {command.key_text:<12}", "bold $primary"))
            parts.append(f"{command.title}{where(command)}\n")
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

    BINDINGS: ClassVar = [Binding("escape,q,f2", "dismiss", "Close", show=False)]

    def compose(self) -> ComposeResult:
        """The text of `gvtui help filters` in a panel that scrolls."""
        room = self.app.size.width * 96 // 100 - _PANEL_EDGES
        with VerticalScroll(classes="panel wide"):
            yield Static(reference(max(_LEAST_WIDTH, min(room, WIDTH))), markup=False)

    def on_mount(self) -> None:
        """Keys scroll at once."""
        self.query_one(VerticalScroll).focus()


class ColumnScreen(Overlay):
    """Which columns the stream shows."""

    BINDINGS: ClassVar = [
        Binding("escape,C,q", "dismiss", "Close", show=False),
        Binding("space", "switch", "Switch", show=False),
    ]

    def __init__(
        self,
        hidden: frozenset[str],
        changed: Callable[[frozenset[str]], None],
        added: tuple[Column, ...] = (),
    ) -> None:
        """Make it; `added` are the columns that the user has added."""
        super().__init__()
        self._columns = (*COLUMNS, *added)
        self._hidden = hidden
        self._changed = changed

    def compose(self) -> ComposeResult:
        """A line for each column that can go, with a sign that says whether it is shown."""
        with Vertical(classes="panel"):
            yield Static("Columns: Enter or space switches, Esc closes", markup=False)
            yield OptionList(
                *(
                    Option(self._line(column), id=column.key)
                    for column in self._columns
                    if column.key not in FIXED
                ),
                compact=True,
                markup=False,
            )

    def _line(self, column: Column) -> str:
        sign = "○" if column.key in self._hidden else "●"
        return f"{sign} {column.title:<9} {column.what}"

    def action_switch(self) -> None:
        """Show or hide the column at the cursor."""
        self.query_one(OptionList).action_select()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show or hide a column, at once."""
        column = next(column for column in self._columns if column.key == event.option_id)
        self._hidden ^= {column.key}
        event.option_list.replace_option_prompt(column.key, self._line(column))
        self._changed(self._hidden)


class LogScreen(Overlay):
    """What the monitor has said since the viewer began."""

    BINDINGS: ClassVar = [Binding("escape,l,q", "dismiss", "Close", show=False)]

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        """The lines, newest last."""
        with VerticalScroll(classes="panel"):
            said = "\n".join(self._lines) or "The monitor has said nothing yet."
            yield Static(said, markup=False)

    def on_mount(self) -> None:
        """The newest line is in sight."""
        panel = self.query_one(VerticalScroll)
        panel.scroll_end(animate=False)
        panel.focus()
