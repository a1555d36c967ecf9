"""Filter texts that lead from a number or a process to the rows behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.filter.write import literal
from gvtui.query.processes.process import ProcessId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.query.processes.process import Process
    from gvtui.query.processes.processes import Processes


def processes_filter(tree: Processes, processes: Iterable[Process]) -> str:
    """The filter for the rows of some processes, all of one container; "" for none.

    Processes whose id is not known are left out; for these alone it is that of their container.
    """
    chosen = list(processes)
    container = chosen[0].container if chosen else ""
    chosen = [process for process in chosen if process.pid]
    if not chosen:
        return f"container.id = {literal(container)}" if container else ""
    plain = [str(process.pid) for process in chosen if not tree.is_reused(process)]
    parts = [_span(tree, process) for process in chosen if tree.is_reused(process)]
    if len(plain) == 1:
        parts.insert(0, f"proc.pid = {plain[0]}")
    elif plain:
        parts.insert(0, f"proc.pid in ({', '.join(plain)})")
    text = " or ".join(f"({part})" for part in parts) if len(parts) > 1 else parts[0]
    if container and len(tree.containers()) > 1:
        text = f"({text})" if len(parts) > 1 else text
        text = f"container.id = {literal(container)} and {text}"
    return text


def _span(tree: Processes, process: Process) -> str:
    """The filter for a process among others that had the same id."""
    text = f"proc.pid = {process.pid} and evt.num >= {max(process.first_row, 0)}"
    is_newest = tree.find(ProcessId(process.container, process.pid, 0)) is process
    if is_newest and process.first_row >= 0:
        return text
    return f"{text} and evt.num <= {process.last_row}"
