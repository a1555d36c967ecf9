"""What `runsc trace procfs` prints: the processes of a sandbox that runs already.

The output is a line `PROCFS DUMP`, then one JSON object for each process, as runsc 0.0~20221219
and 0.0~20240729 write it: all processes of the sandbox, a pod's containers not told apart. Its ids
and start times are those of context data. Its text comes from the sandbox, so any part of it may
be missing or of another type.

A dump is noted in the trace as marks, and enters the tree where these stand: so a recording shows
the same tree as the live view did.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from gvtui.query.processes.process import Process, ProcessId, Source, short_args
from gvtui.trace.details import int_in, list_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvtui.query.processes.processes import Processes

MARK_KIND = "processes"
"""The kind of the marks that hold a dump."""

MAX_ENTRIES = 20_000
"""Processes taken from one dump."""

_MAX_TEXT = 4096
"""Characters kept of a name or path."""
_MARK_SIZE = 48 << 10
"""Characters that a mark's processes have together, about: the monitor is told in one datagram."""
_SAME_CLOCK_NS = 1_000_000_000
"""Clocks of sandbox and machine differ by less."""

_PIPE = "pipe:"
_Pipe = tuple[int, int]
"""Process id and start time of the process at the other end; zeros for none."""
_NO_PIPE: _Pipe = (0, 0)


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
    pipe_from: _Pipe = _NO_PIPE
    pipe_to: _Pipe = _NO_PIPE


@dataclass(frozen=True, slots=True)
class Dump:
    """The processes of a sandbox at one time."""

    entries: tuple[ProcfsEntry, ...]
    is_whole: bool
    """Whether all could be read that were printed."""


def parse_procfs(text: str) -> Dump:
    """The processes in the output of `runsc trace procfs`; what cannot be read is left out."""
    decoder = json.JSONDecoder()
    dumps: list[Any] = []
    is_whole = True
    place = text.find("{")
    while 0 <= place < len(text) and len(dumps) < MAX_ENTRIES:
        try:
            dump, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            is_whole = False
            place = text.find("\n{", place + 1)
            place += place >= 0
            continue
        dumps.append(dump)
        place = text.find("{", place)
    entries = _read_entries(dumps)
    return Dump(entries, is_whole and place < 0 and len(entries) == len(dumps))


def _read_entries(dumps: Iterable[Any]) -> tuple[ProcfsEntry, ...]:
    """Processes from parsed JSON objects; those without a process id are left out."""
    entries = []
    writers: dict[str, ProcfsEntry] = {}
    readers: list[tuple[str, ProcfsEntry]] = []
    for dump in dumps:
        status = _dict(dump, "status")
        pid = int_in(status, "pid")
        if pid <= 0:
            continue
        paths = {
            int_in(entry, "number", -1): _text(entry, "path")
            for entry in list_in(dump, "fdlist")
            if isinstance(entry, dict)
        }
        exe = _text(dump, "exe")
        entry = ProcfsEntry(
            pid=pid,
            parent_pid=max(0, int_in(status, "ppid")),
            start_ns=max(0, int_in(dump, "clone_ts")),
            name=_text(status, "comm") or exe.rpartition("/")[2],
            exe=exe,
            args=_args(dump),
            cwd=_text(dump, "cwd"),
        )
        entries.append(entry)
        stdin, stdout = paths.get(0, ""), paths.get(1, "")
        if stdout.startswith(_PIPE):
            writers[stdout] = entry
        if stdin.startswith(_PIPE):
            readers.append((stdin, entry))
    for pipe, reader in readers:
        writer = writers.get(pipe)
        if writer is not None and writer is not reader:
            reader.pipe_from = (writer.pid, writer.start_ns)
            writer.pipe_to = (reader.pid, reader.start_ns)
    return tuple(entries)


def marks_of(dump: Dump, container: str, taken_ns: int) -> Iterator[dict[str, Any]]:
    """What to note of a dump in the trace: marks, each small enough to be told in one go.

    Args:
        dump: the processes.
        container: ID of the sandbox.
        taken_ns: when the sandbox was asked, Unix time.
    """
    parts: list[list[dict[str, Any]]] = [[]]
    room = _MARK_SIZE
    for entry in dump.entries:
        size = 200 + len(entry.name) + len(entry.exe) + len(entry.cwd) + sum(map(len, entry.args))
        if size > room and parts[-1]:
            parts.append([])
            room = _MARK_SIZE
        parts[-1].append(asdict(entry))
        room -= size
    count = len(dump.entries)
    said = f"{count:,} {'process runs' if count == 1 else 'processes run'} in {container}"
    said += "" if dump.is_whole else ", others could not be read"
    for number, part in enumerate(parts, 1):
        text = f"{said}: told by runsc trace procfs"
        yield {
            "kind": MARK_KIND,
            "text": text if len(parts) == 1 else f"{text}, part {number} of {len(parts)}",
            "container_id": container,
            "taken_ns": taken_ns,
            "is_whole": dump.is_whole,
            "part": number,
            "parts": len(parts),
            "processes": part,
        }


