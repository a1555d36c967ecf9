"""Writes the filters for the rows of a process, and puts such filters into words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from gvtui.decode.ids import called_anywhere, short_id
from gvtui.query.filter.field import CONNECTION, CONTAINER, EXEC_SESSION, PID, PROCESS, ROW, THREAD
from gvtui.query.filter.parse import Comparison, Junction, Negation, parse
from gvtui.query.filter.processes import row_process
from gvtui.query.filter.values import ValueTextError, process_value
from gvtui.query.filter.write import equals, literal, process_filter, process_id
from gvtui.query.processes.process import ProcessId

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from gvtui.query.filter.parse import Node
    from gvtui.query.processes.process import Process
    from gvtui.query.processes.processes import Processes
    from gvtui.query.processes.tree import ProcessTree
    from gvtui.query.source import RowSource
    from gvtui.trace.names import Naming


def row_filter(trace: RowSource, processes: Processes, row_id: int) -> str:
    """The filter for the process of a message; "" if its thread group id is not collected.

    It names the container, the thread group id and the start time, as far as they are collected.
    Without a container it names the connection. Without a start time it distinguishes processes
    with the same id by their rows, if these have been read.

    Raises:
        IndexError: the trace does not have the row.
    """
    container, pid, start_ns = row_process(trace, row_id)
    if not pid:
        return ""
    conn = trace.row(row_id).conn
    tree = processes.tree
    process = tree.spans.at(conn, pid, row_id) if row_id < processes.position else None
    if process is not None:
        start_ns = start_ns or process.told_ns
    text = process_filter(container, pid, start_ns, conn)
    if process is None or start_ns or not tree.is_reused(process):
        return text
    return f"{text} and {_span(tree, process)}"


def processes_filter(tree: ProcessTree, processes: Iterable[Process]) -> str:
    """The filter for the rows of several processes of one container; "" for no process.

    Processes without a known id are left out; if there are only such, the filter is for the
    container.
    """
    chosen = list(processes)
    container = chosen[0].container if chosen else ""
    chosen = [process for process in chosen if process.pid]
    if not chosen:
        return equals(CONTAINER, container) if container else ""
    if len(chosen) == 1:
        return _process_filter(tree, chosen[0])
    plain = [str(process.pid) for process in chosen if not tree.is_reused(process)]
    parts = [_process_filter(tree, process) for process in chosen if tree.is_reused(process)]
    if len(plain) == 1:
        parts.insert(0, f"{PID} = {plain[0]}")
    elif plain:
        parts.insert(0, f"{PID} in ({', '.join(plain)})")
    text = " or ".join(f"({part})" for part in parts) if len(parts) > 1 else parts[0]
    if container and len(tree.containers()) > 1:
        text = f"({text})" if len(parts) > 1 else text
        text = f"{CONTAINER} = {literal(container)} and {text}"
    return text


def _process_filter(tree: ProcessTree, process: Process) -> str:
    start_ns = process.told_ns
    conn = 0 if process.container else tree.spans.connection_of(process)
    text = process_filter(process.container, process.pid, start_ns, conn)
    if start_ns or not tree.is_reused(process):
        return text
    return f"{text} and {_span(tree, process)}"


def _span(tree: ProcessTree, process: Process) -> str:
    """The condition for a process's rows, if others had the same id."""
    text = f"{ROW} >= {max(process.first_row, 0)}"
    is_newest = tree.find(ProcessId(process.container, process.pid, 0)) is process
    if is_newest and process.first_row >= 0:
        return text
    return f"{text} and {ROW} <= {process.last_row}"


def without_sessions(tops: Sequence[Process]) -> tuple[str, str, str]:
    """The filter that passes all rows but those of some exec sessions, given by their first
    processes; what it filters, as a slot for it; and both in words, not escaped."""
    text = sessions_filter(tops)
    name = f"exec session {tops[0].pid} {tops[0].name}".rstrip()
    if len(tops) > 1:
        name = f"{len(tops):,} exec sessions of {tops[0].name}"
    return f"not {text}", text, f"without {name}"


def sessions_filter(tops: Iterable[Process]) -> str:
    """The filter for the rows of some exec sessions with all that they started, given by their
    first processes."""
    values = [process_id(top.container, top.pid, top.start_ns) for top in tops]
    if len(values) == 1:
        return equals(EXEC_SESSION, values[0])
    return f"{EXEC_SESSION} in ({', '.join(map(literal, values))})"


def process_label(
    tree: ProcessTree,
    process: Process,
    zone: tzinfo | None = None,
    naming: Naming | None = None,
) -> str:
    """The id and name of a process, and what tells it from others that would read alike.

    Args:
        tree: the processes.
        process: one of them.
        zone: the time zone of a start time; None for the local one.
        naming: what containers are called; None for their IDs.
    """
    label = f"{process.pid} {process.name}".rstrip()
    others = tree.alike(process)
    if not others:
        return label
    if process.container:
        label += f" in {_called(naming, process.container)}"
    others = [each for each in others if each.container == process.container]
    if not others:
        return label
    if process.start_ns and all(each.start_ns != process.start_ns for each in others):
        return f"{label} since {_clock(process.start_ns, zone)}"
    return f"{label} from row {max(process.first_row, 0)}"


def filter_words(
    tree: ProcessTree,
    expression: str,
    *,
    name: str = "",
    zone: tzinfo | None = None,
    naming: Naming | None = None,
) -> str:
    """The process that a filter selects, in words such as `bash 110 in web`.

    Args:
        tree: the processes with their names.
        expression: the filter.
        name: the process's name if it is known; the tree may not contain the process yet.
        zone: the time zone of times in the words; None for the local one.
        naming: what containers are called; None for their IDs.

    Returns:
        The words; "" for a filter that selects more or something else.
    """
    root = parse(expression)
    is_without = isinstance(root, Negation)
    if isinstance(root, Negation):
        root = root.child
    parts: tuple[Node | None, ...] = (root,)
    if isinstance(root, Junction) and root.is_and:
        parts = root.children
    words = ""
    for part in parts:
        if not isinstance(part, Comparison) or len(part.values) != 1:
            return ""
        field, operator, value = part.field.name, part.operator, part.values[0].text
        if field == PROCESS and operator == "=" and not words:
            words = _process_words(tree, value, name, zone, naming)
        elif field == THREAD and operator == "=" and words:
            words += f" thread {value}"
        elif field == ROW and operator in (">=", "<=") and words:
            words += f" {'from' if operator == '>=' else 'to'} row {value}"
        elif field == CONNECTION and operator == "=" and words:
            words += f" on connection {value}"
        else:
            return ""
    return f"not {words}" if is_without and words else words


def _called(naming: Naming | None, container: str) -> str:
    return called_anywhere(naming, container) if naming is not None else short_id(container)


def _process_words(
    tree: ProcessTree, value: str, name: str, zone: tzinfo | None, naming: Naming | None
) -> str:
    try:
        container, pid, start = process_value(value, zone)
    except ValueTextError:
        return ""
    start_ns = start.low if start is not None else 0
    process = tree.find(ProcessId(container or "", pid, start_ns))
    if process is not None:
        name = name or process.name
    words = f"{name or 'pid'} {pid}"
    if container:
        words += f" in {_called(naming, container)}"
    if start_ns and (tree.is_reused(process) if process is not None else not name):
        words += f" since {_clock(start_ns, zone)}"
    return words


def _clock(time_ns: int, zone: tzinfo | None) -> str:
    when = datetime.fromtimestamp(time_ns // 1_000_000_000, zone)
    return f"{when:%H:%M:%S}.{time_ns // 1_000_000 % 1000:03d}"
