"""The stream's columns: which fit a width, and the uncut text of each cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.decode.fields import arguments
from gvtui.query.calls.call import Unpaired
from gvtui.query.filter.forms import argument_forms, context_forms
from gvtui.trace.row import Flag, Kind
from gvtui.tui.kit.signs import ENTER_SIGN, EXIT_SIGN, FAILED_SIGN
from gvtui.tui.kit.times import clock_text, span_text, took_text
from gvtui.tui.model.rowtext import Look, RowText
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.tui.model.model import Model
    from gvtui.wire.messages import Decoded


class TimeMode(Enum):
    """What the time column shows: time of day, or time since another row."""

    CLOCK = "time"
    SINCE_FIRST = "since start"
    SINCE_PREVIOUS = "since above"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the stream."""

    key: str
    title: str
    what: str
    """A description, for the dialog that chooses columns."""
    narrow: int
    """Its width in cells on a narrow screen."""
    wide: int
    """Its width in cells on a wide screen."""
    gives_way: int = 0
    """Its turn to be left out on a narrow screen, 1 first; 0 is never left out."""


@dataclass(slots=True)
class RowLook:
    """The user's settings for the look of rows."""

    time_mode: TimeMode = TimeMode.CLOCK
    hidden: frozenset[str] = frozenset()
    """The keys of the hidden columns."""
    added: tuple[Column, ...] = ()
    """Columns that the user has added, for fields of the message or its context."""
    order: tuple[str, ...] = ()
    """The configured keys of columns, from the left; others follow in their own order."""
    highlight: re.Pattern[str] | None = None
    """The pattern of the search, whose matches are highlighted."""


COLUMNS = (
    Column("time", "time", "When it happened", 12, 15),
    Column("sandbox", "sandbox", "Container, by its name or ID", 12, 12, gives_way=1),
    Column("pid", "pid", "Process ID inside the sandbox", 5, 6),
    Column("tid", "tid", "Thread ID inside the sandbox", 5, 6, gives_way=2),
    Column("process", "process", "Process name", 10, 15),
    Column("sign", "", f"Enter {ENTER_SIGN}, exit {EXIT_SIGN}, or an event's sign", 3, 3),
    Column("call", "call", "System call or event, and its arguments", 0, 0),
    Column("result", "result", "Result, or the error's name", 14, 18),
    Column("duration", "took", "How long the call took", 8, 9, gives_way=3),
)
"""All columns in their order. `call` takes the width that the others leave."""

FIXED = frozenset(("sign", "call"))
"""The columns that cannot be hidden."""

_LEAST_CALL = 40
"""The least width in cells for the call, before any column that may be left out is shown."""
_BARE_CALL = 14
"""The least width in cells for the call, before columns are left out that are needed."""
_LEAST_NAME, _SHORT_NAME, _MOST_NAME = 7, 12, 40
"""Cells of a sandbox's name: at least, where there is hardly any room, and at most."""
_ROOMY = 134
"""From how many cells on columns have their wide form."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column with its position on the screen."""

    column: Column
    start: int
    width: int


def place(
    width: int,
    hidden: frozenset[str],
    needed: frozenset[str] = frozenset(),
    added: tuple[Column, ...] = (),
    order: tuple[str, ...] = (),
    *,
    name_cells: int = 0,
) -> tuple[Placed, ...]:
    """Lay the columns out in `width` cells; the first cell is for the cursor sign.

    Args:
        width: the width of the screen in cells.
        hidden: the keys of hidden columns.
        needed: the keys of columns that must not be left out.
        added: columns that the user has added, shown before the result.
        order: the keys of columns, from the left; other columns follow these.
        name_cells: cells of the longest name of a sandbox. A name is cut only where the call
            would have too little room even without the columns that give way.
    """
    before = next(place for place, column in enumerate(COLUMNS) if column.key == "call") + 1
    every = (*COLUMNS[:before], *added, *COLUMNS[before:])
    shown = [column for column in every if column.key not in hidden]
    if order:
        shown.sort(key=lambda c: order.index(c.key) if c.key in order else len(order))
    roomy = width >= _ROOMY
    full = min(max(_SHORT_NAME, name_cells), _MOST_NAME)
    name = full if "sandbox" in needed else _SHORT_NAME

    def wanted(column: Column) -> int:
        if column.key == "sandbox":
            return name
        return column.wide if roomy else column.narrow

    def left() -> int:
        return width - 1 - sum(wanted(column) + 1 for column in shown) + 1

    for turn in sorted(column.gives_way for column in COLUMNS if column.gives_way):
        if left() >= _LEAST_CALL:
            break
        shown = [c for c in shown if c.gives_way != turn or c.key in needed]
    if left() < _BARE_CALL and "sandbox" in needed:
        shown = [c for c in shown if not c.gives_way or c.key == "sandbox"]
    name = max(_SHORT_NAME, min(full, name + left() - _LEAST_CALL))
    name = max(_LEAST_NAME, name - max(0, _BARE_CALL - left()))
    call = max(1, left())
    placed, start = [], 1
    for column in shown:
        cells = call if column.key == "call" else wanted(column)
        placed.append(Placed(column, start, cells))
        start += cells + 1
    return tuple(placed)


