"""Adds the processes of a procfs dump, which the trace has as marks, to the process tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.processes.process import Evidence, Process, ProcessId
from gvtui.trace.procfs import NO_PROCESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.query.processes.tree import ProcessTree
    from gvtui.trace.procfs import ProcessesMark, ProcfsEntry

_SAME_CLOCK_NS = 1_000_000_000
"""The largest difference expected between the clocks of sandbox and machine, in nanoseconds."""


def take_mark(
    tree: ProcessTree,
    row: int,
    conn: int,
    mark: ProcessesMark,
    name_of: Callable[[int, str], str],
) -> None:
    """Have the tree take in what a mark tells.

    Args:
        tree: the tree to update.
        row: the mark's row.
        conn: the connection of the sandbox.
        mark: what was noted.
        name_of: gives what a container is called on a connection.
    """
    taken_ns = mark.taken_ns
    added = []
    for entry in mark.processes:
        container = name_of(conn, entry.container_id or mark.container_id)
        added.append((_seed(tree, row, conn, container, entry, taken_ns), entry))
    container_of = {(entry.pid, entry.start_ns): process.container for process, entry in added}
    for process, entry in added:
        if process.parent is None:
            # Otherwise an event has named its parent, which the dump may no longer show.
            parent = tree.spans.current(conn, entry.parent_pid)
            tree.adopt(process, parent, entry.parent_pid)
        if process.pipe_from is None and entry.pipe_from != NO_PROCESS:
            writer = container_of.get(entry.pipe_from, process.container)
            process.pipe_from = ProcessId(writer, *entry.pipe_from)
        if process.pipe_to is None and entry.pipe_to != NO_PROCESS:
            reader = container_of.get(entry.pipe_to, process.container)
            process.pipe_to = ProcessId(reader, *entry.pipe_to)
    if mark.is_whole and mark.part == mark.parts:
        _end_unlisted(tree, conn, taken_ns)
    tree.version += 1


def _seed(
    tree: ProcessTree, row: int, conn: int, container: str, entry: ProcfsEntry, taken_ns: int
) -> Process:
    known = tree.spans.current(conn, entry.pid, entry.start_ns)
    if known is None or not _is_same(known, entry):
        life = tree.life_of(conn)
        known = tree.elsewhere(life, entry.pid, entry.start_ns)
        if known is None:
            known = tree.create(
                container, entry.pid, entry.start_ns, Evidence.PROCFS, -1, life=life
            )
        tree.spans.begin(conn, row, known)
    if entry.container_id:
        tree.move(known, container)
    if not known.is_start_told:
        known.source = Evidence.PROCFS
    known.start_ns = known.start_ns or entry.start_ns
    known.name = known.name or entry.name
    known.cwd = known.cwd or entry.cwd
    known.listed_ns = taken_ns
    known.is_listed_alone = known.is_listed_alone or not entry.parent_pid
    known.has_tty = known.has_tty or entry.has_tty
    known.is_out_of_sight = False
    if not known.programs:
        known.begin_with(entry.args)
    return known


def _is_same(known: Process, entry: ProcfsEntry) -> bool:
    """Whether a known process with an entry's id is the process of the entry."""
    if known.start_ns and entry.start_ns:
        return True
    # Without start times, a process that ended after the entry's start is the same one.
    return not known.has_ended or 0 < entry.start_ns <= known.end_ns


def _end_unlisted(tree: ProcessTree, conn: int, taken_ns: int) -> None:
    """End the processes that a later dump does not list although no event reported their end."""
    for process in tree.of_life(tree.life_of(conn)):
        is_listed = process.listed_ns >= taken_ns
        is_later = not process.start_ns or process.start_ns + _SAME_CLOCK_NS > taken_ns
        if not (process.has_ended or is_listed or is_later):
            process.has_ended, process.is_out_of_sight = True, False
