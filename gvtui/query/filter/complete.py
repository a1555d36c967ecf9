"""Completes a filter at the cursor: fields, operators, and values from the trace."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gvtui.decode.errno_names import errno_text
from gvtui.points.groups import SET_DESCRIPTIONS
from gvtui.points.syscalls import names_by_sysno
from gvtui.query.filter.batch import NumberColumn
from gvtui.query.filter.fields import FIELDS, find_field
from gvtui.query.filter.operators import OPERATORS, ValueKind
from gvtui.query.filter.parse import MAX_TEXT, grammar
from gvtui.query.filter.processes import row_process
from gvtui.query.filter.texts import TextColumn
from gvtui.query.filter.transformers import TRANSFORMERS
from gvtui.query.filter.values import ERRNO_BY_NAME
from gvtui.query.filter.write import literal, process_id
from gvtui.trace.row import LOST_STRING
from gvtui.wire.messages import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from gvtui.query.filter.field import Field
    from gvtui.query.source import RowSource

MAX_COMPLETIONS = 200
_MAX_PROCESSES = 50
"""How many processes are suggested: a message is decoded for each."""

_SAMPLE = 20_000
"""How many of the newest rows are searched for values."""

_WORD_REST = re.compile(r"[^\s(),\"'=<>!]*")

_WORD_TERMINALS = ("FIELD", "BARE")

_AGO = (("-30s", "half a minute ago"), ("-5m", "five minutes ago"), ("-1h", "an hour ago"))
_DURATIONS = ("100us", "1ms", "10ms", "100ms", "1s")


class Completion(NamedTuple):
    """A suggestion: a text that replaces a part of the filter."""

    text: str
    start: int
    """The column at which the replaced part begins."""
    end: int
    note: str
    """A description in a few words. Like `text`, it may come from a sandbox: escape it."""


class _Place(NamedTuple):
    """What may follow the text before the cursor."""

    start: int
    """The column at which the word at the cursor begins."""
    word: str
    """The part of that word before the cursor, without quotes."""
    accepts: set[str]
    """The names of the grammar's terminals that may follow."""
    field: Field | None
    """The last field before the cursor; None if there is none."""


def complete(text: str, cursor: int, trace: RowSource | None = None) -> list[Completion]:
    """Suggestions for the cursor, the more likely first.

    Args:
        text: the filter as far as it is typed.
        cursor: a column of it, from 0 to its length.
        trace: the trace whose newest rows give values; None for no values.
    """
    cursor = min(max(cursor, 0), len(text))
    place = _place(text[: min(cursor, MAX_TEXT)])
    if place is None:
        return []
    rest = _WORD_REST.match(text, cursor)
    end = rest.end() if rest else cursor
    wanted = place.word.casefold()
    begins, has = [], []
    offers: dict[str, str] = {}
    for offered, note in _offers(place, trace):
        offers.setdefault(offered, note)
    for offered, note in offers.items():
        # A quoted value matches by its content.
        shown = offered.lstrip("\"'").casefold()
        if shown.startswith(wanted):
            begins.append(Completion(offered, place.start, end, note))
        elif wanted in shown:
            has.append(Completion(offered, place.start, end, note))
    return (begins + has)[:MAX_COMPLETIONS]


def _place(before: str) -> _Place | None:
    """Analyse the text before the cursor; None if it has an error."""
    from lark import UnexpectedCharacters, UnexpectedToken

    reader = grammar().parse_interactive(before)
    field: Field | None = None
    start = len(before)
    try:
        for token in reader.iter_parse():
            is_word = token.type in _WORD_TERMINALS or token.isalpha()
            if token.end_pos == len(before) and is_word:
                start = token.start_pos or 0
                break
            if token.type == "FIELD":
                found = find_field(str(token))
                field = found[0] if found else None
    except UnexpectedCharacters as error:
        start = error.pos_in_stream or 0
    except UnexpectedToken as error:
        start = error.token.start_pos or 0
        if error.token.end_pos != len(before):
            return None
    word = before[start:]
    if word[:1] in ("'", '"'):
        word = word[1:]
    elif any(char.isspace() for char in word):
        return None
    accepts = set(reader.accepts())  # type: ignore[no-untyped-call]
    return _Place(start, word, accepts, field)


