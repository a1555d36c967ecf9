"""What `runsc trace procfs` prints: the processes of a container that runs already.

The output is a line `PROCFS DUMP`, then one JSON object for each process, as runsc 0.0~20240729
writes it. Its text comes from the sandbox, so any part of it may be missing or of another type.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gvtui.query.process import Process, ProcessId, Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.query.processes import Processes

MAX_ENTRIES = 20_000
"""Processes taken from one dump."""


@dataclass(slots=True)
class ProcfsEntry:
    """One process of a dump."""

    pid: int
    parent_pid: int
    start_ns: int
    name: str
    exe: str
    args: list[str] = field(default_factory=list)
    cwd: str = ""
    stdin: str = ""
    """Path of file descriptor 0, such as `pipe:[1]`."""
    stdout: str = ""


def parse_procfs(text: str) -> list[ProcfsEntry]:
    """The processes in the output of `runsc trace procfs`; what cannot be read is left out."""
    decoder = json.JSONDecoder()
    dumps: list[Any] = []
    place = text.find("{")
    while 0 <= place < len(text) and len(dumps) < MAX_ENTRIES:
        try:
            dump, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            place = text.find("\n{", place + 1)
            place += place >= 0
            continue
        dumps.append(dump)
        place = text.find("{", place)
    return read_entries(dumps)


def read_entries(dumps: Iterable[Any]) -> list[ProcfsEntry]:
    """Processes from parsed JSON objects; those without a process id are left out."""
    entries = []
    for dump in dumps:
        status = _dict(dump, "status")
        pid = _int(status, "pid")
        if pid <= 0:
            continue
        paths = {
            _int(entry, "number", -1): _text(entry, "path")
            for entry in _list(dump, "fdlist")
            if isinstance(entry, dict)
        }
        exe = _text(dump, "exe")
        entries.append(
            ProcfsEntry(
                pid=pid,
                parent_pid=max(0, _int(status, "ppid")),
                start_ns=max(0, _int(dump, "clone_ts")),
                name=_text(status, "comm") or exe.rpartition("/")[2],
                exe=exe,
                args=[arg for arg in _list(dump, "args") if isinstance(arg, str)],
                cwd=_text(dump, "cwd"),
                stdin=paths.get(0, ""),
                stdout=paths.get(1, ""),
            )
        )
    return entries


def seed(tree: Processes, container: str, entries: Iterable[ProcfsEntry]) -> None:
    """Add the processes that a dump lists for a container to the tree."""
    added: list[tuple[Process, ProcfsEntry]] = []
    for entry in entries:
        known = tree.find(ProcessId(container, entry.pid, entry.start_ns))
        if known is None or (known.has_ended and not entry.start_ns):
            known = tree.create(container, entry.pid, entry.start_ns, Source.PROCFS, -1)
        elif known.source is Source.CONTEXT:
            known.source = Source.PROCFS
        known.start_ns = known.start_ns or entry.start_ns
        known.name = known.name or entry.name
        known.cwd = known.cwd or entry.cwd
        if not known.execs:
            known.begin_with(entry.args)
        added.append((known, entry))
    by_pid = {process.pid: process for process, _ in added}
    outputs = {entry.stdout: process for process, entry in added if _is_pipe(entry.stdout)}
    for process, entry in added:
        parent = by_pid.get(entry.parent_pid)
        if parent is None and entry.parent_pid:
            parent = tree.find(ProcessId(container, entry.parent_pid, 0))
        tree.adopt(process, parent, entry.parent_pid)
        writer = outputs.get(entry.stdin)
        if writer is not None and writer is not process:
            process.pipe_from = process.pipe_from or writer.id
            writer.pipe_to = writer.pipe_to or process.id
    tree.version += 1


def _is_pipe(path: str) -> bool:
    return path.startswith("pipe:")


def _dict(holder: Any, name: str) -> Any:  # noqa: ANN401
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}


def _list(holder: Any, name: str) -> list[Any]:  # noqa: ANN401
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, list) else []


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def _int(holder: dict[str, Any], name: str, otherwise: int = 0) -> int:
    value = holder.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        return otherwise
    return value if -(1 << 63) <= value < 1 << 63 else otherwise
