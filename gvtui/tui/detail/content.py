"""What there is to say of a row: a heading, its fields decoded and raw, the context, the bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from gvtui.decode.fields import field_views
from gvtui.decode.outcome import untold
from gvtui.query.calls.call import Unpaired
from gvtui.trace.row import Direction, Flag, Kind
from gvtui.tui.detail.program import program_lines
from gvtui.tui.detail.sides import SideView, both_sides, one_side
from gvtui.tui.kit.cells import Part, fit, width_of, wrap
from gvtui.tui.kit.times import date_text, span_text, took_text
from gvtui.tui.model.rowtext import word
from gvtui.tui.model.who import session_of
from gvtui.wire.header import WireError
from gvtui.wire.messages import Decoded, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.decode.fields import FieldView
    from gvtui.trace.row import Row
    from gvtui.tui.detail.about import About
    from gvtui.tui.model.model import Model

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
_FORGEABLE = "from the environment: a program can forge it"
NO_FIELD = -1

Line: TypeAlias = tuple[list[Part], int]
"""Words, and whose they are: the index of a field, or below `NO_FIELD` the number of what is no field."""

_BLANK: Line = ([], NO_FIELD)


def grounds(
    model: Model, width: int, *, shows_bytes: bool, known: tuple[About, ...] = ()
) -> tuple[object, ...]:
    """All that a content follows from, the row first: while it is the same, so is the content."""
    execs, row_id, other = model.analysis.pairs.execs, model.cursor, _partner(model)
    return (
        (row_id, id(model.trace)),
        other,
        shows_bytes,
        width,
        model.whole_calls,
        pair_words(model, row_id),
        tuple(execs.code(row) for row in (row_id, other) if row is not None),
        _session(model, row_id),
        known,
        program_lines(model, row_id),
    )


def pair_words(model: Model, row_id: int | None) -> str:
    """Where the other side of a call is, or why there is none; empty for what is no call."""
    pairs = model.analysis.pairs
    if row_id is None or not model.trace.first_row <= row_id < pairs.position:
        return ""
    is_enter = model.trace.row(row_id).direction == Direction.ENTER
    other = model.analysis.sides.other(row_id)
    if other is None:
        reason = pairs.reason(row_id)
        is_call = reason is not None and reason is not Unpaired.NOT_A_CALL
        return f"   {reason.value}" if is_call and reason else ""
    took = model.analysis.sides.duration_ns(row_id)
    when = "" if took is None else f", {span_text(took if is_enter else -took)}"
    return f"   {'exit' if is_enter else 'enter'}: row {other:,}{when}"


def _partner(model: Model) -> int | None:
    """The other side of the selected call, where calls are shown whole."""
    pairs = model.analysis.pairs
    if not model.whole_calls or model.cursor is None or model.cursor >= pairs.position:
        return None
    return model.analysis.sides.other(model.cursor)


def _session(model: Model, row_id: int | None) -> tuple[str, str] | None:
    """The exec session of a row's process, and its audit ID; None if it is of none."""
    if row_id is None or row_id < model.trace.first_row:
        return None
    top = session_of(model, row_id)
    if top is None:
        return None
    return f"{top.pid} {word(top.name)}".rstrip() + ", tty" * top.has_tty, word(top.audit_id)


