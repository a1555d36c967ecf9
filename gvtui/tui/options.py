"""The viewer's options from the command line; imports nothing heavy, so that help is fast."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gvtui.monitor.options import MonitorOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """The options of the live viewer."""

    monitor: MonitorOptions = field(default_factory=MonitorOptions)
    """The monitor's options: the socket that sandboxes connect to, the recording."""
    filter_text: str = ""
    """A filter to start with."""
    profile: str = ""
    """The profile of the configuration, whose settings override all others; "" for none."""
    fresh: bool = False
    """Whether to start without the stored layout, and not to store this run's."""
    runsc: str | None = None
    """The `runsc` to call; None searches for one."""
    roots: tuple[Path, ...] = ()
    """The roots to search for containers; empty searches the usual ones."""
    session_file: Path | None = None
    """A pod init file that the Points pane edits, for containers that start later."""
    on_exit: Literal["ask", "delete", "keep", "restore"] = "ask"
    """At the end delete the sessions that the viewer made, keep them, or restore the former ones;
    `ask` asks the user then."""
    readonly: bool = False
    """Whether no sandbox and no session file may be changed."""
    notice: str = ""
    """A line that stays on the screen, for example that this is a demonstration."""
    at_exit: Callable[[], None] | None = None
    """Called once, after the screen has closed and before the monitor is stopped."""
