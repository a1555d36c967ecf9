"""Programs that one should look at: shells that somebody far away may feed with commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.stdio import is_piped_shell, is_shell, socket_words

if TYPE_CHECKING:
    from gvtui.query.processes.process import Exec, Process
    from gvtui.query.processes.processes import Processes
    from gvtui.query.processes.tree import ProcessTree
    from gvtui.trace.row import Row


def notice(tree: ProcessTree, process: Process, entry: Exec) -> str:
    """What is to be noticed about a program that a process ran, in a few words; "" if nothing is.

    Texts in it are as the sandbox gave them, but for addresses: not escaped.
    """
    image = entry.image
    if image is None or not is_shell(entry.args, entry.path):
        return ""
    if words := socket_words(image.stdin, image.stdout):
        return words
    if process.pipe_from is None or not may_be_noticed(entry):
        return ""
    feeder = tree.find(process.pipe_from)
    if feeder is None:
        return ""
    who = f"shell fed by {feeder.name or 'a process'} (pid {feeder.pid}), which"
    if feeder.received_row >= 0:
        return f"{who} reads from a socket"
    return f"{who} connected to {feeder.connected_to}" if feeder.connected_to else ""


def process_notice(tree: ProcessTree, process: Process) -> str:
    """What is to be noticed about the programs of a process; "" if nothing is."""
    words = (notice(tree, process, entry) for entry in reversed(process.programs))
    return next(filter(None, words), "")


def notice_at(processes: Processes, row_id: int, row: Row) -> tuple[str, bool]:
    """What later rows and other processes tell of the program that began at a row.

    What its own message tells is not among it: the row shows that already.

    Returns:
        Words as of `notice`, and whether that stays so: False while rows may change it.
    """
    if row_id >= processes.position:
        return "", False
    process = processes.tree.spans.at(row.conn, row.pid, row_id)
    entry = next((e for e in process.execs if e.row == row_id), None) if process else None
    if process is None or entry is None or not may_be_noticed(entry):
        return "", True
    words = notice(processes.tree, process, entry)
    return words, bool(words) and "connected to" not in words


def may_be_noticed(entry: Exec) -> bool:
    """Whether later messages may tell something about a program that is to be noticed."""
    stdin = entry.image.stdin if entry.image is not None else None
    return is_piped_shell(entry.args, entry.path, stdin)
