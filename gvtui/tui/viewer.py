"""What a feature is, and what it asks of the viewer that it is part of. No widget comes in here."""

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
    from gvtui.trace.playback import ReplayClock
    from gvtui.trace.reader import Trace
    from gvtui.trace.row import Row
    from gvtui.tui.command.registry import Commands
    from gvtui.tui.kit.asking import Choice, Problem, Question, Text
    from gvtui.tui.model.model import Model

Part = Literal["sidebar", "detail"]

PARTS: tuple[Part, ...] = ("sidebar", "detail")
Level = Literal["information", "warning", "error"]

_Found = TypeVar("_Found")
_Feature = TypeVar("_Feature", bound="Feature")


@dataclass(frozen=True, slots=True)
class Item:
    """One statement of the status line."""

    full: str
    short: str
    style: str = ""
    goes: int = 0
    """Its turn to be shortened, then left out, 1 first; 0 is shortened last and always shown."""


class Parts(Protocol):
    """The parts of the screen that can be hidden, and made larger and smaller."""

    @property
    def is_narrow(self) -> bool:
        """Whether the screen is so narrow that the sidebar lies over the tabs."""

    @property
    def hidden(self) -> tuple[Part, ...]:
        """The parts that the user has hidden."""

    def show(self, part: Part) -> None:
        """Show a part, if it is hidden."""

    def toggle(self, part: Part) -> None:
        """Show or hide a part."""

    def hide(self, part: Part) -> None:
        """Hide a part, as the user may do; the keyboard stays where it is."""

    def size(self, part: Part) -> int:
        """How large a part is now: lines of the details, columns of the sidebar; 0 if hidden."""

    def set_size(self, part: Part, cells: int | None) -> None:
        """Give a part a size; None has it follow from the terminal's again."""


