"""The interfaces between the viewer and its features. This module imports no widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from gvtui.tui.command.command import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gvtui.agent.targets import Keeper
    from gvtui.config import Config
    from gvtui.decode.fields import FieldView
    from gvtui.monitor.watch import Watch
    from gvtui.query.processes.process import Process
    from gvtui.trace.playback import ReplayClock
    from gvtui.trace.reader import Trace
    from gvtui.trace.row import Row
    from gvtui.tui.command.registry import Commands
    from gvtui.tui.kit.asking import Choice, Mistake, Question, Text
    from gvtui.tui.model.chips import Chip
    from gvtui.tui.model.model import Model

Part = Literal["sidebar", "detail"]

PARTS: tuple[Part, ...] = ("sidebar", "detail")
Level = Literal["information", "warning", "error"]

_Found = TypeVar("_Found")
_Feature = TypeVar("_Feature", bound="Feature")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the status line."""

    full: str
    short: str
    style: str = ""
    goes: int = 0
    """Its turn to be shortened, later left out, 1 first; 0 is shortened last and never left out."""
    is_kept: bool = False
    """Whether it is never left out, although it is shortened early."""


class Parts(Protocol):
    """The parts of the screen that can be hidden and resized."""

    @property
    def is_narrow(self) -> bool:
        """Whether the screen is so narrow that the sidebar covers the tabs."""

    @property
    def hidden(self) -> tuple[Part, ...]:
        """The parts that the user has hidden."""

    def show(self, part: Part) -> None:
        """Show a part, if it is hidden."""

    def toggle(self, part: Part) -> None:
        """Show or hide a part."""

    def hide(self, part: Part) -> None:
        """Hide a part as if the user had; the focus stays."""

    def size(self, part: Part) -> int:
        """A part's size: lines of the details, columns of the sidebar; 0 if hidden."""

    def set_size(self, part: Part, cells: int | None) -> None:
        """Set a part's size in lines or columns; None makes it depend on the terminal's again."""


