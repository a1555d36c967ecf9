"""Commands that play a recording, and show all panes as of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.command.command import command
from gvtui.tui.kit.times import clock_text
from gvtui.tui.viewer import Feature, Item
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.trace.playback import ReplayClock


class Replaying(Feature):
    """Stands at a row of a recording, and plays it from there at a speed."""

    prefix, heading = "replay", "Following"

    def status(self) -> Iterable[Item]:
        """As of which row the panes are."""
        replay = self.viewer.replay
        if replay is None or not replay.is_on:
            return []
        clock = clock_text(replay.now_ns, self.model.zone, 3)
        shown = replay.position - self.model.trace.first_row
        total = replay.trace.available_rows - self.model.trace.first_row
        words = f"as of {clock} ({shown:,} of {counted(total, 'row')})"
        return [Item(words, f"as of {clock}", "paused")]

    @command("All panes as of this row of a recording; again: the whole recording", "at")
    def stand(self) -> None:
        """Show all panes as of the selected row, or the whole recording again; a trace that grows is
        shown as it grows again then."""
        replay, model = self.viewer.replay, self.model
        if model.trace.settling is not None:
            self.viewer.tell("The recording is still being read: its index is not whole yet.")
        elif replay is not None and replay.is_on:
            self.viewer.stand_at(None)
        elif model.cursor is None:
            self.viewer.tell("There is no row to stand at.")
        else:
            if replay is not None:
                replay.pause()
            self.viewer.stand_at(model.cursor)

    @command("Play slower", "less_than_sign", -1)
    @command("Play faster", "greater_than_sign", 1)
    def speed(self, steps: int) -> None:
        """Play at the next speed below or above."""
        replay = self._standing()
        if replay is not None:
            replay.change_speed(steps)

    @command("Play again from the start at the end; again: stop there", "0")
    def loop(self) -> None:
        """Switch whether the recording is played again when it has ended."""
        replay = self._standing()
        if replay is not None:
            replay.is_looping = not replay.is_looping
            words = "is played again from the start" if replay.is_looping else "stops"
            self.viewer.tell(f"At its end the recording {words}.")

    def _standing(self) -> ReplayClock | None:
        """The position in a trace that is shown as of a row; None for others, after a note for the
        user."""
        replay = self.viewer.replay
        if replay is None or not replay.is_on:
            stand, play = map(self.viewer.commands.keys_of, ("replay.stand", "stream.follow"))
            self.viewer.tell(
                f"The whole recording is shown: {stand} shows it as of this row, {play} then plays it."
            )
            return None
        return replay
