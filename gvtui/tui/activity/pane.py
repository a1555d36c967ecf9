"""The activity: what was done, below headings with counts, and at the foot what was not seen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.query.activity.activity import SECTIONS
from gvtui.query.analysis import Paced
from gvtui.query.filter.write import conjunction
from gvtui.tui.activity.commands import Acting
from gvtui.tui.activity.lines import ActivityFolds, ActivityOrder, activity_entries
from gvtui.tui.activity.painter import ActivityPainter, column_titles, shares_of
from gvtui.tui.command.command import command
from gvtui.tui.kit.cells import fit, width_of, wrap_words
from gvtui.tui.kit.listpane import ListPane
from gvtui.tui.kit.signs import DROP_SIGN
from gvtui.tui.model.chips import Chip
from gvtui.tui.model.unread import part_read
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.query.activity.activity import Unseen
    from gvtui.tui.activity.lines import ActivityEntry, EntryKey
    from gvtui.tui.activity.reading import ActivityReading
    from gvtui.tui.kit.cells import Part
    from gvtui.tui.viewer import Viewer

SLOT = "activity"
"""The slot of the chip that a line's rows go into."""
_BUILD_SECONDS = 0.004
"""How many seconds of a tick go into making lines."""
_ANSWER_SECONDS = 0.05
"""The same right after a key that changes what is shown."""
_CALM_SECONDS = 0.25
_REST = 20
"""How many times as long as making the lines took they are left alone."""
_LOOK_AFTER = 16
"""How many entries are made between two checks of the clock."""
_TALL = 26
"""From how many lines on headings are open at first."""
_FOOT_SHARE = 8
"""One of so many lines of the pane tells of what was not seen, besides the title of that."""


