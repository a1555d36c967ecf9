"""Whose rows they are: the processes and exec sessions of a model's rows, as filters and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.processes.rows import filter_words, row_filter, without_sessions
from gvtui.trace.row import Kind
from gvtui.tui.model.rowtext import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.query.processes.process import Process
    from gvtui.tui.model.chips import Chip
    from gvtui.tui.model.model import Model


def process_of(model: Model, row_id: int) -> tuple[str, str]:
    """The filter for the process of a message, and the process in words.

    Both are "" if the session does not collect the thread group id.

    Raises:
        IndexError: the row has been removed from the trace.
    """
    processes = model.analysis.processes
    expression = row_filter(model.trace, processes, row_id)
    if not expression:
        return "", ""
    name, naming = model.trace.process_name(row_id), model.trace.connections.naming
    return expression, filter_words(
        processes.tree, expression, name=name, zone=model.zone, naming=naming
    )


def session_of(model: Model, row_id: int) -> Process | None:
    """The first process of the exec session that a row's process is of; None if it is of none, as
    far as known.

    Raises:
        IndexError: the row has been removed from the trace.
    """
    processes = model.analysis.processes
    row = model.trace.row(row_id)
    if row.kind != Kind.MESSAGE or row_id >= processes.position:
        return None
    process = processes.tree.spans.at(row.conn, row.pid, row_id)
    return processes.tree.session_of(process) if process is not None else None


def flip_sessions(model: Model, tops: Sequence[Process]) -> None:
    """Add a chip that hides exec sessions, given by their first processes, or remove it if it is
    there and on."""
    expression, slot, words = without_sessions(tops)
    model.chips.flip(expression, slot, word(words))


def chip_words(model: Model, chip: Chip) -> str:
    """The text of a chip in the bar."""
    words = chip.label or filter_words(
        model.analysis.processes.tree,
        chip.expression,
        zone=model.zone,
        naming=model.trace.connections.naming,
    )
    return words or chip.expression
