"""Everything about the selected row: each field decoded and raw, the context, the bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from gvtui.decode.fields import field_views
from gvtui.decode.outcome import untold
from gvtui.query.calls.pairs import Unpaired
from gvtui.trace.row import Direction, Flag, Kind
from gvtui.tui.command.bindings import Pane
from gvtui.tui.command.command import command
from gvtui.tui.detail import hexdump
from gvtui.tui.detail.commands import Details
from gvtui.tui.detail.sides import SideView, both_sides, one_side
from gvtui.tui.kit.cells import Part, fit, width_of, wrap
from gvtui.tui.kit.lines import LineWidget
from gvtui.tui.kit.times import date_text, span_text, took_text
from gvtui.tui.model.rowtext import word
from gvtui.wire.header import WireError
from gvtui.wire.messages import Decoded, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events

    from gvtui.decode.fields import FieldView
    from gvtui.trace.row import Row
    from gvtui.tui.viewer import Viewer

_MAX_FIELDS = 500
"""Lines of fields shown: a hostile message may have a million."""
_MAX_VALUE = 4000
_NAME_WIDTH = 26
_NARROW_NAME_WIDTH = 18
_ROOMY = 80
_TWO_COLUMNS = 140
"""Cells from which on the context stands beside the message's own fields."""
_LEFT_SHARE = 0.48
_CONTEXT = "context_data."
_NO_FIELD = -1

_Line = tuple[list[Part], int]
"""Words, and which of the fields they are about."""


