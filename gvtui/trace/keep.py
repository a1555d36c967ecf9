"""Keeps what a flight recorder holds: one recording from its segments."""

from __future__ import annotations

import os
import time
import uuid
from itertools import islice
from typing import TYPE_CHECKING, Any

from gvtui import __version__
from gvtui.files import whole_file
from gvtui.trace.details import pack_details, unpack_details
from gvtui.trace.records import LOG_FORMAT, LogKind, Record, TraceError, pack_record, scan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

    from gvtui.trace.marks import Mark
    from gvtui.trace.reader import Trace
    from gvtui.trace.rebuild import Progress

_STEP_BYTES = 4 << 20
_MAX_HEADER = 1 << 20


def save(
    trace: Trace,
    path: Path,
    *,
    marks: Mapping[int, Mark] | None = None,
    progress: Progress | None = None,
) -> int:
    """Write all that a flight recorder holds now as a recording; its index is made when it is opened.

    May run in a thread while the trace goes on growing.

    Args:
        trace: an open trace whose logs are gvtui's own.
        path: the recording to make.
        marks: what to note of connections by their numbers, where their beginning is gone.
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
        # For its owner alone, as a recording is: it may hold secrets.
        with whole_file(path, mode=0o600, is_new=True) as out:
            _copy(trace, extents, out, marks or {}, progress)
            return out.tell()
    except FileExistsError as error:
        raise TraceError(f"{path} exists already; choose another name") from error
    except OSError as error:
        raise TraceError(f"cannot write {path}: {error.strerror}") from error
    finally:
        for fd, _ in extents:
            os.close(fd)


def _copy(
    trace: Trace,
    extents: list[tuple[int, int]],
    out: BinaryIO,
    marks: Mapping[int, Mark],
    progress: Progress | None,
) -> None:
    head = {
        "format": LOG_FORMAT,
        "program": f"gvtui {__version__}",
        "id": uuid.uuid4().bytes,
        "arch": trace.architecture,
    }
    out.write(pack_record(LogKind.HEADER, 0, time.time_ns(), pack_details(head)))
    total = sum(size for _, size in extents)
    done = 0
    for place, (fd, size) in enumerate(extents):
        header = _header(fd)
        position = header.offset + len(header.payload) if header else 0
        if place == 0 and header:
            out.write(_reopened(unpack_details(header.payload), marks))
        while position < size:
            data = os.pread(fd, min(_STEP_BYTES, size - position), position)
            if not data:
                break
            out.write(data)
            position += len(data)
            done += len(data)
            if progress:
                progress(min(done, total), total)
    if progress:
        progress(total, total)


def _header(fd: int) -> Record | None:
    start = os.pread(fd, _MAX_HEADER, 0)
    for item in islice(scan(start), 1):
        if isinstance(item, Record) and item.kind == LogKind.HEADER:
            return item
    return None


def _reopened(head: dict[str, Any], marks: Mapping[int, Mark]) -> bytes:
    """Records for the connections that stood when the oldest segment began, and their marks."""
    records = []
    for conn, opened_ns, details, dropped in head.get("connections") or []:
        details = {**details, "dropped_before": dropped}
        records.append(pack_record(LogKind.OPENED, conn, opened_ns, pack_details(details)))
        if conn in marks:
            packed = pack_details(marks[conn].details())
            records.append(pack_record(LogKind.MARK, conn, opened_ns, packed))
    return b"".join(records)
