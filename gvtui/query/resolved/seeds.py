"""Takes what processes had open from a dump of procfs, which the trace has as marks."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from gvtui.query.resolved.description import FdKind
from gvtui.trace.marks import read_mark
from gvtui.trace.procfs import ProcessesMark

if TYPE_CHECKING:
    from gvtui.query.processes.tree import ProcessTree
    from gvtui.query.resolved.files import OpenFiles
    from gvtui.query.source import RowSource

_KINDS = {
    stat.S_IFDIR: FdKind.DIRECTORY,
    stat.S_IFIFO: FdKind.PIPE,
    stat.S_IFSOCK: FdKind.SOCKET,
    stat.S_IFREG: FdKind.FILE,
}


def seed(files: OpenFiles, tree: ProcessTree, trace: RowSource, row: int) -> None:
    """Take up the mark of a row, if it is one of a dump: what is known already stays.

    Args:
        files: the open files to fill.
        tree: the processes.
        trace: where the mark is.
        row: the mark's row.
    """
    try:
        mark = read_mark(trace.details(row))
    except IndexError:
        return
    if not isinstance(mark, ProcessesMark):
        return
    conn = trace.row(row).conn
    for entry in mark.processes:
        process = tree.spans.at(conn, entry.pid, row)
        if process is None:
            continue
        own = files.of(process.number)
        own.cwd.path = own.cwd.path or (entry.cwd if entry.cwd.startswith("/") else "")
        for fd, path, mode in entry.files:
            if own.table.get(fd):
                continue
            made = files.meet(process.number, fd, -1, path)
            told = _KINDS.get(stat.S_IFMT(mode & 0xFFFF), made.kind)
            if made.kind in (FdKind.UNKNOWN, FdKind.FILE):
                made.kind = told
                files.descriptions.changed(made, row)
            files.put(process.number, fd, made.number, row, since=-1)
