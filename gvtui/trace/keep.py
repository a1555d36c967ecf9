"""Copies the segments of a flight recorder into one recording."""

from __future__ import annotations

import os
import time
import uuid
from typing import TYPE_CHECKING, Any

from gvtui import __version__
from gvtui.files import whole_file
from gvtui.trace.batches import FORMAT, SALT_SIZE, pack_one
from gvtui.trace.carried import carried_in
from gvtui.trace.details import int_in, list_in, pack_details
from gvtui.trace.excerpts import DisputeMark
from gvtui.trace.records import LogKind, TraceError
from gvtui.trace.scanning import first_head
from gvtui.trace.summary import ConnectionCounts, Summary
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from gvtui.trace.bytesource import ByteSource
    from gvtui.trace.marks import Mark
    from gvtui.trace.reader import Trace
    from gvtui.trace.rebuild import Progress

    _Reopened = tuple[LogKind, int, int, dict[str, Any]]
    """Kind, connection, time and details of a record."""

_STEP_BYTES = 4 << 20
_LOOK_STEP = 64 << 10


def save(
    trace: Trace,
    path: Path,
    *,
    marks: Mapping[int, Mark] | None = None,
    progress: Progress | None = None,
) -> int:
    """Write the present contents of a flight recorder as a recording; opening it makes the index.

    This may run in a thread while the trace grows.

    Args:
        trace: an open trace, not a save file of gVisor's.
        path: the new recording.
        marks: trace marks for connections, by number, whose beginning has been deleted.
        progress: called with bytes done and bytes in all.

    Returns:
        The recording's size in bytes.

    Raises:
        TraceError: the file exists already, or cannot be written.
    """
    if trace.is_save_file:
        raise TraceError(f"{trace.path} is a gVisor save file already; copy it instead")
    extents = trace.log_extents()
    try:
        # Readable only by its owner, like every recording: it may contain secrets.
        with whole_file(path, mode=0o600, is_new=True) as out:
            _copy(trace, extents, out, marks or {}, progress)
            return out.tell()
    except FileExistsError as error:
        raise TraceError(f"{path} exists already; choose another name") from error
    except OSError as error:
        raise TraceError(f"cannot write {path}: {error.strerror}") from error
    finally:
        for log, _ in extents:
            log.close()


def _copy(
    trace: Trace,
    extents: list[tuple[ByteSource, int]],
    out: BinaryIO,
    marks: Mapping[int, Mark],
    progress: Progress | None,
) -> None:
    first, last = trace.oldest_head(), _header(extents[-1][0])
    head: dict[str, Any] = {
        "format": FORMAT,
        "program": f"gvtui {__version__}",
        "id": first.get("id") or uuid.uuid4().bytes,
        "arch": trace.architecture,
        # One before the segments that follow, so that these go on with it.
        "segment": int_in(first, "segment") - 1,
        "first_row": 0,
        "connections": [],
        "before": first.get("before") or ConnectionCounts().packed(),
        "needs": [],
        "previous": b"",
    }
    out.write(_segment(head, list(_reopened(first, marks, trace.connections.claims.apart))))
    total = sum(size for _, size in extents)
    done = 0
    for log, size in extents:
        position = 0
        while position < size:
            data = log.pread(min(_STEP_BYTES, size - position), position)
            if not data:
                break
            out.write(data)
            position += len(data)
            done += len(data)
            if progress:
                progress(min(done, total), total)
    # The newest segment may still be written: this one says that the copy is complete.
    out.write(_segment({**head, "segment": int_in(last, "segment") + 1, "before": {}}, []))
    if progress:
        progress(total, total)


def _segment(head: dict[str, Any], records: list[_Reopened]) -> bytes:
    """A whole segment without messages."""
    salt, now = os.urandom(SALT_SIZE), time.time_ns()
    log = pack_one(LogKind.HEADER, 0, now, salt, 0, pack_details(head))
    for kind, conn, opened_ns, details in records:
        log += pack_one(kind, conn, opened_ns, salt, len(log), pack_details(details))
    summary = pack_details(Summary(len(records), ConnectionCounts(), None).details())
    return log + pack_one(LogKind.SUMMARY, 0, now, salt, len(log), summary)


def _header(log: ByteSource) -> dict[str, Any]:
    """What the header of a log says; empty where it cannot be read."""
    return first_head(Window(log, log.size, step=_LOOK_STEP)) or {}


def _reopened(
    head: dict[str, Any], marks: Mapping[int, Mark], apart: Mapping[int, Iterable[str]]
) -> Iterator[_Reopened]:
    """Records and marks for the connections that were open when the oldest segment began."""
    counted = ConnectionCounts.read(head.get("before"))
    processes = dict(carried_in(head))
    for entry in list_in(head, "connections"):
        if not isinstance(entry, list) or list(map(type, entry)) != [int, int, dict, int]:
            continue
        conn, opened_ns, details, dropped = entry
        told = {"dropped_before": dropped, "drops_before": counted.of(conn).dropped}
        yield LogKind.OPENED, conn, opened_ns, {**details, **told}
        if conn in processes:
            yield LogKind.MARK, conn, opened_ns, processes[conn].details()
        if conn in marks:
            yield LogKind.MARK, conn, opened_ns, marks[conn].details()
        for container in apart.get(conn, ()):
            yield LogKind.MARK, conn, opened_ns, DisputeMark(container).details()
