"""Puts exec sessions together that are runs of one command, such as a health check's."""

from __future__ import annotations

import shlex
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.query.processes.process import Process
    from gvtui.query.processes.tree import ProcessTree

LEAST = 3
"""How many sessions alike stand together; fewer stand alone."""

_MAX_PROCESSES = 64
"""How many processes of a session are compared."""
_MAX_WORDS = 400


class RunKey(NamedTuple):
    """What sessions have in common that are runs of one command."""

    container: str
    command: str
    """The command line of the first program; where it is not known, its name in brackets."""
    has_tty: bool
    programs: tuple[str, ...]
    """The command lines of what its processes executed, in the order of the processes."""
    processes: int
    """How many processes it had."""

    @property
    def words(self) -> str:
        """The command, and where its arguments are not known what it executed first; not
        escaped."""
        if self.programs and self.command.startswith("["):
            return f"{self.command} » {self.programs[0]}"
        return self.command


def run_key(top: Process) -> RunKey:
    """What makes a session a run of a command, by its first process.

    gVisor sends no arguments for the first program. Where nobody asked for them, sessions are alike
    whose processes executed the same: two shells of which one did something else never are.
    """
    processes = list(islice(top.subtree(), _MAX_PROCESSES + 1))
    programs = tuple(
        shlex.join(entry.args)[:_MAX_WORDS] or entry.path
        for process in processes[:_MAX_PROCESSES]
        for entry in process.programs
    )
    command = shlex.join(top.first_args)[:_MAX_WORDS] or f"[{top.name}]"
    return RunKey(top.container, command, top.has_tty, programs, len(processes))


def _known_key(tree: ProcessTree, top: Process) -> RunKey:
    """The key of a session that is over, made anew only after something of it has come."""
    stamp = (top.last_row, top.listed_ns, len(top.children), len(top.execs), top.has_tty)
    known = tree.run_keys.get(top.number)
    if known is not None and known[0] == stamp:
        key: RunKey = known[1]
        return key
    key = run_key(top)
    tree.run_keys[top.number] = stamp, key
    return key


def repeated_runs(tree: ProcessTree, roots: Iterable[Process]) -> dict[RunKey, list[Process]]:
    """The sessions that stand together, by what they have in common, each in the given order.

    Only sessions that are over: one that runs is looked at by itself.

    Args:
        tree: the processes.
        roots: some of them; others than first ones of sessions are passed over.
    """
    found: dict[RunKey, list[Process]] = {}
    for process in roots:
        if process.has_ended and tree.is_from_outside(process):
            found.setdefault(_known_key(tree, process), []).append(process)
    return {key: runs for key, runs in found.items() if len(runs) >= LEAST}
