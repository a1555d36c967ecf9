"""Commands that change the speed at which a recording is played."""

from __future__ import annotations

from gvtui.tui.command.command import command
from gvtui.tui.viewer import Feature


class Replaying(Feature):
    """Changes the speed of a recording that is played."""

    prefix, heading = "replay", "Following"

    @command("Play at half the speed", "less_than_sign")
    def slower(self) -> None:
        """Play at half the speed."""
        self._change(0.5)

    @command("Play at twice the speed", "greater_than_sign")
    def faster(self) -> None:
        """Play at twice the speed."""
        self._change(2)

    def _change(self, factor: float) -> None:
        replay = self.viewer.replay
        if replay is None:
            self.viewer.tell(
                "Only a recording that is played has a speed: start it with gvtui replay --speed 1."
            )
        else:
            replay.change_speed(factor)