class Viewer(Protocol):
    """The viewer as features see it. All of it is used on the screen's thread, but `hand_over`."""

    model: Model
    commands: Commands
    config: Config
    """What the user has configured."""
    monitor: Watch | None
    """The monitor, when live."""
    replay: ReplayClock | None
    """The clock of a recording that is shown in time."""
    keeper: Keeper | None
    """The hold on runsc and on session files; None for a recording."""

    @property
    def parts(self) -> Parts:
        """The parts of the screen."""

    @property
    def pane(self) -> str:
        """The id of the tab that is shown."""

    @property
    def focused_pane(self) -> str:
        """The id of the widget that has the focus; "" if none has."""

    @property
    def window(self) -> tuple[int, int] | None:
        """Ids of the first and last row that the stream shows; None while it shows none."""

    def feature(self, kind: type[_Feature]) -> _Feature:
        """The feature of a class: of one's own room, or of a lower one."""

    def selected_message(self) -> Row | None:
        """The row at the cursor if it is a message; else None, and the user is told."""

    def tell(self, text: str, level: Level = "information") -> None:
        """Show a note for some seconds; its words are never read as markup."""

    def check(self, text: str) -> Problem | None:
        """What is wrong with a filter, None if nothing is."""

    def ask(self, question: Question) -> None:
        """Have the user type a line."""

    def choose(self, choice: Choice) -> None:
        """Have the user pick from a list."""

    def read(self, text: Text) -> None:
        """Show a text over everything until the user closes it."""

    def refilter(self) -> None:
        """Put changed chips into force and show what they leave."""

    def show_news(self) -> None:
        """Have every pane on the screen draw what has changed, now."""

    def redraw_rows(self) -> None:
        """Draw the stream anew: what rows look like has changed."""

    def jump(self, row_id: int) -> None:
        """Select a row of the stream, or the next one that is shown; pauses following."""

    def follow(self) -> None:
        """Show the newest rows, and those that come."""

    def pause(self) -> None:
        """Stop following; the rows shown stay where they are."""

    def show_pane(self, pane_id: str) -> None:
        """Show a tab by its id: `stream`, `processes`, `numbers`, `points-large`."""

    def is_shown(self, pane_id: str) -> bool:
        """Whether a pane is on the screen now."""

    def focus_pane(self, pane_id: str) -> None:
        """Give a pane the keyboard."""

    @property
    def theme_name(self) -> str:
        """The name of the theme that is in force."""

    def use_theme(self, name: str) -> bool:
        """Put a theme into force; False if there is none of that name."""

    @property
    def is_zoomed(self) -> bool:
        """Whether a pane fills the screen."""

    def toggle_zoom(self) -> None:
        """Have the focused pane fill the screen, or show all others again."""

    def leave_part(self) -> bool:
        """Give the tab the keyboard back from another part of the screen; False if it had it."""

    def toggle_theme(self) -> None:
        """Go from the light theme to the dark one, or back."""

    def narrow(self, field: str, value: int | str) -> None:
        """Only rows with this value of a field, or all again."""

    def entered(self) -> None:
        """Enter was pressed on a row: whatever feature wants it first has it, else the details."""

    def escaped(self) -> bool:
        """Esc was pressed in the stream: the feature that wants it first has it; False if none."""

    def advice(self) -> list[str]:
        """What features have to say where the filters leave no row."""

    def remedy(self) -> str:
        """How context fields that calls lack can be had, as the end of a text; "" if they cannot."""

    def take_trace(self, trace: Trace) -> None:
        """Show another trace in place of the one so far, which is closed."""

    def stop_process(self) -> None:
        """Give the terminal back to the shell until `fg`."""

    def run_over(self, command: Sequence[str]) -> None:
        """Give the terminal to another program until it ends; nothing is shown meanwhile."""

    def quit(self) -> None:
        """End the viewer, after what features want to ask."""

    def show_rows(self, expression: str, slot: str, row: int | None = None) -> None:
        """Show the rows behind something in the stream; a key leads back.

        Args:
            expression: a filter.
            slot: the field it is about; its chip takes the place of that field's chip.
            row: a row to go to.
        """

    def run_command(self, line: str) -> None:
        """Run a command by its line; the user is told if that is none."""

    def find_command(self) -> None:
        """Have the user find a command by its words, and run it."""

    def in_thread(
        self,
        work: Callable[[], _Found],
        then: Callable[[_Found], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do something that takes long in a thread of its own.

        Args:
            work: what to do; touches neither the model nor the screen.
            then: takes what it found, on the screen's thread; not called if the screen is gone.
            failed: takes a GvtuiError or OSError that `work` raised, on the screen's thread; without
                it the user is told. Any other exception is a fault, and ends the viewer.
        """

    def hand_over(self, act: Callable[[], None]) -> None:
        """From a thread: have something done on the screen's thread soon, if it is still there."""

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something later, if the screen is there then."""

    def leave(self) -> None:
        """End the viewer, without asking features whether it may."""

    @property
    def picked_field(self) -> FieldView | None:
        """The field at the cursor of the details; None if they do not have the keyboard."""

    @property
    def focused_line(self) -> str:
        """The selected line of the list that has the keyboard; "" if none has."""

    def send_to_clipboard(self, text: str) -> None:
        """Ask the terminal to put a text on the clipboard; it does not answer."""

    @property
    def has_mouse(self) -> bool:
        """Whether the mouse is the viewer's; else the terminal selects text with it."""

    def take_mouse(self, take: bool) -> None:
        """Take the mouse, or leave it to the terminal."""


class Feature(Owner):
    """A room of the viewer: its commands, its state, and what it does as time goes by."""

    interval: float = 0.5
    """Seconds between two calls of `tick`."""

    def __init__(self, viewer: Viewer) -> None:
        """Begin; the model is there, the screen is not yet."""
        self.viewer = viewer

    @property
    def model(self) -> Model:
        """The model of the viewer."""
        return self.viewer.model

    def recall(self, told: Mapping[str, Any]) -> None:
        """Take up what was remembered; the screen is there, and what is configured goes before.

        Args:
            told: what `remember` gave in another run, from a file that may hold anything; empty
                if nothing was remembered.
        """

    def remember(self) -> Mapping[str, Any]:
        """What to remember for the next run: plain values by name."""
        return {}

    def opened(self) -> None:
        """The screen is there for the first time."""

    def tick(self) -> None:
        """Some time has gone by: take in what is new, for some milliseconds at most."""

    def status(self) -> Iterable[Item]:
        """What to say in the status line."""
        return ()

    def advice(self) -> Iterable[str]:
        """Lines that help where the filters leave no row."""
        return ()

    def remedy(self) -> str:
        """See `Viewer.remedy`."""
        return ""

    def entered(self) -> bool:
        """Enter was pressed on a row; True if that has been dealt with."""
        return False

    def escaped(self) -> bool:
        """Esc was pressed in the stream; True if there was something to leave."""
        return False

    def pane_shown(self, pane_id: str) -> None:
        """Another tab is shown."""

    def may_leave(self, leave: Callable[[], None]) -> bool:
        """Whether the viewer may end now.

        If not, the user is asked first, and `leave` is called if the answer is yes.
        """
        return True
