"""Tells of sandboxes whose sessions send to this viewer's socket but that will not connect again,
and of those that have connected and send nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gvtui.agent.silent import SilentSandboxes
from gvtui.tui.command.command import command
from gvtui.tui.points.apply import Applying
from gvtui.tui.points.survey import Targets
from gvtui.tui.viewer import Feature, Viewer
from gvtui.words import counted, noun_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.agent.target import Key

SETTLING_SECONDS = 3.0
"""For how long a sandbox must be unheard before it is told: a new connection takes a moment."""
_MAX_NAMES = 5


class Unheard(Feature):
    """Names the sandboxes that nobody hears, and applies their sessions anew."""

    prefix, heading = "points", "What is traced"
    interval = 2.0

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self._since: dict[Key, float] = {}
        """Since when each has been unheard, by the monotonic clock."""
        self._told: set[Key] = set()
        self._silent = SilentSandboxes()

    @property
    def _targets(self) -> Targets:
        return self.viewer.feature(Targets)

    def tick(self) -> None:
        """Tell of sandboxes that have been unheard or silent for a while, each once."""
        if not self.model.is_live or self._targets.state.busy:
            return
        for words in self._silent.look(self.model.trace.connections, self.model.moments.now_ns):
            self.viewer.tell(words, "warning")
        now = time.monotonic()
        keys = {target.key for target in self._targets.unheard}
        self._since = {key: self._since.get(key, now) for key in keys}
        self._told &= keys
        settled = {key for key, since in self._since.items() if now - since >= SETTLING_SECONDS}
        if not settled <= self._told:
            self._told |= settled
            self.viewer.tell(" ".join(self._lines()), "warning")

    def _lines(self) -> list[str]:
        names = [target.title for target in self._targets.unheard if target.key in self._told]
        if not names:
            return []
        more = len(names) - _MAX_NAMES
        words = ", ".join(names[:_MAX_NAMES]) + (f" and {more:,} more" if more > 0 else "")
        have = noun_for(len(names), "has a session that sends", "have sessions that send")
        keys = self.viewer.commands.keys_of("points.rejoin")
        return [
            f"{counted(len(names), 'sandbox', 'sandboxes')} {have} to this socket, but "
            f"nobody hears: {words}.",
            f"gVisor connects only when a session starts: {keys} starts "
            f"{noun_for(len(names), 'it', 'them')} anew.",
        ]

    def advice(self) -> Iterable[str]:
        """The sandboxes that nobody hears, and the key that changes this."""
        lines = self._lines()
        return ["", *lines] if lines else []

    @command("Start the sessions anew that send here but that nobody hears", "J")
    def rejoin(self) -> None:
        """Apply the session of each unheard sandbox once more, so that it connects."""
        changes = [
            (target.container, target.applied)
            for target in self._targets.unheard
            if target.container is not None and target.applied is not None
        ]
        if changes:
            self.viewer.feature(Applying).start_anew(changes)
        else:
            self.viewer.tell("Every sandbox here whose session sends to this socket is connected.")