class Viewer(Protocol):
    """The viewer as features see it. Use it on the screen's thread only, except `hand_over`."""

    model: Model
    commands: Commands
    config: Config
    """The user's configuration."""
    monitor: Watch | None
    """The monitor, when live."""
    replay: ReplayClock | None
    """The position in a recording; None when live."""
    keeper: Keeper | None
    """Finds sandboxes and applies sessions; None for a recording."""

    @property
    def parts(self) -> Parts:
        """The parts of the screen."""

    @property
    def pane(self) -> str:
        """The id of the tab on the screen."""

    @property
    def focused_pane(self) -> str:
        """The id of the widget that has the focus; "" if none has."""

    @property
    def window(self) -> tuple[int, int] | None:
        """Ids of the first and last row that the stream shows; None while it shows none."""

    def feature(self, kind: type[_Feature]) -> _Feature:
        """The only object of a feature's class, of the caller's own room or a lower one."""

    def selected_message(self) -> Row | None:
        """The row at the cursor if it is a message; else None, after a note for the user."""

    def tell(self, text: str, level: Level = "information") -> None:
        """Show a note for some seconds; its text is never read as markup."""

    def check(self, text: str) -> Mistake | None:
        """The problem with a filter's text; None if it is a filter."""

    def ask(self, question: Question) -> None:
        """Open the prompt, in which the user types a line."""

    def choose(self, choice: Choice) -> None:
        """Open a list, from which the user picks an entry."""

    def read(self, text: Text) -> None:
        """Show a text over the panes until the user closes it."""

    def refilter(self) -> None:
        """Apply changed chips, and show the rows that pass them."""

    def show_news(self) -> None:
        """Have every pane on the screen draw its changes now."""

    def redraw_rows(self) -> None:
        """Draw all rows of the stream again, because their look has changed."""

    def jump(self, row_id: int) -> None:
        """Select a row of the stream, or else the next row that passes; stops following."""

    def go_to(self, row_id: int) -> None:
        """Go to a row: a recording that stands at a row stands at this one then; else it is
        selected, or else the next row that passes."""

    def stand_at(self, row_id: int | None) -> None:
        """Show all panes of a recording as of a row; None for the whole recording."""

    def follow(self) -> None:
        """Show the newest rows from now on."""

    def pause(self) -> None:
        """Stop following; the rows on the screen stay in place."""

    def show_pane(self, pane_id: str) -> None:
        """Show a tab by its id: `stream`, `processes`, `numbers`, `points-large`, `activity`."""

    def is_shown(self, pane_id: str) -> bool:
        """Whether a pane is on the screen now."""

    def focus_pane(self, pane_id: str) -> None:
        """Give a pane the focus."""

    @property
    def theme_name(self) -> str:
        """The name of the current theme."""

    def use_theme(self, name: str) -> bool:
        """Switch to a theme; False if there is none of that name."""

    @property
    def is_zoomed(self) -> bool:
        """Whether a pane fills the screen."""

    def toggle_zoom(self) -> None:
        """Make the focused pane fill the screen, or show all other panes again."""

    def leave_part(self) -> bool:
        """Move the focus from another part of the screen to the tab; False if the tab had it."""

    def move_focus(self, step: int) -> None:
        """Give the next part of the screen the keyboard (1), or the one before (-1)."""

    def toggle_theme(self) -> None:
        """Switch between the light and the dark theme."""

    def narrow(self, field: str, value: int | str) -> None:
        """Show only rows with this value of a field; called again, show all rows."""

    def entered(self) -> None:
        """Handle the Enter key on a row: the first feature that wants it, else the details."""

    def escaped(self) -> bool:
        """Handle the Esc key in the stream: the first feature that wants it; False if none."""

    def advice(self) -> list[str]:
        """The features' hints for when no row passes the filters."""

    def remedy(self) -> str:
        """How the user gets context fields that messages lack, as the end of a text; "" if
        unknown."""

    def take_trace(self, trace: Trace) -> None:
        """Show another trace, and close the former one."""

    def stop_process(self) -> None:
        """Return to the shell until `fg`."""

    def run_over(self, command: Sequence[str]) -> None:
        """Give the terminal to another program until it ends; nothing is shown meanwhile."""

    def quit(self) -> None:
        """End the viewer, after the questions that features have."""

    def show_rows(self, chip: Chip, row: int | None = None) -> None:
        """Show in the stream the rows behind a line of another pane; a key leads back.

        Args:
            chip: the filter for these rows; a chip in the same slot is replaced.
            row: the id of a row to select.
        """

    def run_command(self, line: str) -> None:
        """Run a command by its line; show a note if the line is not a command."""

    def find_command(self) -> None:
        """Open the palette, in which the user finds a command by its words."""

    def in_thread(
        self,
        work: Callable[[], _Found],
        then: Callable[[_Found], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do long work in a thread of its own.

        Args:
            work: the work, which must touch neither the model nor the screen.
            then: called with the result on the screen's thread; not called if the screen is gone.
            failed: called with a GvtuiError or OSError of `work` on the screen's thread; without it
                a note tells the user. Any other exception is a fault, and ends the viewer.
        """

    def hand_over(self, act: Callable[[], None]) -> None:
        """Called from a thread: call `act` soon on the screen's thread, if the screen still
        exists."""

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Call a function after so many seconds, if the screen exists then."""

    def leave(self) -> None:
        """End the viewer without asking the features."""

    @property
    def picked_field(self) -> FieldView | None:
        """The field at the cursor of the details; None if the details do not have the focus."""

    @property
    def picked_process(self) -> tuple[Process, int | None] | None:
        """The process at the cursor of the tree, and the row as of which it is meant, None for the
        newest; None in all if the tree does not have the keyboard."""

    @property
    def focused_line(self) -> str:
        """The selected line of the list that has the focus; "" if no list has it."""

    def send_to_clipboard(self, text: str) -> None:
        """Ask the terminal to put a text on the clipboard; a terminal does not confirm this."""

    @property
    def has_mouse(self) -> bool:
        """Whether the viewer gets the mouse; else the terminal selects text with it."""

    def take_mouse(self, take: bool) -> None:
        """Take the mouse, or release it to the terminal."""


class Feature(Owner):
    """A feature of the viewer: its commands, its state, and its periodic work."""

    interval: float = 0.5
    """Seconds between two calls of `tick`."""

    def __init__(self, viewer: Viewer) -> None:
        """Make the feature; the model exists, the screen does not yet."""
        self.viewer = viewer

    @property
    def model(self) -> Model:
        """The viewer's model."""
        return self.viewer.model

    def recall(self, told: Mapping[str, Any]) -> None:
        """Restore the stored layout, unless the configuration says otherwise; the screen exists.

        Args:
            told: the values that `remember` gave in another run, from a file that may hold
                anything; empty if nothing was stored.
        """

    def remember(self) -> Mapping[str, Any]:
        """The layout to store for the next run: plain values by name."""
        return {}

    def opened(self) -> None:
        """Called once, when the screen is complete."""

    def tick(self) -> None:
        """Called every `interval`: take up what is new, in a few milliseconds at most."""

    def status(self) -> Iterable[Item]:
        """The feature's items in the status line."""
        return ()

    def advice(self) -> Iterable[str]:
        """Hints for when no row passes the filters."""
        return ()

    def remedy(self) -> str:
        """See `Viewer.remedy`."""
        return ""

    def entered(self) -> bool:
        """Handle the Enter key on a row; True if the feature has used it."""
        return False

    def escaped(self) -> bool:
        """Handle the Esc key in the stream; True if the feature has left something."""
        return False

    def pane_shown(self, pane_id: str) -> None:
        """Called when another tab is shown."""

    def may_leave(self, leave: Callable[[], None]) -> bool:
        """Whether the viewer may end now.

        If not, the user is asked first, and `leave` is called if the answer is yes.
        """
        return True
