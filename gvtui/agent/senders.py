"""Notes in the trace which runsc runs the sandbox at the other end of a connection.

The process that connects is a runsc: either the runsc that starts the sandbox, which is then the
sandbox's binary too, or a runsc that makes a session in a running sandbox, which may be another.
Anybody may have started the process that connects, so gvtui only reads the program's code, and runs
it for its version only if `trust` allows it.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gvtui.agent.abilities import Code, code_of, version_text
from gvtui.agent.noting import NOTE_SECONDS, note_patiently
from gvtui.agent.running import sandbox_processes
from gvtui.agent.runsc import Runsc
from gvtui.agent.trust import distrust
from gvtui.monitor.peer import file_identity
from gvtui.points.runsc_command import parse_runsc_command
from gvtui.trace.details import int_in, list_in, text_in
from gvtui.trace.marks import BinaryMark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gvtui.agent.running import SandboxProcess

_MAX_WAITING = 256
"""How many connections may wait until their binary is read."""
_LOOK_SECONDS = 0.01
_DELETED = " (deleted)"


@dataclass(frozen=True, slots=True)
class _Binary:
    """A program of gVisor's that is running, or ran a moment ago."""

    path: str
    code: Code
    version: str


def binary_mark(details: dict[str, Any], proc: Path = Path("/proc")) -> BinaryMark | None:
    """The trace mark on a connection's binary; blocks while the file is read.

    Args:
        details: the monitor's details on the peer, see `gvtui.monitor.peer`.
        proc: the proc file system.

    Returns:
        The mark; None if the peer is not a runsc, or ended before it could be read.
    """
    noted = details.get("exe")
    if not isinstance(noted, dict) or not int_in(noted, "ino"):
        return None
    path = text_in(noted, "path").removesuffix(_DELETED)
    running = str(proc / str(int_in(details, "peer_pid")) / "exe")
    found = _binary(path, (running, path), noted)
    if found is None:
        return None
    command = parse_runsc_command([str(word) for word in list_in(details, "command")])
    is_exit_last = command.starts_sandbox and found.code.is_exec_exit_last
    if command.subcommand == "trace create" and command.container_id:
        sandboxes = _sandboxes(command.container_id, command.flags.get("root", ""), proc)
        others = [_sandbox_binary(sandbox, proc) for sandbox in sandboxes]
        known = [other for other in others if other is not None]
        if known:
            found = known[0]
        is_exit_last = bool(others) and len(known) == len(others)
        is_exit_last = is_exit_last and all(other.code.is_exec_exit_last for other in known)
    return BinaryMark(found.path, found.version, is_exit_last)


class BinaryNotes:
    """Notes the binary of each new connection; reads the binaries in a thread of its own."""

    def __init__(self, note: Callable[[BinaryMark, int], bool]) -> None:
        """Prepare; the thread starts with the first connection.

        Args:
            note: asks the monitor to write a connection's mark; gives False if it cannot now.
        """
        self._note = note
        self._waiting: queue.Queue[dict[str, Any]] = queue.Queue(_MAX_WAITING)
        self._thread: threading.Thread | None = None

    def opened(self, event: dict[str, Any]) -> None:
        """Take up an event of the monitor that a connection has opened; never waits.

        If too many connections wait already, its binary is not noted.
        """
        with suppress(queue.Full):
            self._waiting.put_nowait(event)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="binaries", daemon=True)
            self._thread.start()

    def finish(self, seconds: float = NOTE_SECONDS) -> None:
        """Wait until all binaries are noted, but no longer than `seconds`."""
        deadline = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)

    def _work(self) -> None:
        while True:
            event = self._waiting.get()
            try:
                mark = binary_mark(event)
                if mark is not None:
                    note_patiently(self._note, mark, int_in(event, "conn"))
            except OSError:
                # The process has ended, or the file has gone, while it was read.
                continue
            finally:
                self._waiting.task_done()


def _sandboxes(sandbox_id: str, root: str, proc: Path) -> list[SandboxProcess]:
    """The running sandboxes with an ID, in a root if one is given."""
    return [
        each
        for each in sandbox_processes(proc)
        if each.sandbox_id == sandbox_id and root in ("", str(each.root))
    ]


def _sandbox_binary(sandbox: SandboxProcess, proc: Path) -> _Binary | None:
    link = proc / str(sandbox.pid) / "exe"
    try:
        path = str(link.readlink()).removesuffix(_DELETED)
        identity = file_identity(link.stat())
    except OSError:
        return None
    return _binary(path, (str(link),), identity)


def _binary(path: str, places: tuple[str, ...], identity: dict[str, Any]) -> _Binary | None:
    """Read a program from the first of several paths that leads to that very file."""
    for place in places:
        with _opened(place, identity) as fd:
            if fd is None:
                continue
            code = code_of(fd)
            return _Binary(path, code, _version(path, identity)) if code is not None else None
    return None


@contextmanager
def _opened(path: str, identity: dict[str, Any]) -> Iterator[int | None]:
    """A file open for reading; None if it is not the file of that identity."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except (OSError, ValueError):
        yield None
        return
    try:
        is_it = file_identity(os.fstat(fd)).items() <= identity.items()
        yield fd if is_it else None
    finally:
        os.close(fd)


def _version(path: str, identity: dict[str, Any]) -> str:
    """The version that a binary prints, if it may be run and is still that very file."""
    with _opened(path, identity) as fd:
        return version_text(Runsc(path)) if fd is not None and not distrust(path) else ""