class DetailView(Pane, LineWidget, ScrollView, can_focus=True):
    """A heading, then fields, then bytes if asked for; only the lines on screen are made."""

    PREFIX = "detail"
    LOOKS = ("heading", "bar", "field", "value", "raw", "context", "faint", "alarm", "cursor")
    prefix, heading = "detail", "In the details"
    home = "detail"
    part: ClassVar = "detail"
    ALLOW_SELECT = False

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="detail")
        self._model = viewer.model
        self._details = viewer.feature(Details)
        self._shown: tuple[object, ...] | None = None
        self._heading: list[Part] = []
        self._views: list[SideView] = []
        """The fields, in the order of their lines."""
        self._picked = 0
        """The field at the cursor, which shows while this has the focus."""
        self._fields: list[_Line] = []
        """Lines of the message's own fields."""
        self._context_fields: list[_Line] = []
        self._data: list[bytes] = []
        """The messages whose bytes are shown."""
        self._had_bytes = False

    def news(self) -> None:
        """Show the row at the cursor if it is another one."""
        key = (
            self._model.cursor,
            id(self._model.trace),
            self._partner(),
            self._details.shows_bytes,
            self.scrollable_content_region.width,
            self._model.whole_calls,
            self._pair_words(self._model.cursor),
            self._codes(),
        )
        if key != self._shown:
            same_row = self._shown is not None and self._shown[:2] == key[:2]
            self._shown = key
            path = self.picked.path if self.picked is not None else ""
            self._fill()
            # From row to row the cursor stays with its field, to compare.
            paths = [side.view.path for side in self._views]
            self._picked = paths.index(path) if path in paths else 0
            if not same_row:
                self.scroll_to(y=0, animate=False)
                if self.has_focus:
                    self._show_picked()
            if self._details.shows_bytes and not self._had_bytes and self._data:
                self.scroll_to(y=self._lines, animate=False)
            self._had_bytes = self._details.shows_bytes

    def _pair_words(self, row_id: int | None) -> str:
        """Where the other side of a call is, or why there is none; empty for what is no call."""
        model = self._model
        pairs = model.analysis.pairs
        if row_id is None or not model.trace.first_row <= row_id < pairs.position:
            return ""
        is_enter = model.trace.row(row_id).direction == Direction.ENTER
        other = pairs.partner(row_id)
        if other is None:
            reason = pairs.reason(row_id)
            is_call = reason is not None and reason is not Unpaired.NOT_A_CALL
            return f"   {reason.value}" if is_call and reason else ""
        took = pairs.duration_ns(row_id)
        when = "" if took is None else f", {span_text(took if is_enter else -took)}"
        return f"   {'exit' if is_enter else 'enter'}: row {other:,}{when}"

    def _partner(self) -> int | None:
        """The other side of the selected call, where calls are shown whole."""
        model, pairs = self._model, self._model.analysis.pairs
        if not model.whole_calls or model.cursor is None or model.cursor >= pairs.position:
            return None
        return pairs.partner(model.cursor)

    def on_resize(self) -> None:
        """Lay the fields out again."""
        self.news()

    @property
    def _lines(self) -> int:
        """Lines that fields and context take."""
        if self._two_columns:
            return max(len(self._fields), len(self._context_fields))
        return len(self._fields) + len(self._context_fields)

    @property
    def _two_columns(self) -> bool:
        return self.scrollable_content_region.width >= _TWO_COLUMNS

    def _fill(self) -> None:
        model = self._model
        self._fields, self._context_fields, self._data, self._views = [], [], [], []
        cursor = model.cursor
        if cursor is None:
            self._heading = [(" Details", "heading"), ("   of the selected row", "faint")]
        else:
            try:
                self._fill_row(cursor, model.trace.row(cursor))
            except IndexError:
                self._heading = [(f" Row {cursor:,} is gone", "heading")]
        height = 1 + self._lines + hexdump.height(self._data)
        self.virtual_size = Size(self.scrollable_content_region.width, height)
        self.refresh()

    def _fill_row(self, row_id: int, row: Row) -> None:
        model = self._model
        trace = model.trace
        container = word(trace.container_of(row_id))
        if row.kind != Kind.MESSAGE:
            text = model.texts[row_id]
            self._heading = [(f" {text.rule}", "heading"), (f"   row {row_id:,}", "faint")]
            self._add("received", date_text(row.recv_ns, model.zone) if row.recv_ns else "-", "")
            if row.kind != Kind.DROP:
                for key, value in list(trace.details(row_id).items())[:_MAX_FIELDS]:
                    lines = value if isinstance(value, list) else str(value).splitlines()
                    for line in lines[:_MAX_FIELDS] or [""]:
                        self._add(word(str(key)), word(str(line)), "")
            return
        if self._fill_call(row_id, row, container):
            return
        payload = b""
        point = word(trace.string(row.point))
        self._heading = [
            (f" {point}", "heading"),
            (f"   row {row_id:,}", "faint"),
            (self._pair_words(row_id), "context"),
            (f"   {row.length} bytes   connection {row.conn}", "faint"),
            (f"   {container}", "raw"),
        ]
        if row.recv_ns:
            self._heading.append((f"   received {date_text(row.recv_ns, model.zone)}", "faint"))
        try:
            payload = trace.payload(row_id)
            if row.flags & Flag.TRUNCATED:
                raise WireError(
                    "it is longer than the largest message taken in; its beginning is here"
                )
            decoded = trace.decoded(row_id)
        except WireError as error:
            words = f"  ! This message cannot be read: {error}."
            self._fields.append(([(words, "alarm")], _NO_FIELD))
            self._data = [payload]
            return
        if isinstance(decoded.message, Unknown):
            words = f"  ? Message type {decoded.header.message_type} is not known to this version."
            self._fields.append(([(words, "alarm")], _NO_FIELD))
            self._data = [payload]
        else:
            self._fill_fields(one_side(row_id, self._views_of(row_id, decoded)))
        if self._details.shows_bytes:
            self._data = [payload]

    def _fill_call(self, row_id: int, row: Row, container: str) -> bool:
        """Show both sides of a call; False if there is only one, or one cannot be read."""
        trace, other = self._model.trace, self._partner()
        if other is None:
            return False
        enter, exit_ = (row_id, other) if row.direction == Direction.ENTER else (other, row_id)
        try:
            entered, left = trace.decoded(enter), trace.decoded(exit_)
        except (WireError, IndexError):
            return False
        sides = both_sides(
            enter, self._views_of(enter, entered), exit_, self._views_of(exit_, left)
        )
        duration = self._model.analysis.pairs.duration_ns(row_id)
        took = f"   took {took_text(duration)}" if duration is not None else ""
        point = word(trace.string(row.point)).removesuffix("/enter").removesuffix("/exit")
        self._heading = [
            (f" {point}", "heading"),
            (f"   rows {enter:,} and {exit_:,}{took}   connection {row.conn}", "faint"),
            (f"   {container}", "raw"),
        ]
        changed = dict.fromkeys(side.view.path for side in sides if side.differs)
        if changed:
            names = ", ".join(path.removeprefix(_CONTEXT) for path in changed)
            self._heading.insert(1, (f"   ⚠ enter and exit differ: {names}", "alarm"))
        self._fill_fields(sides)
        if self._details.shows_bytes:
            self._data = [trace.payload(enter), trace.payload(exit_)]
        return True

    def _views_of(self, row_id: int, decoded: Decoded) -> list[FieldView]:
        views = field_views(decoded, architecture=self._model.trace.architecture)[:_MAX_FIELDS]
        said = untold(self._model.analysis.pairs.execs.outcome(row_id))
        return [
            replace(view, decoded=said) if said and view.path == "exit.result" else view
            for view in views
        ]

    def _codes(self) -> tuple[int, ...]:
        """What is known of the exec that the selected row belongs to."""
        execs, row_id, other = self._model.analysis.pairs.execs, self._model.cursor, self._partner()
        return tuple(execs.code(row) for row in (row_id, other) if row is not None)

    def _fill_fields(self, sides: Iterable[SideView]) -> None:
        for side in sides:
            self._add_side(side)

    def _add_side(self, side: SideView) -> None:
        view = side.view
        in_context = view.path.startswith(_CONTEXT)
        look = "context" if in_context else "field"
        self._views.append(side)
        owner = len(self._views) - 1
        place = len(self._context_fields if in_context else self._fields)
        self._add(view.path.removeprefix(_CONTEXT), view.decoded, view.raw, look, owner)
        if side.sign != " ":
            lines = self._context_fields if in_context else self._fields
            (name, _), *rest = lines[place][0]
            flag = "⚠" if side.differs else " "
            named = (f"{flag}{side.sign}{name[2:]}", "alarm" if side.differs else look)
            lines[place] = ([named, *rest], owner)

    def _add(
        self, name: str, value: str, raw: str, look: str = "field", owner: int = _NO_FIELD
    ) -> None:
        value, raw = value[:_MAX_VALUE], raw[:_MAX_VALUE]
        roomy = self.scrollable_content_region.width >= _ROOMY
        width = _NAME_WIDTH if roomy else _NARROW_NAME_WIDTH
        lines = self._context_fields if look == "context" else self._fields
        room = self._column_width(look) - width - 4
        first, *rest = wrap(value, room)
        parts: list[Part] = [(f"  {fit(name, width)} ", look), (first, "value")]
        indent = " " * (width + 3)
        tells_more = raw not in ("", value, "{}", value[1:-1])
        beside = not rest and width_of(first) + width_of(raw) + 3 <= room
        if tells_more and beside:
            parts.append((f"   {raw}", "raw"))
        lines.append((parts, owner))
        lines += [([(indent, ""), (more, "value")], owner) for more in rest]
        if tells_more and not beside:
            lines += [([(indent, ""), (more, "raw")], owner) for more in wrap(raw, room)]

    def _column_width(self, look: str) -> int:
        width = self.scrollable_content_region.width
        if not self._two_columns:
            return width
        left = int(width * _LEFT_SHARE)
        return width - left if look == "context" else left

    def render_line(self, y: int) -> Strip:
        """The heading stays in place; what is under it scrolls."""
        width = self.scrollable_content_region.width
        if y == 0:
            return self.strip(_whole_parts(self._heading, width), width, ground="bar")
        place = y - 1 + round(self.scroll_y)
        if place < self._lines:
            return self._field_line(place, width)
        return self.strip(hexdump.line(self._data, place - self._lines - 1), width)

    def _field_line(self, place: int, width: int) -> Strip:
        if not self._two_columns:
            return self._one_line((*self._fields, *self._context_fields)[place], width)
        left = int(width * _LEFT_SHARE)
        sides = ((self._fields, left), (self._context_fields, width - left))
        return Strip.join(
            self._one_line(lines[place] if place < len(lines) else ([], _NO_FIELD), cells)
            for lines, cells in sides
        )

    def _one_line(self, line: _Line, width: int) -> Strip:
        parts, owner = line
        at_cursor = self.has_focus and owner == self._picked
        return self.strip(parts, width, ground="cursor" if at_cursor else "")

    @property
    def picked(self) -> FieldView | None:
        """The field at the cursor; None if the row has none."""
        return self._views[self._picked].view if self._picked < len(self._views) else None

    def _show_picked(self) -> None:
        """Bring the field at the cursor into sight."""
        places = [
            place
            for lines, start in (
                (self._fields, 0),
                (self._context_fields, 0 if self._two_columns else len(self._fields)),
            )
            for place, (_, owner) in enumerate(lines, start)
            if owner == self._picked
        ]
        if places:
            room = max(1, self.size.height - 1)
            top = min(max(round(self.scroll_y), places[-1] - room + 1), places[0])
            self.scroll_to(y=top, animate=False)
        self.refresh()

    @command("The field above", "up,k", -1)
    @command("The field below", "down,j", 1)
    def move(self, step: int) -> None:
        """Go to another field."""
        self._go(self._picked + step)

    @command("The first field", "home,g")
    def first(self) -> None:
        """Go to the first field."""
        self._go(0)

    @command("The last field", "end,G")
    def last(self) -> None:
        """Go to the last field."""
        self._go(len(self._views) - 1)

    @command("Up half a screen of fields", "ctrl+u", -1)
    @command("Down half a screen of fields", "ctrl+d", 1)
    def move_half(self, halves: int) -> None:
        """Go on by as many fields as half a screen has lines."""
        self._go(self._picked + halves * max(1, (self.size.height - 1) // 2))

    def _go(self, place: int) -> None:
        self._picked = max(0, min(place, len(self._views) - 1))
        self._show_picked()

    @command("What can be done with this field", "enter", "menu", footer="use")
    @command("Filter to this", "plus,equals_sign", "only", footer="only this")
    @command("Filter this out", "minus", "without", footer="not this")
    @command("Show it as a column, or no more", "vertical_line", "column", footer="column")
    def use(self, what: Literal["menu", "only", "without", "column"]) -> None:
        """Do something with the field at the cursor."""
        if self.picked is not None:
            row_id = self._views[self._picked].row_id
            self._details.use(row_id, self.picked, what)

    def on_focus(self) -> None:
        """Show the cursor."""
        self._show_picked()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a field; on the field where it stands, say what can be done with it."""
        owner = self._field_at(event.x, event.y)
        if owner == _NO_FIELD:
            return
        again = owner == self._picked and event.chain > 1
        self._picked = owner
        self.refresh()
        if again or event.button != 1:
            self.use("menu")

    def _field_at(self, x: int, y: int) -> int:
        place = y - 1 + round(self.scroll_y)
        lines: tuple[_Line, ...] | list[_Line] = (*self._fields, *self._context_fields)
        if self._two_columns:
            left = int(self.scrollable_content_region.width * _LEFT_SHARE)
            lines = self._fields if x < left else self._context_fields
        return lines[place][1] if y > 0 and 0 <= place < len(lines) else _NO_FIELD


def _whole_parts(parts: list[Part], width: int) -> list[Part]:
    """The first parts that fit the width in full; of the very first one what fits."""
    shown = [(fit(text, min(width, width_of(text))), look) for text, look in parts[:1]]
    for part in parts[1:]:
        if sum(width_of(text) for text, _ in (*shown, part)) > width:
            break
        shown.append(part)
    return shown
