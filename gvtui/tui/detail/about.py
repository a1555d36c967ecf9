"""What a row is about: its process with all parents, its descriptor, and how that was opened."""

from __future__ import annotations

import shlex
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from gvtui.decode.endings import untold_ending
from gvtui.decode.file_flags import OPEN
from gvtui.decode.signals import wait_status
from gvtui.query.resolved.description import How
from gvtui.query.resolved.rawfds import may_be_about
from gvtui.trace.row import Direction, Kind
from gvtui.tui.model.rowtext import word
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.query.processes.process import Process
    from gvtui.query.resolved.call import ResolvedCall
    from gvtui.query.resolved.description import Description
    from gvtui.query.resolved.lookup import Resolved
    from gvtui.trace.row import Row
    from gvtui.tui.model.model import Model

_MOST_PARENTS = 64
_MAX_COMMAND = 400
"""Characters of a command line: more would hide what stands below it."""


class About(NamedTuple):
    """One thing that is known of a row."""

    name: str
    value: str
    more: str = ""
    """What else there is to say of it."""


def about(model: Model, row_id: int | None, life: str) -> tuple[About, ...]:
    """What is known of a row by the other rows; nothing for a row that is gone.

    Args:
        model: the model.
        row_id: the row.
        life: the keys that look a descriptor up, in words.
    """
    trace = model.trace
    if row_id is None or not trace.first_row <= row_id < trace.end_row:
        return ()
    try:
        row = trace.row(row_id)
        return (*_process(model, row_id, row), *_file(model, row_id, life))
    except IndexError:
        # The row has been let go meanwhile.
        return ()


def resolved_call(model: Model, row_id: int) -> ResolvedCall | None:
    """The call of a row; None for a row of no call, and while it has not been read."""
    resolved = model.analysis.resolved
    return resolved.call(row_id) if row_id < resolved.position else None


def reading(model: Model) -> str:
    """How much of the trace has been read to look descriptors up."""
    return f"{min(model.analysis.resolved.resolver.progress, 0.99):.0%}"


def _process(model: Model, row_id: int, row: Row) -> Iterator[About]:
    processes = model.analysis.processes
    if not row.pid or row_id >= processes.position:
        return
    process = processes.tree.spans.at(row.conn, row.pid, row_id)
    if process is None:
        return
    args = process.args_at(row_id)
    command = word(shlex.join(args)) if args else ""
    if len(command) > _MAX_COMMAND:
        command = f"{command[:_MAX_COMMAND]}…"
    name = word(model.trace.process_name(row_id)) or word(process.name)
    yield About("process", "  ".join(filter(None, (f"{row.pid} {name}", command))), _end(process))
    parents = list(islice(process.ancestors(), _MOST_PARENTS + 1))
    if parents:
        shown = [_called(parent) for parent in parents[:_MOST_PARENTS]]
        more = ["…"] if len(parents) > _MOST_PARENTS else []
        yield About("parents", " ← ".join([*shown, *more]))
    elif process.parent_pid:
        yield About("parent", f"{process.parent_pid}, not known")


def _called(process: Process) -> str:
    return f"{process.pid or '?'} {word(process.name)}".rstrip()


def _end(process: Process) -> str:
    if not process.has_ended:
        return ""
    if process.is_cut_off:
        return untold_ending(process.traces_exits)
    return wait_status(process.exit_status) if process.exit_status is not None else "has ended"


def _file(model: Model, row_id: int, life: str) -> Iterator[About]:
    """What is known of a row's descriptor, or of its file."""
    row = model.trace.row(row_id)
    if row.kind != Kind.MESSAGE or row.direction == Direction.NONE:
        return
    if not may_be_about(row, model.trace.architecture):
        return
    is_passing = model.is_live and model.following and not model.analysis.context.is_resolving
    resolved = None if is_passing else model.resolved_at_hand()
    if resolved is None:
        yield About("descriptor", f"not looked up yet: {life} does so")
        return
    if row_id >= resolved.position:
        yield About("descriptor", f"being looked up: {reading(model)} read")
        return
    call = resolved.call(row_id)
    if call is None:
        return
    if call.description is not None:
        yield from _descriptor(model, resolved, call, call.description)
    elif call.path:
        given = f"given as {word(call.given)}" if call.given not in ("", call.path) else ""
        yield About("file", word(call.path), given)
    elif call.fd is not None:
        yield About("descriptor", f"{call.fd}, not known: nothing tells what it is")


def _descriptor(
    model: Model, resolved: Resolved, call: ResolvedCall, description: Description
) -> Iterator[About]:
    number = "" if call.fd is None else str(call.fd)
    name = word(call.path or description.name)
    words = (number, description.kind.word, name, description.connection)
    yield About("descriptor", "  ".join(filter(None, words)))
    yield About("opened", _opened(model, resolved, description), _given(description))
    if description.peer:
        other = resolved.descriptions.get(description.peer)
        if other is not None:
            whose = resolved.processes.get(other.process)
            of = f" of {_called(whose)}" if whose is not None else ""
            yield About("its other end", f"descriptor {other.fd}{of}, {_state(other)}")
    yield About("its use", f"{_moved(description)}; {_state(description)}")


def _opened(model: Model, resolved: Resolved, description: Description) -> str:
    """How an open file or socket came about."""
    row_id = description.opened_row
    whose = resolved.processes.get(description.process)
    by = f"by {_called(whose)}" if whose is not None else ""
    if row_id < 0:
        seen = f", first used {by}" if by and description.first_row >= 0 else ""
        return f"before, or unseen{seen}"
    when, name = "", ""
    if row_id >= model.trace.first_row:
        row = model.trace.row(row_id)
        when = model.moments.text(row.when_ns)
        opening = resolved.call(row_id)
        name = opening.name if opening is not None else ""
    flags = ""
    if description.how & How.TOLD:
        flags = OPEN[model.trace.architecture].text(description.flags)
    return ", ".join(filter(None, (f"row {row_id:,}", when, f"{name} {by}".strip(), flags)))


def _given(description: Description) -> str:
    if description.given in ("", description.name):
        return ""
    return f"given as {word(description.given)}"


def _moved(description: Description) -> str:
    """How many bytes calls have read from it and written to it."""
    sums = (
        (description.bytes_in, "read", description.reads),
        (description.bytes_out, "written", description.writes),
    )
    words = [
        f"{counted(size, 'byte')} {what} in {counted(calls, 'call')}"
        for size, what, calls in sums
        if calls
    ]
    return ", ".join(words) or "no bytes read or written"


def _state(description: Description) -> str:
    if description.is_open:
        return "open"
    if description.is_lost:
        return f"lost sight of at row {description.closed_row:,}"
    return f"closed at row {description.closed_row:,}"
