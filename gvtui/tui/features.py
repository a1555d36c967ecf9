"""The list of the viewer's features and panes; one line here adds one.

A pane is a widget that is made with the viewer. The app calls its `news` when the model has changed
and the pane is on the screen; `news` draws only what differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.tui.activity.commands import Acting
from gvtui.tui.activity.pane import ActivityPane
from gvtui.tui.command.registry import Commands
from gvtui.tui.compare.commands import Comparing
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
from gvtui.tui.points.unheard import Unheard
from gvtui.tui.processes.commands import Earlier
from gvtui.tui.processes.pane import ProcessesPane
from gvtui.tui.processes.places import TreePlaces
from gvtui.tui.replay.commands import Replaying
from gvtui.tui.running.pane import RunningPane
from gvtui.tui.sandboxes.pane import SandboxList
from gvtui.tui.search.bar import SearchBar
from gvtui.tui.search.commands import Searching
from gvtui.tui.stream.bookmarks import Bookmarking
from gvtui.tui.stream.commands import Going, Rows
from gvtui.tui.stream.pane import StreamView
from gvtui.tui.timeline.commands import Along
from gvtui.tui.timeline.landmarks import ToLandmarks

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.widget import Widget

    from gvtui.tui.command.command import Owner
    from gvtui.tui.viewer import Feature, Viewer


@dataclass(frozen=True, slots=True)
class PaneSpec:
    """A pane and its position on the screen."""

    id: str
    """The id that the widget gives itself."""
    title: str
    make: Callable[[Viewer], Widget]
    often: bool = False
    """Whether `news` is called at every tick; else a few times a second."""
    hidden_with: str = ""
    """The id of a tab with a larger view of the same: while it is shown, this pane is hidden."""


FEATURES: tuple[type[Feature], ...] = (
    Going,
    Replaying,
    Along,
    ToLandmarks,
    Searching,
    Bookmarking,
    Drilling,
    Comparing,
    Filtering,
    Saving,
    Targets,
    Needs,
    Choosing,
    Applying,
    Unheard,
    Presets,
    Earlier,
    TreePlaces,
    Acting,
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
"""The features, in the order of the help screen; `tick` is called in the same order."""

PANES: tuple[type[Owner], ...] = (
    StreamView,
    FilterBar,
    SandboxList,
    ProcessesPane,
    NumbersTable,
    NumbersBands,
    PointsPane,
    ActivityPane,
    RunningPane,
    DetailView,
)
"""The widgets with keys that work only while the widget has the focus."""


def every_command() -> Commands:
    """All commands, only for listing them: without a viewer they cannot run."""

    def find(owner: type[Owner]) -> object:
        raise LookupError(f"there is no {owner.__name__}")

    return Commands((*FEATURES, *PANES), find)


ABOVE_PROMPT: tuple[Callable[[Viewer], Widget], ...] = (NeedsLine,)
BELOW_PROMPT: tuple[Callable[[Viewer], Widget], ...] = (SearchBar,)
"""Widgets that appear between the prompt and the tabs."""

TABS: tuple[PaneSpec, ...] = (
    PaneSpec("stream", "Stream", StreamView, often=True),
    PaneSpec("processes", "Processes", ProcessesPane, often=True),
    PaneSpec("numbers", "Numbers", NumbersPane, often=True),
    PaneSpec("points-large", "Points", make_large),
    PaneSpec("activity", "Activity", ActivityPane, often=True),
    PaneSpec("running", "Running calls", RunningPane),
)
"""The tabs on the right side, in their order; the keys 1 to 9 show them."""

SIDEBAR: tuple[PaneSpec, ...] = (
    PaneSpec("sandboxes", "Sandboxes", SandboxList),
    PaneSpec("points", "Points", make_small, hidden_with="points-large"),
)
"""The panes in the sidebar, from top to bottom."""

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
        "activity",
        "running",
        "sandboxes",
        "timeline",
        "replay",
    )
)
"""The rooms' stylesheets, relative to this folder; of two equally specific rules the later one
holds."""
