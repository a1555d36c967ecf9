"""The running processes of a sandbox, from `runsc trace procfs`, as a mark holds them."""

from __future__ import annotations

import stat
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from gvtui.trace.containers import MAX_ID
from gvtui.trace.details import MAX_TEXT, args_in, int_in, list_in, text_in

MAX_PROCESSES = 20_000
"""How many processes are read from one mark."""


Process = tuple[int, int]
"""The thread group id and start time of a process; zeros for none."""


NO_PROCESS: Process = (0, 0)

MAX_FILES = 256
"""How many descriptors of one process a mark has."""

OpenFile = tuple[int, str, int]
"""A descriptor, what the sandbox says that it is, and its mode as in `stat`."""


@dataclass(frozen=True, slots=True)
class ProcfsEntry:
    """A running process of a sandbox, from the output of `runsc trace procfs`."""

    pid: int
    parent_pid: int
    start_ns: int
    name: str
    exe: str
    args: list[str] = field(default_factory=list)
    cwd: str = ""
    pipe_from: Process = NO_PROCESS
    """The process that writes into the pipe it reads from."""
    pipe_to: Process = NO_PROCESS
    """The process that reads from the pipe it writes to."""
    files: list[OpenFile] = field(default_factory=list)
    """Its open descriptors, at most `MAX_FILES`."""
    container_id: str = ""
    """The container of its pod that it runs in; "" where its sandbox has one container, or where
    nothing tells."""

    @property
    def has_tty(self) -> bool:
        """Whether standard input, output or error is a terminal."""
        return any(is_tty(mode, path) for fd, path, mode in self.files if fd <= 2)

    @classmethod
    def read(cls, values: object) -> ProcfsEntry:
        """Read a process from a mark; without a thread group id if the values make no sense."""
        if not isinstance(values, dict):
            return cls(0, 0, 0, "", "")
        return cls(
            int_in(values, "pid"),
            max(0, int_in(values, "parent_pid")),
            max(0, int_in(values, "start_ns")),
            text_in(values, "name"),
            text_in(values, "exe"),
            args_in(values, "args"),
            text_in(values, "cwd"),
            _read_process(values, "pipe_from"),
            _read_process(values, "pipe_to"),
            _read_files(values),
            text_in(values, "container_id", MAX_ID),
        )


@dataclass(frozen=True, slots=True)
class ProcessesMark:
    """The running processes of a sandbox: all, or a part if there are too many for one mark."""

    kind: ClassVar = "processes"

    text: str
    container_id: str
    """ID of the sandbox."""
    taken_ns: int
    """When the sandbox was asked, Unix nanoseconds."""
    is_whole: bool
    """Whether all parts together have all processes."""
    part: int
    """From 1."""
    parts: int
    processes: tuple[ProcfsEntry, ...]

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {
            "kind": self.kind,
            **asdict(self),
            "processes": [asdict(entry) for entry in self.processes],
        }

    @classmethod
    def read(cls, details: dict[str, Any]) -> ProcessesMark:
        """Read the mark from its details; processes that make no sense are left out."""
        entries = map(ProcfsEntry.read, list_in(details, "processes")[:MAX_PROCESSES])
        return cls(
            text_in(details, "text"),
            text_in(details, "container_id"),
            int_in(details, "taken_ns"),
            details.get("is_whole") is True,
            int_in(details, "part", -1),
            int_in(details, "parts"),
            tuple(entry for entry in entries if entry.pid > 0),
        )


def _read_process(holder: dict[str, Any], name: str) -> Process:
    ends = [each for each in list_in(holder, name) if isinstance(each, int)]
    return (ends[0], ends[1]) if len(ends) == 2 else NO_PROCESS


def _read_files(holder: dict[str, Any]) -> list[OpenFile]:
    found: list[OpenFile] = []
    for each in list_in(holder, "files")[:MAX_FILES]:
        if isinstance(each, (list, tuple)) and len(each) == 3:
            fd, path, mode = each
            if isinstance(fd, int) and isinstance(path, str) and isinstance(mode, int) and fd >= 0:
                found.append((fd, path[:MAX_TEXT], mode))
    return found


def is_tty(mode: int, path: str) -> bool:
    """Whether a descriptor is a terminal.

    gVisor shows a terminal of the host as `host:[7]`: of character devices, `/dev/null` and its
    kin are for all, a terminal is its user's (modes 0600 and 0620).
    """
    is_own = stat.S_ISCHR(mode) and not mode & 0o006
    return path.startswith(("/dev/pts/", "/dev/tty")) or (path.startswith("host:[") and is_own)
