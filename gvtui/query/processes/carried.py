"""Adds the processes to the tree that ran before the oldest row, as a flight recorder tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.processes.process import Evidence, Process

if TYPE_CHECKING:
    from collections.abc import Callable

    from gvtui.query.processes.tree import ProcessTree
    from gvtui.trace.carried import CarriedMark, CarriedProcess


def take_carried(
    tree: ProcessTree,
    row: int,
    conn: int,
    mark: CarriedMark,
    name_of: Callable[[int, str], str],
) -> None:
    """Have the tree say what was so before a row, whose predecessors it may not have read.

    Args:
        tree: the tree to update.
        row: the oldest row that is there.
        conn: the connection of the sandbox.
        mark: what ran.
        name_of: gives what a container is called on a connection.
    """
    listed: set[int] = set()
    parents = {entry.parent_pid for entry in mark.processes}
    for entry in mark.processes:
        known = _known(tree, conn, entry)
        if known is None:
            if entry.has_ended and entry.pid not in parents:
                continue
            container = name_of(conn, entry.container_id)
            source = Evidence.EVENT if entry.is_start_told else Evidence.CONTEXT
            life = tree.life_of(conn)
            known = tree.create(container, entry.pid, entry.start_ns, source, -1, life=life)
            known.is_carried = True
            tree.spans.begin(conn, row, known)
        listed.add(known.number)
        _tell(known, entry)
        if known.parent is None and entry.parent_pid:
            tree.adopt(known, tree.spans.current(conn, entry.parent_pid), entry.parent_pid)
    if not mark.is_cut:
        _end_others(tree, conn, listed)
    tree.ended_before += mark.ended
    tree.is_cut = tree.is_cut or mark.is_cut
    tree.version += 1


def _known(tree: ProcessTree, conn: int, entry: CarriedProcess) -> Process | None:
    """The process in the tree that an entry tells of; None if it is not there."""
    known = tree.spans.current(conn, entry.pid, entry.start_ns)
    if known is None:
        known = tree.elsewhere(tree.life_of(conn), entry.pid, entry.start_ns)
        if known is not None:
            tree.spans.begin(conn, max(known.first_row, 0), known)
    is_same = known is not None and (entry.start_ns or known.has_ended <= entry.has_ended)
    return known if is_same else None


def _tell(known: Process, entry: CarriedProcess) -> None:
    known.start_ns = known.start_ns or entry.start_ns
    known.began_ns = known.began_ns or entry.began_ns
    known.is_start_told = known.is_start_told or entry.is_start_told
    known.is_exec_session = known.is_exec_session or entry.is_exec_session
    known.name = entry.name or known.name
    known.cwd = entry.cwd or known.cwd
    if entry.args and known.is_carried:
        known.begin_with(entry.args)
    if entry.has_ended and not known.has_ended:
        known.has_ended, known.end_ns = True, entry.end_ns
        known.exit_status = entry.exit_status
        # Other threads of it may go on: rows that come show that.
        known.end_row = max(known.last_row, 0)


def _end_others(tree: ProcessTree, conn: int, listed: set[int]) -> None:
    """End the processes whose start was told and that are not listed: their end was let go."""
    for process in tree.of_life(tree.life_of(conn)):
        if process.has_ended or process.number in listed or not process.is_start_told:
            continue
        if tree.spans.current(conn, process.pid, process.start_ns) is process:
            process.has_ended = True
            process.end_row = max(process.last_row, 0)