def _offers(place: _Place, trace: RowSource | None) -> Iterator[tuple[str, str]]:
    accepts = place.accepts
    if "FIELD" in accepts:
        yield from _fields(place.word)
        for name, (_, description) in TRANSFORMERS.items():
            yield f"{name}(", description
    if "NOT" in accepts:
        yield "not", "negates the next condition"
        yield "(", "opens a group"
    if "COMPARE" in accepts:
        names = place.field.operators() if place.field else [o.name for o in OPERATORS]
        notes = {operator.name: operator.description for operator in OPERATORS}
        for name in names:
            yield name, notes[name]
    elif "LPAR" in accepts and "BARE" in accepts:
        yield "(", "opens a list"
        if place.field is not None and place.field.kind is ValueKind.EVENT:
            yield from SET_DESCRIPTIONS.items()
    elif "BARE" in accepts and place.field is not None:
        yield from _values(place.field, trace)
    if "_AND" in accepts:
        yield "and", "both conditions"
        yield "or", "either condition"
    if "RPAR" in accepts:
        yield ")", "closes the bracket"


def _fields(word: str) -> Iterator[tuple[str, str]]:
    for field in FIELDS:
        if field.arguments is None:
            yield field.name, field.description
        elif word.startswith(f"{field.name}."):
            for name in field.arguments():
                yield f"{field.name}.{name}", field.argument_note
        else:
            yield f"{field.name}.", field.description


def _values(field: Field, trace: RowSource | None) -> Iterator[tuple[str, str]]:
    if field.kind is ValueKind.CHOICE:
        for choice in field.choices:
            yield choice, ""
    elif field.kind is ValueKind.RESULT:
        yield "0", "succeeded"
        for name, code in sorted(ERRNO_BY_NAME.items(), key=lambda item: item[1]):
            yield name, errno_text(code)
    elif field.kind is ValueKind.DURATION:
        for duration in _DURATIONS:
            yield duration, ""
    elif field.kind is ValueKind.TIME:
        yield from _AGO
    if trace is not None:
        yield from _seen(field, trace)
    if field.kind is ValueKind.EVENT:
        yield from SET_DESCRIPTIONS.items()
        yield from _events(trace.architecture if trace is not None else "x86_64")


def _seen(field: Field, trace: RowSource) -> Iterator[tuple[str, str]]:
    """The field's values in the newest rows, the most frequent first."""
    rows = trace.rows(max(trace.first_row, trace.end_row - _SAMPLE), trace.end_row)
    column = field.column
    if field.seen is not None:
        for text in dict.fromkeys(filter(None, field.seen(trace))):
            yield literal(text), "connected"
    if field.kind is ValueKind.PROCESS:
        yield from _processes(rows, trace)
    elif isinstance(column, NumberColumn) and field.kind is ValueKind.NUMBER:
        source = column.likely or ("" if column.derive else column.name)
        for number, count in _frequent(rows[source]) if source else ():
            if number != column.unknown:
                yield str(number), _rows_text(count)
    elif isinstance(column, TextColumn):
        counts: dict[str, int] = {}
        for number, count in _frequent(rows[column.name]):
            if number > LOST_STRING:
                text = column.text(trace, trace.string(number))
                counts[text] = counts.get(text, 0) + count
        for text in sorted(counts, key=lambda text: -counts[text]):
            yield literal(text), _rows_text(counts[text])
        if column.of_connection is not None:
            known = trace.connections
            texts = (column.of_connection(known, number) for number in known)
            for text in dict.fromkeys(text for text in texts if text):
                yield literal(text), "connected"


def _processes(rows: npt.NDArray[np.void], trace: RowSource) -> Iterator[tuple[str, str]]:
    places = np.flatnonzero(rows["pid"] > 0)[::-1]
    keys = rows[["conn", "container", "pid"]][places]
    _, newest, counts = np.unique(keys, return_index=True, return_counts=True)
    first = max(trace.first_row, trace.end_row - _SAMPLE)
    offered = set()
    for index in np.argsort(-counts, kind="stable")[:_MAX_PROCESSES].tolist():
        row_id = first + int(places[newest[index]])
        text = process_id(*row_process(trace, row_id))
        if text not in offered:
            offered.add(text)
            name = trace.string(trace.row(row_id).process)
            yield literal(text), f"{name}, {_rows_text(int(counts[index]))}".lstrip(", ")


def _frequent(column: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[tuple[int, int]]:
    values, counts = np.unique(column, return_counts=True)
    order = np.argsort(-counts, kind="stable")[: MAX_COMPLETIONS * 4]
    return list(zip(values[order].tolist(), counts[order].tolist(), strict=True))


def _rows_text(count: int) -> str:
    return f"{count:,} of the newest rows"


def _events(architecture: str) -> Iterator[tuple[str, str]]:
    for kind in KINDS.values():
        if kind.point:
            yield kind.point, "event"
    for name in sorted((names_by_sysno(architecture) or names_by_sysno("x86_64")).values()):
        yield name, "system call"
