"""Notices `runsc exec` commands on this machine, each of which runs as long as what it started.

So an exec session is known that makes no traced call. Detached, as Docker and containerd start it,
`runsc exec` leaves a process with the same command line behind, which waits for the end.
"""

from __future__ import annotations

from pathlib import Path

from gvtui.agent.running import command_of
from gvtui.points.runsc_command import parse_runsc_command


class Entering:
    """Looks for `runsc exec` commands among the processes, now and then."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._known: set[str] = set()
        self._fresh: set[str] = set()
        """The processes that were not there at the look before the last one."""

    def stayed(self) -> frozenset[str]:
        """The containers that commands work for which began between the two looks before this one
        and still run.

        A command that is over by the next look, as most health checks are, is none of them: what
        it started has ended too.
        """
        try:
            there = {entry.name for entry in self._proc.iterdir() if entry.name.isdecimal()}
        except OSError:
            return frozenset()
        stayed = self._fresh & there
        self._fresh, self._known = there - self._known, there
        return frozenset(filter(None, map(self._entered, stayed)))

    def _entered(self, pid: str) -> str:
        """The container that a `runsc exec` runs in; "" for any other process."""
        words = command_of(self._proc / pid)
        if len(words) < 3 or "exec" not in words:
            return ""
        command = parse_runsc_command(words)
        is_exec = command.subcommand == "exec" and len(command.arguments) > 0
        return command.arguments[0] if is_exec else ""
