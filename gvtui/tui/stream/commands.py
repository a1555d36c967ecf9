"""Commands of the stream: follow, go to a row or time, columns, times, calls, doubled rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.tui.command.command import command
from gvtui.tui.kit.asking import Choice, Entry, Mistake, Question
from gvtui.tui.stream.columns import (
    COLUMNS,
    FIXED,
    MAX_FIELD_COLUMNS,
    Column,
    RowLook,
    TimeMode,
    chosen_columns,
    field_column,
    is_field,
)
from gvtui.tui.stream.places import HINT, PlaceError, find_row
from gvtui.tui.viewer import Feature, Viewer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Going(Feature):
    """Follows or pauses, and goes to a row or a time."""

    prefix, heading = "stream", "Moving"

    @command("Pause, or follow the newest rows", "space", footer="pause", heading="Following")
    def follow(self) -> None:
        """Pause or follow; where a recording stands at a row, pause or play it."""
        replay = self.viewer.replay
        if replay is not None and replay.is_on:
            if replay.is_playing:
                replay.pause()
            else:
                if replay.is_at_end:
                    self.viewer.go_to(self.model.trace.first_row)
                replay.play()
            self.viewer.follow()
        elif self.model.following:
            self.viewer.pause()
        else:
            self.viewer.follow()

    @command("Go to a time or a row number", "ctrl+g")
    def goto(self) -> None:
        """Ask for a row number or a time, and go there."""

        def done(text: str) -> Mistake | None:
            if not text.strip():
                return None
            try:
                row_id = find_row(text, self.model)
            except PlaceError as error:
                return Mistake(str(error))
            self.viewer.go_to(row_id)
            return None

        self.viewer.ask(Question("go to", done, hint=HINT))


def _texts(told: Mapping[str, Any], name: str) -> list[str]:
    """The list of columns under a name in the stored layout; other values are ignored."""
    values = told.get(name)
    names = [each for each in values if isinstance(each, str)] if isinstance(values, list) else []
    return [each for each in names if each in _KEYS or is_field(each)]


_KEYS = frozenset(column.key for column in COLUMNS)


class Rows(Feature):
    """Chooses the times and columns of rows, and how many rows a call has."""

    prefix, heading = "stream", "Screen"

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(viewer)
        self.look = RowLook()
        self._set_aside: dict[str, list[str]] | None = None
        """The stored columns, while configured ones, perhaps a profile's, are used instead."""

    def recall(self, told: Mapping[str, Any]) -> None:
        """Restore the mode of times, the columns, and whether doubled rows are shown."""
        modes = {mode.name.lower(): mode for mode in TimeMode}
        self.look.time_mode = modes.get(str(told.get("time")), self.look.time_mode)
        self.look.added = tuple(map(field_column, _texts(told, "added")))[:MAX_FIELD_COLUMNS]
        known = {column.key for column in (*COLUMNS, *self.look.added)} - FIXED
        self.look.hidden = frozenset(_texts(told, "hidden")) & known
        shows = told.get("doubles") is True
        if shows != self.model.shows_doubles:
            self._show_doubles(shows)
        config = self.viewer.config
        if config.columns:
            self._set_aside = self._columns()
            self._configure(config.columns)

    def remember(self) -> dict[str, Any]:
        """The mode of times, the hidden columns and the added ones, and whether doubled rows are
        shown, to be stored."""
        columns = self._set_aside or self._columns()
        shows = self.model.shows_doubles
        return {"time": self.look.time_mode.name.lower(), **columns, "doubles": shows}

    def _columns(self) -> dict[str, list[str]]:
        added = [column.key for column in self.look.added]
        return {"hidden": sorted(self.look.hidden), "added": added}

    def _configure(self, names: Sequence[str]) -> None:
        """Show the columns of the configuration, in its order."""
        chosen = chosen_columns(names)
        self.look.added, self.look.order = chosen.added, chosen.order
        self.look.hidden = frozenset(column.key for column in COLUMNS) - set(chosen.order)

    @command("The digests of programs in the rows of their start; again: none", "D")
    def digests(self) -> None:
        """Show or hide the digests of the files of programs, where the session asked for them."""
        self.model.shows_digests = not self.model.shows_digests
        self.model.texts.shows_digests = self.model.shows_digests
        self.viewer.redraw_rows()

    @command("Show times of day, since the first row, or since the row above", "t")
    def time(self) -> None:
        """Switch to the next mode of times."""
        modes = list(TimeMode)
        place = modes.index(self.look.time_mode)
        self.look.time_mode = modes[(place + 1) % len(modes)]
        self.viewer.redraw_rows()

    @command("Show a call as one row, or as its enter and its exit", "c", footer="calls")
    def calls(self) -> None:
        """Show each call as one row, or again as enter and exit."""
        model = self.model
        model.whole_calls = not model.whole_calls
        cursor = model.cursor
        self.viewer.refilter()
        if not model.whole_calls:
            return
        if cursor is not None and not model.following:
            # Only an exit's other side comes before it.
            enter = model.analysis.sides.other(cursor)
            self.viewer.jump(enter if enter is not None and enter < cursor else cursor)
        if "thread_id" in model.analysis.pairs.missing_fields:
            self.viewer.tell(
                "Calls without thread_id cannot be paired: have the session collect it."
                f"{self.viewer.remedy()}",
                "warning",
            )

    @command("Show or hide the raw rows that a decoded row of the call repeats", "Z")
    def doubles(self) -> None:
        """Show the raw rows of calls that have decoded rows too, or hide them again."""
        model = self.model
        self._show_doubles(not model.shows_doubles)
        key = self.viewer.commands.keys_of("stream.doubles")
        if not model.shows_doubles:
            words = f"Raw rows that a decoded row of the same call repeats are hidden; {key} shows them."
        elif model.doubles.may_be_there:
            words = (
                f"Raw rows are shown beside the decoded ones of the same call; {key} hides them."
            )
        else:
            words = (
                "Raw rows will be shown beside the decoded ones of the same call. "
                f"No rows of both kinds have been seen; {key} hides them."
            )
        self.viewer.tell(words)

    def _show_doubles(self, shows: bool) -> None:
        self.model.shows_doubles = shows
        if self.model.doubles.may_be_there:
            self.viewer.refilter()

    @command("Choose the columns", "C")
    def columns(self) -> None:
        """List the columns that can be hidden, to switch each on or off."""
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
        """Add a column for a field, unless it exists already."""
        if all(each.key != column.key for each in self.look.added):
            self.look.added = (*self.look.added, column)
        self.look.hidden -= {column.key}
        self.viewer.redraw_rows()

    def remove_column(self, key: str) -> None:
        """Remove an added column."""
        self.look.added = tuple(each for each in self.look.added if each.key != key)
        self.look.hidden -= {key}
        self.viewer.redraw_rows()
