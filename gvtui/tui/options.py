"""What the command line tells the viewer; imports nothing heavy, so that help stays quick."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from gvtui.monitor.options import MonitorOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """How to watch sandboxes live."""

    monitor: MonitorOptions = field(default_factory=MonitorOptions)
    """How the monitor is started: the socket that sandboxes connect to, the recording."""
    filter_text: str = ""
    """A condition to start with."""
    profile: str = ""
    """The profile of the configuration whose settings go before all others; "" for none."""
    fresh: bool = False
    """Whether to begin as for the first time, and to leave what is remembered as it is."""
    runsc: str | None = None
    """The `runsc` to call; None looks for it."""
    roots: tuple[Path, ...] = ()
    """Runtime roots to look for containers in; empty looks in the usual places."""
    session_file: Path | None = None
    """A pod init file that the Points pane edits, for containers that start later."""
    on_exit: Literal["ask", "delete", "keep", "restore"] = "ask"
    """What becomes of the sessions that the viewer has made: ended, left running, or what was found
    put back; `ask` asks when the user leaves."""
    readonly: bool = False
    """Whether no sandbox and no session file may be changed."""
    notice: str = ""
    """A line that stays on the screen, such as that this is a demonstration."""
    at_exit: Callable[[], None] | None = None
    """Called once after the screen has gone and before the monitor is stopped."""
