"""The parts of the screen that show the trace: one line here adds one.

A pane is a widget made with the model. Its `news` is called when the model has changed and it is
on screen; it draws only what is different then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.tui.command.registry import Commands
from gvtui.tui.filter.saving import Saving
from gvtui.tui.frame.command_line import CommandLine
from gvtui.tui.numbers.pane import NumbersPane
from gvtui.tui.points.pane import make_large, make_small
from gvtui.tui.processes.pane import ProcessesPane
from gvtui.tui.sandboxes.pane import SandboxList
from gvtui.tui.stream.bookmarks import Bookmarks
from gvtui.tui.stream.pane import StreamView

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.widget import Widget

    from gvtui.tui.command.command import Owner
    from gvtui.tui.model.model import Model
    from gvtui.tui.viewer import Feature


@dataclass(frozen=True, slots=True)
class PaneSpec:
    """A pane and where it stands."""

    id: str
    """The widget's id, which it gives itself."""
    title: str
    make: Callable[[Model], Widget]
    often: bool = False
    """Whether `news` comes with every tick; else a few times a second, as fast as one reads."""


FEATURES: tuple[type[Feature], ...] = (Bookmarks, Saving, CommandLine)
"""What the viewer can do, in the order of the help screen."""


def every_command() -> Commands:
    """All commands, to be listed; there is no viewer that could run them."""

    def find(owner: type[Owner]) -> object:
        raise LookupError(f"there is no {owner.__name__}")

    return Commands(FEATURES, find)


TABS: tuple[PaneSpec, ...] = (
    PaneSpec("stream", "Stream", StreamView, often=True),
    PaneSpec("processes", "Processes", ProcessesPane, often=True),
    PaneSpec("numbers", "Numbers", NumbersPane, often=True),
    PaneSpec("points-large", "Points", make_large),
)
"""What shares the right side, in the order of the tabs; keys 1 to 9 show them."""

SIDEBAR: tuple[PaneSpec, ...] = (
    PaneSpec("sandboxes", "Sandboxes", SandboxList),
    PaneSpec("points", "Points", make_small),
)
"""What stands in the sidebar, from above to below."""