class ActivityPane(ListPane):
    """A heading for each kind of thing that was done, and below it what was done."""

    PREFIX = "activity"
    LOOKS = (
        "heading", "faint", "name", "number", "bytes", "subject", "unseen", "progress", "bar", "mark",
        "cursor",
    )  # fmt: skip
    prefix, heading = "activity", "In the activity"
    home, tab, where = "activity", "activity", ""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="activity")
        self._viewer, self._model = viewer, viewer.model
        self._acting = viewer.feature(Acting)
        self._painter = ActivityPainter(self._model)
        self._reading: ActivityReading | None = None
        self._folds = ActivityFolds()
        self._order = ActivityOrder.REPORT
        self._entries: list[ActivityEntry] = []
        self._unseen: tuple[Unseen, ...] = ()
        self._entries_of = 0
        """The lines are of all rows before this one, or of more."""
        self._building: tuple[Iterator[ActivityEntry], list[ActivityEntry], float] | None = None
        self._building_of = 0
        self._built: tuple[object, ...] | None = None
        self._next_at = 0.0
        """When the lines may be made anew, by the monotonic clock."""
        self._end = 0
        """Where the trace ended when it was looked last."""
        self._selected: EntryKey | None = None

    def news(self) -> None:
        """Read on with the analysis, and make the lines anew now and then."""
        reading = self._acting.reading
        analysis = reading.analysis
        analysis.wants_processes = True
        if reading is not self._reading:
            self._reading, self._building, self._next_at = reading, None, 0.0
            self._entries_of = 0
            analysis.follower = None
        if analysis.follower is None:
            analysis.follower = Paced(reading.advance)
        if not self._folds.turned and self.size.height:
            is_tall = self.size.height >= _TALL
            if is_tall != self._folds.opens_headings:
                self._folds.opens_headings, self._built, self._next_at = is_tall, None, 0.0
        # Later rows may tell more of programs that ran before.
        end = self._model.trace.end_row
        state = (id(reading), reading.position, end)
        is_last = reading.is_done and self._end == end and state != self._built
        self._end = end
        if self._building is None and (is_last or time.monotonic() >= self._next_at):
            self._unseen = self._acting.not_seen
            if state != self._built or self._model.is_live:
                self._begin()
                self._built = state
            else:
                self._next_at = time.monotonic() + _CALM_SECONDS
                self.redraw()
        if self._build():
            self.redraw()

    def _begin(self) -> None:
        if self._reading is not None:
            entries = activity_entries(self._reading.reader, self._folds, self._order)
            self._building = (entries, [], 0.0)
            self._building_of = self._reading.position

    def _build(self, seconds: float = _BUILD_SECONDS) -> bool:
        """Make further lines for about so long; True if all are made anew."""
        if self._building is None:
            return False
        source, entries, took = self._building
        began = time.perf_counter()
        for entry in source:
            entries.append(entry)
            late = entry.is_heading or len(entries) % _LOOK_AFTER == 0
            if late and time.perf_counter() - began > seconds:
                self._building = (source, entries, took + time.perf_counter() - began)
                return False
        took += time.perf_counter() - began
        self._building, self._entries, self._entries_of = None, entries, self._building_of
        self._next_at = time.monotonic() + max(_CALM_SECONDS, took * _REST)
        self._find_cursor()
        return True

    def _make_now(self) -> None:
        """Make the lines anew after the user has changed what is shown."""
        self._begin()
        if self._build(_ANSWER_SECONDS):
            self.seek_anew()
            self.redraw()

    def _find_cursor(self) -> None:
        """Put the cursor back on its line after the lines have changed."""
        key = self._selected
        while key and not self.keep_cursor((entry.key for entry in self._entries), key):
            # Its fold was closed: the line that it stands in.
            key = key[:-2] if len(key) > 1 else ()

    def on_hide(self) -> None:
        """Stop reading while the pane is hidden."""
        if self._reading is not None:
            self._reading.analysis.follower = None

    def moved(self) -> None:
        """Note the line at the cursor."""
        entry = self._at_cursor()
        self._selected = entry.key if entry is not None else None

    def _at_cursor(self) -> ActivityEntry | None:
        return self._entries[self.cursor] if 0 <= self.cursor < len(self._entries) else None

    def count(self) -> int:
        """How many lines there are, headings included."""
        return len(self._entries)

    def headings(self) -> list[list[Part]]:
        """Whose activity it is, of which time, and how much was not seen."""
        reading = self._reading
        if reading is None:
            return []
        reader = reading.reader
        title: list[Part] = [(self._acting.subject.words, "subject")]
        if self._model.filtered:
            title.append((", filtered", "faint"))
        if self._order is not ActivityOrder.REPORT:
            title.append((f"   {self._order.value}", "faint"))
        title.append((f"   {counted(reader.rows, 'row')}", "faint"))
        # Live, the lines are a moment behind all the time.
        position = reading.position if self._model.is_live else self._entries_of
        if part := part_read(self._model, position):
            title.append((f"   reading {part}", "progress"))
        if reader.first_ns:
            times = (
                self._model.moments.text(each, 0) for each in (reader.first_ns, reader.last_ns)
            )
            title.append((f"   {' to '.join(times)}", "faint"))
        said = f"{DROP_SIGN} {len(self._unseen)} not seen"
        room = self.width - width_of(said) - 2
        title = _cut(title, room)
        taken = sum(width_of(text) for text, _ in title)
        title += [(" " * max(1, self.width - taken - width_of(said) - 1), ""), (said, "unseen")]
        lines = [title]
        if not self._entries and not part:
            lines.append([("Nothing was done that messages of these rows tell of.", "faint")])
        else:
            lines.append([(column_titles(shares_of(self.width)), "heading")])
        return lines

    def footings(self) -> list[list[Part]]:
        """What was not seen: as many sentences as there is room for, the gravest first."""
        if self._reading is None:
            return []
        keys_of = self._viewer.commands.keys_of
        lines, is_all = _foot(
            [escape(each.text) for each in self._unseen],
            self.width,
            max(1, self.size.height // _FOOT_SHARE),
        )
        words = f"{DROP_SIGN} not seen: {len(self._unseen)}"
        hints = [] if is_all else [f"{keys_of('activity.not-seen')} all of it"]
        live = self._model.live
        if live and not live.readonly and any(each.calls for each in self._unseen):
            hints.append(f"{keys_of('activity.trace')} stages what is off")
        hints.append(f"{keys_of('activity.whose')} whose activity")
        hints.append(f"{keys_of('activity.report')} report")
        title: list[Part] = [(words, "unseen")]
        for hint in hints:
            if sum(width_of(text) for text, _ in title) + len(hint) + 3 > self.width:
                break
            title.append((f"   {hint}", "faint"))
        return [title, *([(text, "faint")] for text in lines)]

    def line(self, place: int) -> tuple[list[Part], str]:
        """A heading, a thing that was done, or how many are not shown."""
        return self._painter.parts(self._entries[place], self.width), ""

    def full(self, place: int) -> str:
        """All words of a line, not cut to the width."""
        return self._painter.full(self._entries[place])

    def clicked(self, x: int, again: bool) -> None:
        """Open the clicked line if it was already selected."""
        if again:
            self.go()

    @command("The rows of this line; of a heading, its lines", "enter", footer="its rows")
    def go(self) -> None:
        """Show the rows of the line at the cursor; open or close a heading."""
        entry = self._at_cursor()
        if entry is None:
            return
        if entry.is_more:
            self._folds.whole |= {entry.section}
            self._selected = None
            self._make_now()
        elif entry.line is None:
            self._turn(entry, not entry.is_open)
        else:
            self._show_rows(entry)

    def _show_rows(self, entry: ActivityEntry) -> None:
        line = entry.line
        assert line is not None
        behind = line.behind
        gone = 0 if behind.text else behind.count_before(self._model.trace.first_row)
        if gone >= behind.count:
            self._viewer.tell("Its rows have been let go.", "warning")
            return
        if gone:
            words = counted(gone, "row of this line has", "rows of this line have")
            self._viewer.tell(f"{words} been let go.", "warning")
        title = SECTIONS[entry.section].lower()
        label = f"{title}: {fit(escape(line.what), 40).strip()}"
        expression = behind.filter_text
        if behind.text:
            expression = conjunction([self._acting.subject.expression, expression])
        rows = None if behind.is_exact else behind
        self._viewer.show_rows(Chip(expression, SLOT, label=label, rows=rows), behind.first)

    @command("Unfold this line: what stands together in it", "right,l", 1, footer="unfold")
    @command("Fold; if it is folded, go to the line above it", "left,h", -1)
    def fold(self, step: int) -> None:
        """Open or close the heading or fold at the cursor."""
        entry = self._at_cursor()
        if entry is None:
            return
        if step > 0 and entry.is_more:
            self.go()
        elif entry.can_open and entry.is_open != (step > 0):
            self._turn(entry, step > 0)
        elif step < 0 and len(entry.key) > 1:
            parent = entry.key[:-2]
            place = next(at for at, each in enumerate(self._entries) if each.key == parent)
            self.select(place)

    @command("Open all headings; again: close them", "asterisk")
    def fold_all(self) -> None:
        """Open or close all headings, and close what is open below them."""
        self._folds.turn_all()
        self._make_now()

    @command("Sort by name, rows, bytes, last seen; last: as the report does", "s", footer="sort")
    def sort(self) -> None:
        """Sort the lines below each heading by what comes next."""
        orders = list(ActivityOrder)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._make_now()

    def _turn(self, entry: ActivityEntry, is_open: bool) -> None:
        self._folds.turn(entry.key, is_open)
        self._selected = entry.key
        self._make_now()


def _foot(sentences: list[str], width: int, room: int) -> tuple[list[str], bool]:
    """As many sentences, from the first on, as have room whole; of the first what has room.

    Args:
        sentences: what there is to say.
        width: cells of a line.
        room: how many lines there are.

    Returns:
        The lines, and whether all is said.
    """
    lines: list[str] = []
    for sentence in sentences:
        first, *rest = wrap_words(sentence, width - 4) or [""]
        wrapped = [f"  {first}", *(f"    {text}" for text in rest)]
        if not lines and len(wrapped) > room:
            cut = " ".join(text.strip() for text in wrapped[room - 1 :])
            return [*wrapped[: room - 1], fit(f"{'    ' if room > 1 else '  '}{cut}", width)], False
        if len(lines) + len(wrapped) > room:
            return lines, False
        lines += wrapped
    return lines, True


def _cut(parts: list[Part], width: int) -> list[Part]:
    """As many of the parts as fit, the last one shortened."""
    cut: list[Part] = []
    for text, look in parts:
        room = width - sum(width_of(each) for each, _ in cut)
        if room <= 1:
            break
        cut.append((text if width_of(text) <= room else fit(text, room), look))
    return cut