class Content:
    """What there is to say of the selected row, as lines of a width."""

    def __init__(
        self, model: Model, width: int, *, shows_bytes: bool, known: tuple[About, ...] = ()
    ) -> None:
        """Put the row at the cursor into lines.

        Args:
            model: the model.
            width: cells of a line.
            shows_bytes: whether the bytes are shown too.
            known: what other rows tell of it.
        """
        self.width = width
        self.heading: list[Part] = []
        self.entries: list[tuple[int, str]] = []
        """All that is said, in order: whose lines each has, as in `Line`, and its words in full."""
        self.views: list[SideView] = []
        """The fields, in the order of their lines."""
        self.fields: list[Line] = []
        """Lines of the message's own fields."""
        self.context: list[Line] = []
        self.data: list[bytes] = []
        """The messages whose bytes are shown."""
        self._model = model
        self._shows_bytes = shows_bytes
        self._known = known
        cursor = model.cursor
        if cursor is None:
            self.heading = [(" Details", "heading"), ("   of the selected row", "faint")]
            return
        try:
            self._fill_row(cursor, model.trace.row(cursor))
        except IndexError:
            self.heading = [(f" Row {cursor:,} is gone", "heading")]

    @property
    def _two_columns(self) -> bool:
        return self.width >= _TWO_COLUMNS

    @property
    def _left(self) -> int:
        """Cells of the message's own fields."""
        return int(self.width * _LEFT_SHARE) if self._two_columns else self.width

    @property
    def height(self) -> int:
        """Lines that fields and context take."""
        if self._two_columns:
            return max(len(self.fields), len(self.context))
        return len(self.fields) + len(self.context)

    def columns(self, place: int) -> list[tuple[Line, int]]:
        """What stands on a line, from the left, each with the cells that it has."""
        if not self._two_columns:
            return [((*self.fields, *self.context)[place], self.width)]
        sides = ((self.fields, self._left), (self.context, self.width - self._left))
        return [(lines[place] if place < len(lines) else _BLANK, cells) for lines, cells in sides]

    def places_of(self, owner: int) -> list[int]:
        """The lines of a field, or of what is no field, by its number."""
        below = 0 if self._two_columns else len(self.fields)
        return [
            place
            for lines, start in ((self.fields, 0), (self.context, below))
            for place, (_, of) in enumerate(lines, start)
            if of == owner
        ]

    def owner_at(self, x: int, place: int) -> int:
        """Whose words stand at a cell of a line; `NO_FIELD` if there are none."""
        if not 0 <= place < self.height:
            return NO_FIELD
        line, cells = self.columns(place)[0]
        return line[1] if x < cells else self.columns(place)[-1][0][1]

    def _fill_row(self, row_id: int, row: Row) -> None:
        model = self._model
        trace = model.trace
        container = self._container_words(row_id, row)
        if row.kind != Kind.MESSAGE:
            self._fill_other(row_id, row)
            return
        if self._fill_call(row_id, row, container):
            return
        payload = b""
        point = word(trace.string(row.point))
        self.heading = [
            (f" {point}", "heading"),
            (f"   row {row_id:,}", "faint"),
            (pair_words(model, row_id), "context"),
            (f"   {row.length} bytes   connection {row.conn}", "faint"),
            (f"   {container}", "raw"),
        ]
        if row.recv_ns:
            self.heading.append((f"   received {date_text(row.recv_ns, model.zone)}", "faint"))
        try:
            payload = trace.payload(row_id)
            if row.flags & Flag.TRUNCATED:
                raise WireError(
                    "it is longer than the largest message taken in; its beginning is here"
                )
            decoded = trace.decoded(row_id)
        except WireError as error:
            self._alarm(f"  ! This message cannot be read: {error}.", payload)
            return
        if isinstance(decoded.message, Unknown):
            kind = decoded.header.message_type
            self._alarm(f"  ? Message type {kind} is not known to this version.", payload)
        else:
            self._fill_fields(one_side(row_id, self._views_of(row_id, decoded)))
        if self._shows_bytes:
            self.data = [payload]

    def _container_words(self, row_id: int, row: Row) -> str:
        """The container's name and image with its ID."""
        trace = self._model.trace
        container = trace.container_of(row_id)
        names = trace.connections.names(row.conn, container)
        return word("   ".join(filter(None, (names.full, names.image, container))))

    def _fill_other(self, row_id: int, row: Row) -> None:
        """Show a row that is no message."""
        model = self._model
        self.heading = [
            (f" {model.texts[row_id].rule}", "heading"),
            (f"   row {row_id:,}", "faint"),
        ]
        if width_of(model.texts[row_id].rule) >= self.width:
            # The heading is one line.
            self._add("in full", model.texts[row_id].rule, "")
        self._add("received", date_text(row.recv_ns, model.zone) if row.recv_ns else "-", "")
        if row.kind == Kind.DROP:
            return
        for key, value in list(model.trace.details(row_id).items())[:_MAX_FIELDS]:
            lines = value if isinstance(value, list) else str(value).splitlines()
            for line in lines[:_MAX_FIELDS] or [""]:
                self._add(word(str(key)), word(str(line)), "")

    def _alarm(self, words: str, payload: bytes) -> None:
        """Say why there are no fields, and show the bytes whether they are asked for or not."""
        owner = self._said(words)
        self.fields.append(([(words, "alarm")], owner))
        self.data = [payload]

    def _fill_call(self, row_id: int, row: Row, container: str) -> bool:
        """Show both sides of a call; False if there is only one, or one cannot be read."""
        trace, other = self._model.trace, _partner(self._model)
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
        duration = self._model.analysis.sides.duration_ns(row_id)
        took = f"   took {took_text(duration)}" if duration is not None else ""
        point = word(trace.string(row.point)).removesuffix("/enter").removesuffix("/exit")
        self.heading = [
            (f" {point}", "heading"),
            (f"   rows {enter:,} and {exit_:,}{took}   connection {row.conn}", "faint"),
            (f"   {container}", "raw"),
        ]
        changed = dict.fromkeys(side.view.path for side in sides if side.differs)
        if changed:
            names = ", ".join(path.removeprefix(_CONTEXT) for path in changed)
            self.heading.insert(1, (f"   ⚠ enter and exit differ: {names}", "alarm"))
        self._fill_fields(sides)
        if self._shows_bytes:
            self.data = [trace.payload(enter), trace.payload(exit_)]
        return True

    def _views_of(self, row_id: int, decoded: Decoded) -> list[FieldView]:
        model = self._model
        views = field_views(decoded, architecture=model.trace.architecture, zone=model.zone)
        said = untold(model.analysis.pairs.execs.outcome(row_id))
        return [
            replace(view, decoded=said) if said and view.path == "exit.result" else view
            for view in views[:_MAX_FIELDS]
        ]

    def _fill_fields(self, sides: Iterable[SideView]) -> None:
        for each in self._known:
            self._add(each.name, each.value, each.more, "context")
        for name, value in program_lines(self._model, self._model.cursor):
            self._add(name, value, "", "context")
        for side in sides:
            self._add_side(side)
        session = _session(self._model, self._model.cursor)
        if session is not None:
            name, audit_id = session
            self._add("exec session", name, "", "context")
            if audit_id:
                self._add("audit ID", audit_id, _FORGEABLE, "context")

    def _add_side(self, side: SideView) -> None:
        view = side.view
        in_context = view.path.startswith(_CONTEXT)
        look = "context" if in_context else "field"
        self.views.append(side)
        owner = len(self.views) - 1
        place = len(self.context if in_context else self.fields)
        self._add(view.path.removeprefix(_CONTEXT), view.decoded, view.raw, look, owner)
        if side.sign != " ":
            lines = self.context if in_context else self.fields
            (name, _), *rest = lines[place][0]
            flag = "⚠" if side.differs else " "
            named = (f"{flag}{side.sign}{name[2:]}", "alarm" if side.differs else look)
            lines[place] = ([named, *rest], owner)

    def _said(self, words: str, owner: int = NO_FIELD) -> int:
        """Note the words of an entry; gives whose its lines are."""
        owner = NO_FIELD - 1 - len(self.entries) if owner == NO_FIELD else owner
        self.entries.append((owner, words))
        return owner

    def _add(
        self, name: str, value: str, raw: str, look: str = "field", owner: int = NO_FIELD
    ) -> None:
        value, raw = value[:_MAX_VALUE], raw[:_MAX_VALUE]
        owner = self._said(f"{name}  {value}  {raw}", owner)
        width = _NAME_WIDTH if self.width >= _ROOMY else _NARROW_NAME_WIDTH
        in_context = look == "context"
        lines = self.context if in_context else self.fields
        cells = self.width - self._left if in_context and self._two_columns else self._left
        room = cells - width - 4
        first, *rest = wrap(value, room)
        parts: list[Part] = [(f"  {fit(name, width)} ", look), (first, "value")]
        indent = " " * (width + 3)
        tells_more = raw not in ("", value, "{}", value[1:-1], f"0x{value}")
        beside = not rest and width_of(first) + width_of(raw) + 3 <= room
        if tells_more and beside:
            parts.append((f"   {raw}", "raw"))
        lines.append((parts, owner))
        lines += [([(indent, ""), (more, "value")], owner) for more in rest]
        if tells_more and not beside:
            lines += [([(indent, ""), (more, "raw")], owner) for more in wrap(raw, room)]
