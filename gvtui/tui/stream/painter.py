"""Draws rows as strips of styled segments, without markup, so that data cannot set styles."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from gvtui.decode.ids import called, cut_name
from gvtui.decode.times import zone_text
from gvtui.query.filter.field import CONTAINER
from gvtui.tui.kit.cells import fit, width_of
from gvtui.tui.kit.signs import BOOKMARK, BOOKMARK_AT_CURSOR, CURSOR_MARK, OUTSIDE_SIGN
from gvtui.tui.kit.times import (
    SECOND_NS,
    age_text,
    are_of_one_day,
    day_clock_text,
    day_text,
    took_text,
)
from gvtui.tui.model.rowtext import Look, RowText, word
from gvtui.tui.model.who import session_of
from gvtui.tui.stream.columns import (
    Placed,
    RowLook,
    TimeMode,
    call_text,
    duration_text,
    field_text,
    place,
    result_text,
    time_text,
)
from gvtui.tui.stream.highlight import highlight, highlight_end

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.style import Style

    from gvtui.tui.model.model import Model

STYLES = (
    "heading",
    "time",
    "sandbox",
    "pid",
    "process",
    "enter",
    "exit",
    "event",
    "failed",
    "bad",
    "drop",
    "note",
    "name",
    "arguments",
    "returned",
    "faint",
    "result",
    "duration",
    "slow",
    "running",
    "cursor",
    "found",
    "mark",
)
"""The names of the stream's styles; the stylesheet has them after `stream--`."""

_KEPT = 1024
_NARROW_TIME = 12
_SLOW_NS = SECOND_NS // 10
"""The duration in nanoseconds above which a call is highlighted as slow."""

_SIGN_STYLE = {
    Look.ENTER: "enter",
    Look.EXIT: "exit",
    Look.FAILED: "failed",
    Look.CALL: "exit",
    Look.RUNNING: "running",
    Look.EVENT: "event",
    Look.BAD: "bad",
    Look.DROP: "drop",
    Look.NOTE: "note",
}

_TIME_TITLES = {
    TimeMode.CLOCK: "time",
    TimeMode.SINCE_FIRST: "since start",
    TimeMode.SINCE_PREVIOUS: "since above",
}


