"""The rooms of the viewer: one line here adds one.

A pane is a widget made with the viewer. Its `news` is called when the model has changed and it is
on screen; it draws only what is different then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.tui.command.registry import Commands
from gvtui.tui.copy.commands import Copying
from gvtui.tui.copy.mouse import Mouse
from gvtui.tui.detail.commands import Details
from gvtui.tui.detail.pane import DetailView
from gvtui.tui.filter.bar import FilterBar
from gvtui.tui.filter.commands import Filtering
from gvtui.tui.filter.drill import Drilling
from gvtui.tui.filter.saving import Saving
from gvtui.tui.frame.command_line import CommandLine
from gvtui.tui.frame.commands import Screen, Tabs
from gvtui.tui.frame.sizes import Sizes
from gvtui.tui.live.commands import Live
from gvtui.tui.live.kept import Kept
from gvtui.tui.numbers.bands import NumbersBands
from gvtui.tui.numbers.pane import NumbersPane
from gvtui.tui.numbers.table import NumbersTable
from gvtui.tui.points.apply import Applying
from gvtui.tui.points.commands import Choosing
from gvtui.tui.points.line import NeedsLine
from gvtui.tui.points.needs import Needs
from gvtui.tui.points.pane import PointsPane, make_large, make_small
from gvtui.tui.points.presets import Presets
from gvtui.tui.points.survey import Targets
from gvtui.tui.processes.commands import Earlier
from gvtui.tui.processes.pane import ProcessesPane
from gvtui.tui.replay.commands import Replaying
from gvtui.tui.sandboxes.pane import SandboxList
from gvtui.tui.search.bar import SearchBar
from gvtui.tui.search.commands import Searching
from gvtui.tui.stream.bookmarks import Bookmarks
from gvtui.tui.stream.commands import Going, Rows
from gvtui.tui.stream.pane import StreamView
from gvtui.tui.timeline.commands import Along

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.widget import Widget

    from gvtui.tui.command.command import Owner
    from gvtui.tui.viewer import Feature, Viewer


@dataclass(frozen=True, slots=True)
class PaneSpec:
    """A pane and where it stands."""

    id: str
    """The widget's id, which it gives itself."""
    title: str
    make: Callable[[Viewer], Widget]
    often: bool = False
    """Whether `news` comes with every tick; else a few times a second, as fast as one reads."""
    hidden_with: str = ""
    """Id of a tab that shows the same in large: while it is shown, this pane is not."""


FEATURES: tuple[type[Feature], ...] = (
    Going,
    Replaying,
    Along,
    Searching,
    Bookmarks,
    Drilling,
    Filtering,
    Saving,
    Targets,
    Needs,
    Choosing,
    Applying,
    Presets,
    Earlier,
    Tabs,
    Rows,
    Details,
    Copying,
    Mouse,
    Screen,
    Sizes,
    Live,
    Kept,
    CommandLine,
)
"""What the viewer can do, in the order of the help screen; each is ticked after those before it."""

PANES: tuple[type[Owner], ...] = (
    StreamView,
    FilterBar,
    SandboxList,
    ProcessesPane,
    NumbersTable,
    NumbersBands,
    PointsPane,
    DetailView,
)
"""The widgets whose own keys work while they have the focus."""


def every_command() -> Commands:
    """All commands, to be listed; there is no viewer that could run them."""

    def find(owner: type[Owner]) -> object:
        raise LookupError(f"there is no {owner.__name__}")

    return Commands((*FEATURES, *PANES), find)


ABOVE_PROMPT: tuple[Callable[[Viewer], Widget], ...] = (NeedsLine,)
BELOW_PROMPT: tuple[Callable[[Viewer], Widget], ...] = (SearchBar,)
"""Lines above the tabs that come and go, before and after the one that is typed in."""

TABS: tuple[PaneSpec, ...] = (
    PaneSpec("stream", "Stream", StreamView, often=True),
    PaneSpec("processes", "Processes", ProcessesPane, often=True),
    PaneSpec("numbers", "Numbers", NumbersPane, often=True),
    PaneSpec("points-large", "Points", make_large),
)
"""What shares the right side, in the order of the tabs; keys 1 to 9 show them."""

SIDEBAR: tuple[PaneSpec, ...] = (
    PaneSpec("sandboxes", "Sandboxes", SandboxList),
    PaneSpec("points", "Points", make_small, hidden_with="points-large"),
)
"""What stands in the sidebar, from above to below."""

STYLES = tuple(
    f"{room}/{room}.tcss"
    for room in (
        "frame",
        "kit",
        "stream",
        "filter",
        "search",
        "detail",
        "processes",
        "numbers",
        "points",
        "sandboxes",
        "timeline",
    )
)
"""The stylesheets of the rooms, from this folder: of two rules that are as particular, the later
one counts."""
