"""How the stream shows rows: its place in the trace, its columns, its times."""

from __future__ import annotations

from gvtui.tui.command.command import command
from gvtui.tui.kit.asking import Choice, Entry, Problem, Question
from gvtui.tui.stream.columns import COLUMNS, FIXED, Column, RowLook, TimeMode
from gvtui.tui.stream.places import HINT, PlaceError, find_row
from gvtui.tui.viewer import Feature, Viewer


class Going(Feature):
    """Follows or pauses, and goes to a place in the trace."""

    prefix, heading = "stream", "Moving"

    @command("Pause, or follow the newest rows", "space", footer="pause", heading="Following")
    def follow(self) -> None:
        """Pause, or go on; a recording that is shown in time pauses too."""
        if self.model.following:
            self.viewer.pause()
        else:
            self.viewer.follow()
        if self.viewer.replay is not None:
            self.viewer.replay.paused = not self.model.following

    @command("Go to a time or a row number", "g")
    def goto(self) -> None:
        """Ask for a place and go there."""

        def done(text: str) -> Problem | None:
            if not text.strip():
                return None
            try:
                row_id = find_row(text, self.model)
            except PlaceError as error:
                return Problem(str(error))
            self.viewer.jump(row_id)
            return None

        self.viewer.ask(Question("go to", done, hint=HINT))


class Rows(Feature):
    """Chooses what rows look like: times, columns, whole calls."""

    prefix, heading = "stream", "Screen"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self.look = RowLook()

    @command("Time of day, since the first row, or since the row above", "t")
    def time(self) -> None:
        """Count times another way."""
        modes = list(TimeMode)
        place = modes.index(self.look.time_mode)
        self.look.time_mode = modes[(place + 1) % len(modes)]
        self.viewer.redraw_rows()

    @command("A call as one row, or its enter and its exit", "c", footer="calls")
    def calls(self) -> None:
        """Show each call as one row, or as its enter and its exit again."""
        model = self.model
        model.whole_calls = not model.whole_calls
        cursor = model.cursor
        self.viewer.refilter()
        if not model.whole_calls:
            return
        if cursor is not None and not model.following:
            # Only of an exit does the partner stand before it.
            enter = model.analysis.pairs.partner(cursor)
            self.viewer.jump(enter if enter is not None and enter < cursor else cursor)
        if "thread_id" in model.analysis.pairs.missing_fields:
            self.viewer.tell(
                "Calls without thread_id cannot be paired: have the session collect it."
                f"{self.viewer.remedy()}",
                "warning",
            )

    @command("Choose the columns", "C")
    def columns(self) -> None:
        """List the columns that can go, to switch each off or on."""
        columns = {
            column.key: column for column in (*COLUMNS, *self.look.added) if column.key not in FIXED
        }

        def words(key: str) -> str:
            sign = "○" if key in self.look.hidden else "●"
            return f"{sign} {columns[key].title:<9} {columns[key].what}"

        def switched(key: str) -> str:
            self.look.hidden ^= {key}
            self.viewer.redraw_rows()
            return words(key)

        entries = [Entry(key, words(key)) for key in columns]
        heading = "Columns: Enter or space switches, Esc closes"
        self.viewer.choose(
            Choice(heading, entries, lambda _: None, switched=switched, line="stream.columns")
        )

    def add_column(self, column: Column) -> None:
        """Show a field as a column; nothing if it is one already."""
        if all(each.key != column.key for each in self.look.added):
            self.look.added = (*self.look.added, column)
        self.look.hidden -= {column.key}
        self.viewer.redraw_rows()

    def remove_column(self, key: str) -> None:
        """Show a field as a column no more."""
        self.look.added = tuple(each for each in self.look.added if each.key != key)
        self.look.hidden -= {key}
        self.viewer.redraw_rows()