class Painter:
    """Makes and caches the strips of rows."""

    def __init__(self, model: Model, look: RowLook) -> None:
        self._model = model
        self._look = look
        self._styles: dict[str, Style] = {}
        self._placed: tuple[Placed, ...] = ()
        self._key: tuple[object, ...] = ()
        self._measured: tuple[object, int] = None, -1
        """The sandboxes, and the version of their names, that `_name_cells` was taken from."""
        self._name_cells = 0
        self._kept: OrderedDict[tuple[int, bool, int, bool], Strip] = OrderedDict()
        self._is_outside = False
        """Whether the row that is painted is of an exec session."""
        self.width = 0
        self.shift = 0
        """How many characters of the arguments are scrolled off to the left."""
        self.changing = False
        """Set when a painted row shows the age of a running call, which changes with time."""

    def restyle(self, find: Callable[[str], Style]) -> None:
        """Resolve the styles again; `find` gives one of `STYLES` from the stylesheet."""
        self._styles = {name: find(name) for name in STYLES}
        self._kept.clear()

    def prepare(self, width: int) -> None:
        """Prepare to paint rows of `width` cells with the model's present settings."""
        model, look = self._model, self._look
        key = (
            width,
            self.shift,
            look.time_mode,
            look.hidden,
            model.moments.base_ns,
            model.whole_calls,
            look.added,
            look.highlight,
            model.bookmarks.changes,
            *self._sandboxes(),
        )
        if key != self._key:
            self._key = key
            self.width = width
            needed = {"duration"} if model.whole_calls else set()
            if self._shows_many():
                needed.add("sandbox")
            self._placed = place(
                width,
                look.hidden,
                frozenset(needed),
                look.added,
                look.order,
                name_cells=self._name_cells,
            )
            self._kept.clear()

    def _sandboxes(self) -> tuple[object, ...]:
        """What the column of sandboxes goes by: their names, and whether there are several."""
        connections = self._model.trace.connections
        found, version = connections.sandboxes(), connections.naming.version
        if found is not self._measured[0] or version != self._measured[1]:
            self._measured = found, version
            names = [called(connections, each.latest.conn, each.container_id) for each in found]
            names += [each.label for each in connections.naming.all()]
            self._name_cells = max((width_of(word(name)) for name in names), default=0)
        return version, self._name_cells, self._shows_many()

    def _shows_many(self) -> bool:
        """Whether the rows may be of more than one sandbox, or of a pod's containers."""
        connections = self._model.trace.connections
        chip = self._model.chips.in_slot(CONTAINER)
        if chip is not None and chip.expression in self._model.chips.active():
            return False
        return connections.are_of_many or any(
            len(life.containers) > 1 for life in connections.lives.standing()
        )

    def heading(self, row_id: int | None) -> Strip:
        """The line of column titles; `row_id` is the first row on the screen."""
        style = self._styles["heading"]
        words = [" "]
        for placed in self._placed:
            title = placed.column.title
            if placed.column.key == "time":
                title = self._time_title(row_id)
            right = placed.column.key in ("pid", "tid", "duration")
            words.append(fit(title, placed.width, right=right) + " ")
        return Strip([Segment(fit("".join(words).rstrip(), self.width), style)], self.width)

    def _time_title(self, row_id: int | None) -> str:
        """The title of the times: with the zone, where they are times of day."""
        title = _TIME_TITLES[self._look.time_mode]
        if self._look.time_mode is not TimeMode.CLOCK:
            return title
        return f"{title} {zone_text(self._when(row_id), self._model.zone)}"

    def _when(self, row_id: int | None) -> int:
        """When a row happened; 0 if it is not there, or it is not known."""
        trace = self._model.trace
        if row_id is None or not trace.first_row <= row_id < trace.end_row:
            return 0
        return trace.row(row_id).when_ns

    def _new_day(self, row_id: int, previous_id: int | None) -> str:
        """The day of a row, if that of the row above is another; else ""."""
        if self._look.time_mode is not TimeMode.CLOCK:
            return ""
        when, zone = self._when(row_id), self._model.zone
        if are_of_one_day(when, self._when(previous_id), zone):
            return ""
        return day_text(when, zone)

    def row(self, row_id: int, previous_id: int | None, selected: bool) -> Strip:
        """One row; `previous_id` is the row shown above it, if there is one."""
        relative = self._look.time_mode is TimeMode.SINCE_PREVIOUS
        day = self._new_day(row_id, previous_id)
        above = previous_id if (relative or day) and previous_id is not None else -1
        is_outside = row_id >= self._model.trace.first_row and bool(session_of(self._model, row_id))
        key = (row_id, selected, above, is_outside)
        strip = self._kept.get(key)
        if strip is None:
            self._is_outside = is_outside
            strip, is_final = self._paint(row_id, previous_id, selected, day)
            if not is_final:
                self.changing = True
                return strip
            self._kept[key] = strip
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return strip

    def _paint(
        self, row_id: int, previous_id: int | None, selected: bool, day: str
    ) -> tuple[Strip, bool]:
        styles = self._styles
        try:
            text = self._model.texts.text(row_id, whole=self._model.whole_calls)
        except IndexError:
            words = f"  row {row_id:,} is gone: the trace keeps only the newest rows"
            return Strip([Segment(fit(words, self.width), styles["faint"])], self.width), True
        if text.rule:
            segments = self._rule(text, day)
        else:
            segments = [Segment(" ", styles["faint"])]
            for placed in self._placed:
                if day and placed.column.key == "time":
                    when = day_clock_text(text.row.when_ns, self._model.zone, placed.width)
                    segments.append(Segment(fit(when, placed.width), styles["mark"]))
                else:
                    segments.extend(self._marked_cell(placed, text, previous_id))
                segments.append(Segment(" ", styles["faint"]))
            segments.pop()
        is_marked = row_id in self._model.bookmarks
        if is_marked:
            segments[0] = Segment(BOOKMARK, styles["mark"])
        if selected:
            segments[0] = Segment(BOOKMARK_AT_CURSOR if is_marked else CURSOR_MARK, styles["enter"])
            found, under = styles["found"].bgcolor, styles["cursor"]
            segments = [
                segment
                if segment.style is not None and segment.style.bgcolor == found
                else Segment(segment.text, segment.style + under if segment.style else under)
                for segment in segments
            ]
        return Strip(segments, self.width), text.is_final

    def _rule(self, text: RowText, day: str) -> list[Segment]:
        style = self._styles["drop" if text.look is Look.DROP else "note"]
        line = self._styles["faint"]
        words = f" {day}  {text.rule} " if day else f" {text.rule} "
        room = self.width - 1
        taken = width_of(words)
        if taken >= room - 8:
            shown = self._find([Segment(fit(words, room), style)], text.rule)
            return [Segment(" ", line), *shown]
        left = 4 if text.look is Look.NOTE else (room - taken) // 2
        right = room - taken - left
        return [
            Segment(" ", line),
            Segment("┄" * left, line),
            *self._find([Segment(words, style)], text.rule),
            Segment("┄" * right, line),
        ]

    def _find(self, cell: list[Segment], full: str) -> list[Segment]:
        """Highlight the matches of the search; for a match in a cut-off part, the cell's end."""
        pattern = self._look.highlight
        if pattern is None:
            return cell
        found = highlight(cell, pattern, self._styles["found"])
        if found is None and pattern.search(full):
            found = highlight_end(cell, self._styles["found"])
        return found or cell

    def _marked_cell(self, placed: Placed, text: RowText, previous_id: int | None) -> list[Segment]:
        cell = self._cell(placed, text, previous_id)
        if self._look.highlight is None or placed.column.key == "sign":
            return cell
        return self._find(cell, self._full_text(placed.column.key, text, previous_id))

    def _full_text(self, key: str, text: RowText, previous_id: int | None) -> str:
        """The uncut text of a cell."""
        row = text.row
        if key == "time":
            return time_text(self._model, self._look, row.when_ns, previous_id)
        if key in ("pid", "tid"):
            return str((row.pid if key == "pid" else row.tid) or "")
        if key == "call":
            return call_text(text)
        words = {
            "sandbox": f"{text.called} {text.container}",
            "process": text.process,
            "result": result_text(text),
            "duration": duration_text(text),
        }
        found = words.get(key)
        return field_text(self._model, key, text.row_id) if found is None else found

    def _cell(self, placed: Placed, text: RowText, previous_id: int | None) -> list[Segment]:
        styles, width, key = self._styles, placed.width, placed.column.key
        row = text.row
        if key == "time":
            return [Segment(fit(self._time(text, previous_id, width), width), styles["time"])]
        if key == "sandbox":
            name = cut_name(text.called, width)
            return [Segment(fit(name, width), styles["sandbox"])]
        if key == "pid":
            return [Segment(fit(str(row.pid or ""), width, right=True), styles["pid"])]
        if key == "tid":
            style = styles["faint" if row.tid == row.pid else "pid"]
            return [Segment(fit(str(row.tid or ""), width, right=True), style)]
        if key == "process":
            sign = OUTSIDE_SIGN if self._is_outside else ""
            name = fit(text.process, width - len(sign))
            return [Segment(sign, styles["event"]), Segment(name, styles["process"])]
        if key == "sign":
            return [Segment(fit(text.sign, width), styles[_SIGN_STYLE[text.look]])]
        if key == "call":
            return self._call(text, width)
        if key == "duration":
            return [self._duration(text, width)]
        if key == "result":
            return [self._result(text, width)]
        value = field_text(self._model, key, text.row_id)
        return [Segment(fit(value, width), styles["returned"])]

    def _time(self, text: RowText, previous_id: int | None, width: int) -> str:
        digits = 3 if width <= _NARROW_TIME else 6
        words = time_text(self._model, self._look, text.row.when_ns, previous_id, digits)
        return words if self._look.time_mode is TimeMode.CLOCK else words.rjust(width)

    def _call(self, text: RowText, width: int) -> list[Segment]:
        styles = self._styles
        name_style = styles[{Look.EVENT: "event", Look.BAD: "bad"}.get(text.look, "name")]
        name = text.name
        arguments = text.arguments
        if text.look not in (Look.EVENT, Look.BAD):
            arguments = f"({arguments})"
        elif arguments:
            arguments = " " + arguments
        if self.shift:
            arguments = "…" + arguments[self.shift :] if self.shift < len(arguments) else ""
        taken = width_of(name)
        if taken >= width:
            return [Segment(fit(name, width), name_style)]
        is_plain = text.is_whole or text.look in (Look.ENTER, Look.EVENT)
        style = styles["bad" if text.is_noticed else "arguments" if is_plain else "returned"]
        return [Segment(name, name_style), Segment(fit(arguments, width - taken), style)]

    def _result(self, text: RowText, width: int) -> Segment:
        style = "result"
        if text.look is Look.FAILED:
            style = "failed"
        elif text.unpaired is not None:
            style = "running" if text.look is Look.RUNNING else "faint"
        return Segment(fit(result_text(text), width), self._styles[style])

    def _duration(self, text: RowText, width: int) -> Segment:
        if text.look is Look.RUNNING:
            age = max(0, self._model.moments.clock_ns - text.row.when_ns) if text.row.when_ns else 0
            words, style = age_text(age) if age else "", "running"
        elif text.duration_ns is None:
            words, style = "", "faint"
        else:
            words = took_text(text.duration_ns)
            style = "slow" if text.duration_ns >= _SLOW_NS else "duration"
        return Segment(fit(words, width, right=True), self._styles[style])
