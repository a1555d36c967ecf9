"""Finds the processes at both ends of a pipe by its inode, where gVisor does not name them.

gVisor names the process at the other end if it has the same parent and is there already. The first
program of two that begins knows nothing of the other; when that one begins, its pipe tells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gvtui.decode.stdio import Stdio
    from gvtui.query.processes.process import Process

_MAX_PIPES = 1 << 14


class Pipes:
    """The first processes that began with an end of a pipe as standard input or output."""

    def __init__(self) -> None:
        self._readers: dict[tuple[int, int], Process] = {}
        self._writers: dict[tuple[int, int], Process] = {}

    def join(self, process: Process, stdin: Stdio | None, stdout: Stdio | None) -> None:
        """Note the pipes of a program that begins, and who is at their other ends."""
        if stdin is not None and stdin.kind == "pipe" and stdin.inode:
            self._note(self._readers, process, stdin)
            writer = self._writers.get((process.life, stdin.inode))
            if writer is not None and writer is not process:
                process.pipe_from = process.pipe_from or writer.id
                writer.pipe_to = writer.pipe_to or process.id
        if stdout is not None and stdout.kind == "pipe" and stdout.inode:
            self._note(self._writers, process, stdout)
            reader = self._readers.get((process.life, stdout.inode))
            if reader is not None and reader is not process:
                process.pipe_to = process.pipe_to or reader.id
                reader.pipe_from = reader.pipe_from or process.id

    def _note(self, ends: dict[tuple[int, int], Process], process: Process, pipe: Stdio) -> None:
        if len(ends) >= _MAX_PIPES:
            ends.clear()
        ends.setdefault((process.life, pipe.inode), process)