def take_mark(tree: Processes, row: int, conn: int, details: dict[str, Any]) -> None:
    """Take in a mark of `MARK_KIND`.

    Args:
        tree: where to put them.
        row: the mark's row.
        conn: the connection of the sandbox.
        details: what the mark says.
    """
    container, taken_ns = _text(details, "container_id"), int_in(details, "taken_ns")
    added = [
        (_seed(tree, row, conn, container, entry, taken_ns), entry)
        for entry in map(_read_entry, list_in(details, "processes")[:MAX_ENTRIES])
        if entry.pid > 0
    ]
    for process, entry in added:
        if process.parent is None:
            # Else an event told who started it, whoever waits for it now.
            parent = tree.spans.current(conn, entry.parent_pid)
            tree.adopt(process, parent, entry.parent_pid)
        if process.pipe_from is None and entry.pipe_from != _NO_PIPE:
            process.pipe_from = ProcessId(container, *entry.pipe_from)
        if process.pipe_to is None and entry.pipe_to != _NO_PIPE:
            process.pipe_to = ProcessId(container, *entry.pipe_to)
    if details.get("is_whole") is True and details.get("part") == details.get("parts"):
        _end_unlisted(tree, conn, taken_ns)
    tree.version += 1


def _seed(
    tree: Processes, row: int, conn: int, container: str, entry: ProcfsEntry, taken_ns: int
) -> Process:
    known = tree.spans.current(conn, entry.pid, entry.start_ns)
    if known is None or not _is_same(known, entry):
        known = tree.elsewhere(container, entry.pid, entry.start_ns)
        if known is None:
            known = tree.create(container, entry.pid, entry.start_ns, Source.PROCFS, -1)
        tree.spans.begin(conn, row, known)
    if not known.is_start_told:
        known.source = Source.PROCFS
    known.start_ns = known.start_ns or entry.start_ns
    known.name = known.name or entry.name
    known.cwd = known.cwd or entry.cwd
    known.listed_ns = taken_ns
    if not known.execs:
        known.begin_with(entry.args)
    return known


def _is_same(known: Process, entry: ProcfsEntry) -> bool:
    """Whether the process that has an entry's id is the one that the entry is about."""
    if known.start_ns and entry.start_ns:
        return True
    # Where the session does not collect start times, an end after the start is that process's.
    return not known.has_ended or 0 < entry.start_ns <= known.end_ns


def _end_unlisted(tree: Processes, conn: int, taken_ns: int) -> None:
    """A process that a later dump does not list has ended, though no event told of it."""
    for process in tree.spans.newest(conn):
        is_listed = process.listed_ns >= taken_ns
        is_later = not process.start_ns or process.start_ns + _SAME_CLOCK_NS > taken_ns
        if not (process.has_ended or is_listed or is_later):
            process.has_ended = True


def _read_entry(values: Any) -> ProcfsEntry:  # noqa: ANN401
    """A process as a mark holds it; without a process id if it makes no sense."""
    if not isinstance(values, dict):
        return ProcfsEntry(0, 0, 0, "", "")
    return ProcfsEntry(
        int_in(values, "pid"),
        max(0, int_in(values, "parent_pid")),
        max(0, int_in(values, "start_ns")),
        _text(values, "name"),
        _text(values, "exe"),
        _args(values),
        _text(values, "cwd"),
        _read_pipe(values, "pipe_from"),
        _read_pipe(values, "pipe_to"),
    )


def _read_pipe(holder: dict[str, Any], name: str) -> _Pipe:
    ends = [each for each in list_in(holder, name) if isinstance(each, int)]
    return (ends[0], ends[1]) if len(ends) == 2 else _NO_PIPE


def _dict(holder: Any, name: str) -> Any:  # noqa: ANN401
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}


def _text(holder: dict[str, Any], name: str) -> str:
    value = holder.get(name)
    return _whole(value[:_MAX_TEXT]) if isinstance(value, str) else ""


def _args(holder: dict[str, Any]) -> list[str]:
    words = (word for word in list_in(holder, "args") if isinstance(word, str))
    return [_whole(word) for word in short_args(words)]


def _whole(text: str) -> str:
    """Text without halves of characters, which JSON can hold and a mark cannot."""
    return text.encode("utf-8", "replace").decode()
