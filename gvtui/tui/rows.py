"""The app as a `Viewer`: the methods by which features filter, select and follow rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from gvtui.trace.playback import ReplayClock
from gvtui.trace.records import TraceError
from gvtui.trace.row import Kind
from gvtui.tui.filter.commands import Filtering
from gvtui.tui.filter.drill import Drilling
from gvtui.tui.kit.doors import DoorsApp

if TYPE_CHECKING:
    from gvtui.trace.reader import Trace
    from gvtui.trace.row import Row
    from gvtui.tui.command.registry import Commands
    from gvtui.tui.model.chips import Chip
    from gvtui.tui.model.model import Model
    from gvtui.tui.stream.pane import StreamView
    from gvtui.tui.viewer import Feature

_Feature = TypeVar("_Feature", bound="Feature")

FILTER_SECONDS = 0.008
"""How many seconds one step of filtering may take; a longer step would delay keys."""


class RowsApp(DoorsApp):
    """What a `Viewer` does with rows; the class that is built upon this one makes what it needs."""

    model: Model
    stream: StreamView
    replay: ReplayClock | None
    commands: Commands
    rooms: dict[type, Feature]

    def feature(self, kind: type[_Feature]) -> _Feature:
        """The only object of a feature's class."""
        found = self.rooms[kind]
        assert isinstance(found, kind)
        return found

    def show_news(self) -> None:
        """Have every pane draw its changes now."""
        raise NotImplementedError

    def selected_message(self) -> Row | None:
        """The row at the cursor if it is a message; else None, after a note for the user."""
        model, keys_of = self.model, self.commands.keys_of
        if model.cursor is not None and model.cursor >= model.trace.first_row:
            row = model.trace.row(model.cursor)
            if row.kind == Kind.MESSAGE:
                return row
        up, down = keys_of("stream.move -1"), keys_of("stream.move 1")
        self.tell(f"Select a message first: {up} and {down} do.", "warning")
        return None

    def narrow(self, field: str, value: int | str) -> None:
        """Show only rows with this value of a field; called again, show all rows."""
        self.feature(Filtering).narrow(field, value)

    def refilter(self) -> None:
        """Apply changed chips, and show the rows that pass them."""
        self.model.apply_chips()
        self.model.view.advance(FILTER_SECONDS)
        self.show_news()

    def show_rows(self, chip: Chip, row: int | None = None) -> None:
        """Show in the stream the rows behind a line of another pane; a key leads back."""
        self.feature(Drilling).show(chip, row)

    def redraw_rows(self) -> None:
        """Draw all rows of the stream again, because their look has changed."""
        self.stream.redraw()

    def jump(self, row_id: int) -> None:
        """Select a row of the stream, or else the next row that passes; stops following."""
        twin = self.model.doubles.twin(row_id, self.model.view)
        self.stream.jump(row_id)
        if twin is not None and self.model.cursor == self.model.stand_in(row_id):
            key = self.commands.keys_of("stream.doubles")
            self.tell(
                f"Row {row_id:,} is hidden: row {twin:,} tells the same side of the call, decoded; "
                f"{key} shows both."
            )

    def go_to(self, row_id: int) -> None:
        """Stand at a row where a recording stands at one; else select it."""
        if self.replay is not None and self.replay.is_on:
            self.stand_at(row_id)
        else:
            self.jump(row_id)

    def stand_at(self, row_id: int | None) -> None:
        """Show all panes of a trace as of a row; None for the whole trace."""
        here = self.model.cursor
        if self.replay is None:
            try:
                self.model.put_aside()
            except TraceError as error:
                self.tell(str(error), "error")
                return
            self.replay = ReplayClock(self.model.trace, None)
        self.model.stand_at(self.replay, row_id)
        if self.model.is_live:
            self.replay = None
        if row_id is None and here is not None:
            self.jump(here)
        else:
            self.follow()
        self.show_news()

    def follow(self) -> None:
        """Show the newest rows from now on."""
        self.stream.follow()

    def pause(self) -> None:
        """Stop following; the rows on the screen stay in place."""
        self.stream.pause()

    def take_trace(self, trace: Trace) -> None:
        """Show another trace, and close the former one."""
        if self.model.is_watching and not self.model.is_live:
            self.stand_at(None)
        old = self.model.trace
        self.model.replace_trace(trace)
        old.close()
        self.show_news()
