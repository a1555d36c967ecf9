"""Reads the output of `runsc trace procfs`: the processes of a running sandbox.

The output is a line `PROCFS DUMP`, then one JSON object for each process, as runsc 0.0~20221219
and 0.0~20240729 write it: all processes of the sandbox, without saying which container of a pod
each belongs to. That is what `runsc ps` tells, for each container. Ids and start times are those of
`context_data` in both. The text comes from the sandbox, so any part of it may be missing or of
another type.

A dump is written to the trace as marks, and the process tree takes it up at their rows, so that a
recording shows the same tree as the live view did.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gvtui.trace.details import args_in, int_in, list_in, text_in
from gvtui.trace.procfs import MAX_FILES, MAX_PROCESSES, OpenFile, ProcessesMark, ProcfsEntry
from gvtui.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_MARK_SIZE = 48 << 10
"""About how many characters one mark's processes have: the mark must fit one datagram."""

_PIPE = "pipe:"

MAX_UNREADABLE = 64
"""After so many that cannot be read no more are looked for: each takes as long as the text."""


@dataclass(frozen=True, slots=True)
class Dump:
    """The processes of a sandbox at one moment."""

    entries: tuple[ProcfsEntry, ...]
    is_whole: bool
    """Whether gvtui could read every process that was printed."""

    def in_containers(self, container_of: Mapping[int, str]) -> Dump:
        """The same processes, each with its container, or else with that of the nearest ancestor
        that has one.

        Args:
            container_of: the container of each thread group id, as `runsc ps` tells it.
        """
        known = {entry.pid: entry for entry in self.entries}
        return replace(
            self,
            entries=tuple(
                replace(entry, container_id=_nearest(entry, known, container_of))
                for entry in self.entries
            ),
        )


def _nearest(
    entry: ProcfsEntry, known: Mapping[int, ProcfsEntry], container_of: Mapping[int, str]
) -> str:
    """The container of a process, or of its nearest ancestor that has one; "" if none has."""
    seen: set[int] = set()
    asked: ProcfsEntry | None = entry
    while asked is not None and asked.pid not in seen:
        if asked.pid in container_of:
            return container_of[asked.pid]
        seen.add(asked.pid)
        asked = known.get(asked.parent_pid)
    return ""


def parse_procfs(text: str) -> Dump:
    """The processes in the output of `runsc trace procfs`; unreadable ones are left out, and all
    behind `MAX_UNREADABLE` of them."""
    decoder = json.JSONDecoder()
    dumps: list[Any] = []
    unreadable = 0
    place = text.find("{")
    while 0 <= place < len(text) and len(dumps) < MAX_PROCESSES and unreadable < MAX_UNREADABLE:
        try:
            dump, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            unreadable += 1
            place = text.find("\n{", place + 1)
            place += place >= 0
            continue
        dumps.append(dump)
        place = text.find("{", place)
    entries = _read_entries(dumps)
    return Dump(entries, not unreadable and place < 0 and len(entries) == len(dumps))


def _read_entries(dumps: Iterable[Any]) -> tuple[ProcfsEntry, ...]:
    """Processes from parsed JSON objects; those without a process id are left out."""
    entries: list[ProcfsEntry] = []
    writers: dict[str, int] = {}
    readers: list[tuple[str, int]] = []
    for dump in dumps:
        entry = _read_entry(dump)
        if entry.pid <= 0:
            continue
        stdin, stdout = _standard_files(dump)
        if stdout.startswith(_PIPE):
            writers[stdout] = len(entries)
        if stdin.startswith(_PIPE):
            readers.append((stdin, len(entries)))
        entries.append(entry)
    for pipe, place in readers:
        writer_place = writers.get(pipe, place)
        if writer_place != place:
            reader, writer = entries[place], entries[writer_place]
            entries[place] = replace(reader, pipe_from=(writer.pid, writer.start_ns))
            entries[writer_place] = replace(writer, pipe_to=(reader.pid, reader.start_ns))
    return tuple(entries)


def _read_entry(dump: Any) -> ProcfsEntry:  # noqa: ANN401
    """A process from one JSON object; without a process id if the object makes no sense."""
    holder = dump if isinstance(dump, dict) else {}
    status = holder.get("status")
    status = status if isinstance(status, dict) else {}
    exe = text_in(holder, "exe")
    return ProcfsEntry(
        pid=int_in(status, "pid"),
        parent_pid=max(0, int_in(status, "ppid")),
        start_ns=max(0, int_in(holder, "clone_ts")),
        name=text_in(status, "comm") or exe.rpartition("/")[2],
        exe=exe,
        args=args_in(holder, "args"),
        cwd=text_in(holder, "cwd"),
        files=_open_files(holder),
    )


def _open_files(holder: dict[str, Any]) -> list[OpenFile]:
    """The descriptors of a process; those that make no sense are left out."""
    entries = (each for each in list_in(holder, "fdlist")[:MAX_FILES] if isinstance(each, dict))
    return [
        (fd, text_in(entry, "path"), int_in(entry, "mode"))
        for entry in entries
        if (fd := int_in(entry, "number", -1)) >= 0
    ]


def _standard_files(dump: Any) -> tuple[str, str]:  # noqa: ANN401
    """The files that a process has as stdin and stdout, from its file descriptors 0 and 1."""
    paths = {
        int_in(entry, "number", -1): text_in(entry, "path")
        for entry in list_in(dump, "fdlist")
        if isinstance(entry, dict)
    }
    return paths.get(0, ""), paths.get(1, "")


def marks_of(dump: Dump, container: str, taken_ns: int) -> Iterator[ProcessesMark]:
    """The trace marks of a dump, each small enough for one datagram to the monitor.

    Args:
        dump: the processes.
        container: ID of the sandbox.
        taken_ns: when the sandbox was asked, Unix time in nanoseconds.
    """
    parts: list[list[ProcfsEntry]] = [[]]
    room = _MARK_SIZE
    for entry in dump.entries:
        size = 200 + len(entry.name) + len(entry.exe) + len(entry.cwd) + sum(map(len, entry.args))
        size += sum(16 + len(path) for _, path, _ in entry.files) + len(entry.container_id)
        if size > room and parts[-1]:
            parts.append([])
            room = _MARK_SIZE
        parts[-1].append(entry)
        room -= size
    count = len(dump.entries)
    said = f"{counted(count, 'process runs', 'processes run')} in {container}"
    said += "" if dump.is_whole else ", others could not be read"
    for number, part in enumerate(parts, 1):
        text = f"{said}: told by runsc trace procfs"
        yield ProcessesMark(
            text if len(parts) == 1 else f"{text}, part {number} of {len(parts)}",
            container,
            taken_ns,
            dump.is_whole,
            number,
            len(parts),
            tuple(part),
        )