UNPAIRED = {
    Unpaired.IN_FLIGHT: "… running",
    Unpaired.NOT_READ: "…",
    Unpaired.EXIT_NOT_SEEN: "exit not seen",
    Unpaired.THREAD_ENDED: "thread ended",
    Unpaired.CONNECTION_CLOSED: "disconnected",
    Unpaired.GONE: "exit is gone",
}
"""Shown in place of the result of a call that has none."""


def call_text(text: RowText) -> str:
    """The call with its arguments."""
    if text.look not in (Look.EVENT, Look.BAD):
        return f"{text.name}({text.arguments})"
    return f"{text.name} {text.arguments}" if text.arguments else text.name


def result_text(text: RowText) -> str:
    """The result, the error, or why there is none."""
    if text.look is Look.FAILED:
        return f"{FAILED_SIGN} {text.result}"
    if text.unpaired is not None:
        return UNPAIRED.get(text.unpaired, "")
    return text.result


def time_text(
    model: Model, look: RowLook, when_ns: int, previous_id: int | None, digits: int = 6
) -> str:
    """The time in the current mode; `previous_id` is the row shown above, if any."""
    if look.time_mode is TimeMode.CLOCK:
        return clock_text(when_ns, model.zone, digits)
    if not when_ns:
        return "-"
    since = model.moments.base_ns
    if look.time_mode is TimeMode.SINCE_PREVIOUS:
        since = 0
        if previous_id is not None and previous_id >= model.trace.first_row:
            since = model.trace.row(previous_id).when_ns
        if not since:
            return ""
    return span_text(when_ns - since)


def duration_text(text: RowText) -> str:
    """The duration of the call; "" while it runs, since its age changes all the time."""
    return "" if text.duration_ns is None else took_text(text.duration_ns)


MAX_FIELD_COLUMNS = 4
"""How many columns may be added; the call would have no room beside more."""

_MAX_VALUE = 400
_NARROW, _WIDE = 12, 18
_ARGUMENT, _CONTEXT = "evt.arg.", "context."
_FIELD = re.compile(r"(?:evt\.arg|context)(?:\.[A-Za-z_]\w{0,60}){1,6}", re.ASCII)


def is_field(name: str) -> bool:
    """Whether a name is a field that can be a column."""
    return _FIELD.fullmatch(name) is not None


def field_column(field: str) -> Column:
    """The column of a field, named as in filters: `evt.arg.NAME`, `context.NAME`."""
    title = field.removeprefix(_ARGUMENT).removeprefix(_CONTEXT)
    return Column(field, escape(title, 60), f"The field {field}", _NARROW, _WIDE)


_TITLES = {column.title: column.key for column in COLUMNS if column.title}
"""What columns are called on the screen, where a configuration may name them so too."""
_MAX_NAME, _MAX_TOLD = 40, 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """The columns that a configuration asks for."""

    order: tuple[str, ...]
    """Their keys from the left, with those that are always there."""
    added: tuple[Column, ...]
    """Those of them that are fields."""
    problems: tuple[str, ...]
    """What is wrong with the list: sentences without full stop."""


def chosen_columns(names: Iterable[str]) -> Chosen:
    """The columns of a list of names, as far as these are right."""
    known = {column.key for column in COLUMNS}
    keys: list[str] = []
    wrong: list[str] = []
    for name in dict.fromkeys(names):
        key = _TITLES.get(name, name)
        if key not in known and not is_field(name):
            wrong.append(repr(escape(name, _MAX_NAME)))
        else:
            keys.append(key)
    problems = []
    if wrong:
        told = ", ".join(wrong[:_MAX_TOLD])
        problems.append(f"there is no column {told}; fields are evt.arg.NAME")
    fields = [key for key in keys if key not in known]
    if len(fields) > MAX_FIELD_COLUMNS:
        problems.append(f"of fields, the first {MAX_FIELD_COLUMNS} are shown as columns")
    if "call" not in keys:
        behind = [place for place, key in enumerate(keys) if key in ("result", "duration")]
        keys.insert(min(behind, default=len(keys)), "call")
    if "sign" not in keys:
        keys.insert(keys.index("call"), "sign")
    added = tuple(map(field_column, fields[:MAX_FIELD_COLUMNS]))
    return Chosen(tuple(keys), added, tuple(problems))


def field_text(model: Model, field: str, row_id: int) -> str:
    """The field's value in a row, escaped for a terminal; "" if the row lacks it."""
    trace = model.trace
    row = trace.row(row_id)
    if row.kind != Kind.MESSAGE or row.flags & Flag.MALFORMED:
        return ""
    try:
        decoded = trace.decoded(row_id)
    except WireError:
        return ""
    return escape(_value(decoded, field, trace.architecture), _MAX_VALUE)


def _value(decoded: Decoded, field: str, architecture: str) -> str:
    if field.startswith(_CONTEXT):
        return _shown(context_forms(decoded, field.removeprefix(_CONTEXT), architecture))
    name = field.removeprefix(_ARGUMENT)
    words = arguments(decoded, architecture=architecture).get(name)
    return words or _shown(argument_forms(decoded, name, architecture))


def _shown(forms: list[int | str]) -> str:
    """A value's textual forms; a plain number has only one form."""
    return " ".join(form for form in forms if isinstance(form, str) and form)
