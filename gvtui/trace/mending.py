"""Rebuilds indexes in a flight recorder's folder that are missing or unfinished.

A killed monitor leaves records in its last log that have no row yet, or somebody has removed an
index or the strings. The logs are the truth: missing files are rebuilt from them.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gvtui.files import open_to_read, whole_file
from gvtui.trace import files
from gvtui.trace.details import int_in, list_in
from gvtui.trace.indexer import Indexer
from gvtui.trace.rebuild import Making
from gvtui.trace.records import TraceError
from gvtui.trace.row import ROW_SIZE
from gvtui.trace.scanning import scan_log
from gvtui.trace.strings import MAGIC, StringReader, StringTable
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvtui.trace.rebuild import Progress


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The files of a flight recorder to be read."""

    logs: dict[int, Path]
    """The logs by segment number, oldest first."""
    indexes: dict[int, Path]
    strings: Path


def mended(
    here: FolderFiles,
    trace_id: bytes,
    architecture: str,
    head_of: Callable[[Path], dict[str, Any]],
    elsewhere: Callable[[], Path] | None,
    progress: Progress | None,
) -> FolderFiles:
    """The files of a folder that nobody writes, with a row for each record.

    Args:
        here: what is in the folder.
        trace_id: the id of the trace.
        architecture: the architecture in its header.
        head_of: reads the header of a log; empty where nothing of it can be read.
        elsewhere: makes a folder for what is made again; None has it take its place here.
        progress: called with bytes done and bytes in all.

    Raises:
        OSError: a file cannot be read, or not be written.
        TraceError: a log is of a later version.
    """
    texts = _texts(here.strings, trace_id)
    bad = [
        number
        for number, log in here.logs.items()
        if texts is None or not _is_finished(log, here.indexes[number], trace_id)
    ]
    if not bad:
        return here
    place = elsewhere() if elsewhere is not None else None
    strings = place / here.strings.name if place else here.strings
    indexes = dict(here.indexes)
    table = StringTable()
    for text in (texts or [])[2:]:
        table.number(text, is_given=True)
    total = sum(here.logs[number].stat().st_size for number in bad)
    done = end_row = 0
    for number, log in here.logs.items():
        if number not in bad:
            end_row = _end_row(indexes[number])
            continue
        if place:
            indexes[number] = place / here.indexes[number].name
        indexer = Indexer(table, architecture)
        end_row = _make_index(log, indexes[number], head_of(log), trace_id, indexer, end_row)
        done += log.stat().st_size
        if progress:
            progress(min(done, total), total)
    with whole_file(strings, mode=0o600, sync=False, is_believed=True) as out:
        out.write(MAGIC + trace_id + table.pending())
    return FolderFiles(here.logs, indexes, strings)


def _texts(strings: Path, trace_id: bytes) -> list[str] | None:
    """All strings; None where the file is missing, or another one's."""
    try:
        reader = StringReader(strings, trace_id)
    except (OSError, TraceError):
        return None
    reader.close()
    return reader.texts


def _is_finished(log: Path, index: Path, trace_id: bytes) -> bool:
    """Whether an index was finished for the log as it is."""
    try:
        with open_to_read(index) as file:
            head = files.IndexHead.unpack(file.read(files.INDEX_HEAD_SIZE))
            size = os.fstat(file.fileno()).st_size
    except OSError:
        return False
    if head is None or head.trace_id != trace_id or not head.log_size:
        return False
    rows = files.INDEX_HEAD_SIZE + head.rows * ROW_SIZE
    return head.log_size == log.stat().st_size and size >= rows


def _end_row(index: Path) -> int:
    """The id after the last row of a finished index."""
    with open_to_read(index) as file:
        head = files.IndexHead.unpack(file.read(files.INDEX_HEAD_SIZE))
    return head.first_row + head.rows if head is not None else 0


def _make_index(
    log: Path,
    index: Path,
    head: dict[str, Any],
    trace_id: bytes,
    indexer: Indexer,
    least_row: int,
) -> int:
    """Make the index of a segment; gives the id after its last row.

    The first row is what the header says, or `least_row` where the header is damaged, or was not
    written whole: no row comes before those of the segment before.
    """
    first_row = max(least_row, int_in(head, "first_row"))
    for known in list_in(head, "connections"):
        if isinstance(known, list) and len(known) > 3:
            conn, dropped = known[0], known[3]
            if isinstance(conn, int) and isinstance(dropped, int):
                indexer.set_last_dropped(conn, dropped & 0xFFFFFFFF)
    with (
        open_to_read(log) as source,
        whole_file(index, mode=0o600, sync=False, is_believed=True) as out,
    ):
        size = os.fstat(source.fileno()).st_size
        window = Window(source.fileno(), size)
        out.write(bytes(files.INDEX_HEAD_SIZE))
        checksum = rows_size = 0
        making = Making(indexer)
        for rows in making.rows(scan_log(window)):
            out.write(rows)
            checksum = zlib.crc32(rows, checksum)
            rows_size += len(rows)
        out.seek(0)
        out.write(
            files.IndexHead(
                trace_id,
                first_row,
                rows_size // ROW_SIZE,
                size,
                checksum,
                making.lost,
            ).pack()
        )
    return first_row + rows_size // ROW_SIZE
