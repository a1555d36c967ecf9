"""Makes the texts that can be copied of a row and of the view, each one safe line."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.query.filter.parse import parse
from gvtui.query.filter.write import conjunction
from gvtui.trace.details import short_args
from gvtui.trace.row import Kind
from gvtui.tui.copy.safe import json_line, plain_line, shell_line
from gvtui.tui.kit.times import date_text
from gvtui.tui.stream.columns import call_text, duration_text, result_text
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.query.processes.process import Process
    from gvtui.tui.model.model import Model


@dataclass(frozen=True, slots=True)
class Piece:
    """A text to copy, or the reason why there is none."""

    what: str
    """A name for sentences: `row 12 as JSON`."""
    text: str = ""
    problem: str = ""
    """Why there is nothing to copy, a sentence without full stop; "" if there is a text."""
    may_be_cut: bool = False
    """Whether the beginning alone is useful; half a command or filter has another meaning."""


def printed(model: Model, row_id: int, style: str) -> Piece:
    """A row as `gvtui print` prints it.

    Args:
        model: the viewer's model.
        row_id: the row's id.
        style: a format of lines: `text`, `json` or `strace`.
    """
    from gvtui.export.formats import LINE_FORMATS
    from gvtui.export.selection import Selection
    from gvtui.export.strace import StraceExport

    what = f"row {row_id:,} as {_STYLES[style]}"
    pairs = model.analysis.pairs
    selection = Selection(model.trace, analysis=model.analysis)
    if style == "strace":
        if row_id >= pairs.position:
            return Piece(what, problem="the calls are still being paired up to this row")
        if pairs.partner(row_id) is None and pairs.position < model.trace.end_row:
            return Piece(what, problem="the calls are still being paired up to the newest row")
        line = StraceExport(selection).whole(row_id)
    else:
        selection.redactor = LINE_FORMATS[style].redactor()
        line = next(iter(LINE_FORMATS[style].make(selection).lines(row_id, row_id + 1)), None)
    if line is None:
        return Piece(what, problem="it is no message of a sandbox")
    if style == "json":
        return Piece(what, json_line(line))
    return Piece(what, plain_line(line), may_be_cut=True)


_STYLES = {"text": "text", "json": "JSON", "strace": "strace writes it"}


def command_line(model: Model, row_id: int) -> Piece:
    """The command line of a row's process at that row, quoted for a shell."""
    what = f"the command line of row {row_id:,}'s process"
    process = _process_of(model, row_id)
    if process is None and row_id >= model.analysis.processes.position:
        return Piece(what, problem="it is not known yet which process that is")
    if process is None:
        return Piece(what, problem="the process of this row is not known")
    return _command_line(model, process, process.args_at(row_id) or process.args, what)


def command_line_of(model: Model, process: Process, row_id: int | None = None) -> Piece:
    """The command line of a process, as a shell takes it.

    Args:
        model: the viewer's.
        process: the process.
        row_id: as of this row; None for the newest.
    """
    what = f"the command line of process {process.pid or '?'}"
    known = process.args if row_id is None else process.args_at(row_id)
    return _command_line(model, process, known, what)


def _command_line(model: Model, process: Process, known: list[str], what: str) -> Piece:
    if not known:
        return Piece(what, problem="the command line of this process is not known")
    for args in _whole_args(model, process):
        if short_args(args) == known:
            return Piece(what, shell_line(args))
    if known[-1].endswith("…"):
        return Piece(what, problem="only the beginning of this command line is known")
    return Piece(what, shell_line(known))


def _process_of(model: Model, row_id: int) -> Process | None:
    if model.trace.row(row_id).kind != Kind.MESSAGE:
        return None
    processes = model.analysis.processes
    number = int(processes.tree.numbers(row_id, model.trace.rows(row_id, row_id + 1))[0])
    return processes.tree.get(number) if number else None


def _whole_args(model: Model, process: Process | None) -> Iterator[list[str]]:
    """Whole command lines from messages: of the program that the process or its parent ran."""
    while process is not None:
        rows = [row for entry in process.programs for row in (entry.row, entry.exit_row)]
        for row in (*rows, process.first_row):
            if model.trace.first_row <= row < model.trace.end_row:
                yield from _args_in(model, row)
        process = process.parent


def _args_in(model: Model, row_id: int) -> Iterator[list[str]]:
    if model.trace.row(row_id).kind != Kind.MESSAGE:
        return
    with suppress(WireError):
        message = model.trace.decoded(row_id).message
        yield list(getattr(message, "argv", ()) or getattr(message, "args", ()))


def filter_in_force(model: Model) -> Piece:
    """All filters in force as one filter."""
    what = "the filter in force"
    parts = model.chips.active()
    if not parts:
        return Piece(what, problem="no filter is in force")
    text = conjunction(parts)
    line = "".join(" " if each.isspace() else each for each in text)
    # A line break is allowed between two conditions, as in a configuration, but not in a value.
    if plain_line(line) != line or parse(line) != parse(text):
        return Piece(what, problem="the filter has characters that cannot be copied safely")
    return Piece(what, line)


def shown_line(model: Model, row_id: int) -> Piece:
    """A row in the words of the stream, uncut: time, process, call, result, duration."""
    what = f"row {row_id:,}"
    text = model.texts.text(row_id, whole=model.whole_calls)
    row = text.row
    when = row.when_ns
    parts = [date_text(when, model.zone)[:-_BELOW_MICROSECONDS] if when else ""]
    if text.rule:
        parts.append(text.rule)
    else:
        parts += [text.container, f"pid {row.pid}" if row.pid else ""]
        parts += [f"tid {row.tid}" if row.tid not in (0, row.pid) else "", text.process]
        result = result_text(text)
        parts.append(f"{text.sign} {call_text(text)}{f' = {result}' if result else ''}")
        parts.append(duration_text(text))
    return Piece(what, plain_line("  ".join(filter(None, parts))), may_be_cut=True)


_BELOW_MICROSECONDS = 3
"""How many digits of a nanosecond time are cut off; the stream does not show them either."""
