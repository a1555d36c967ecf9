"""Rebuilds indexes in a flight recorder's folder that are missing or unfinished.

A killed monitor leaves records in its last log that have no row yet, or somebody has removed an
index or the strings, or the disk has changed a byte of them. The logs are the truth: files that are
missing, or not what they were, are rebuilt from them.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gvtui.files import open_to_read, whole_file
from gvtui.trace import files
from gvtui.trace.bytesource import opened_source, size_of
from gvtui.trace.details import int_in, list_in
from gvtui.trace.indexer import Indexer
from gvtui.trace.rebuild import Making
from gvtui.trace.records import TraceError
from gvtui.trace.row import ROW_SIZE
from gvtui.trace.scanning import scan_log
from gvtui.trace.strings import HEAD_SIZE, LENGTH, MAGIC, StringReader, StringTable
from gvtui.trace.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvtui.trace.rebuild import Progress

_STEP_BYTES = 4 << 20
"""Bytes of an index that are checked in one step."""


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
    finished: dict[int, files.IndexHead] = {}
    for number, log in here.logs.items() if texts is not None else ():
        known = _finished(log, here.indexes[number], trace_id)
        if known is not None:
            finished[number] = known
    if finished and not _has_all(
        here.strings, {each.strings_checksum for each in finished.values()}
    ):
        texts = None
        finished.clear()
    bad = [number for number in here.logs if number not in finished]
    if not bad:
        return here
    place = elsewhere() if elsewhere is not None else None
    strings = place / here.strings.name if place else here.strings
    indexes = dict(here.indexes)
    table = StringTable()
    for text in (texts or [])[2:]:
        table.number(text, is_given=True)
    total = sum(size_of(here.logs[number]) for number in bad)
    done = end_row = 0
    for number, log in here.logs.items():
        if number in finished:
            end_row = finished[number].first_row + finished[number].rows
            continue
        if place:
            indexes[number] = place / here.indexes[number].name
        end_row = _make_index(
            log, indexes[number], head_of(log), trace_id, table, architecture, end_row
        )
        done += size_of(log)
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


def _has_all(strings: Path, checksums: set[int]) -> bool:
    """Whether the strings are what they were each time when a segment was complete.

    Args:
        strings: the file.
        checksums: CRC-32 of all strings that there were then; 0 where that is not known.
    """
    left = checksums - {0}
    with open_to_read(strings) as file:
        data = file.read()
    position, checksum = HEAD_SIZE, 0
    while left and position + LENGTH.size <= len(data):
        end = position + LENGTH.size + LENGTH.unpack_from(data, position)[0]
        checksum = zlib.crc32(data[position:end], checksum)
        left.discard(checksum)
        position = end
    return not left


def _finished(log: Path, index: Path, trace_id: bytes) -> files.IndexHead | None:
    """The head of an index that was finished for the log as it is, and has not changed since."""
    try:
        with opened_source(index) as source:
            head = files.IndexHead.read(source)
            if head is None or head.trace_id != trace_id or not head.log_size:
                return None
            done, checksum, end = 0, 0, head.rows * ROW_SIZE
            while done < end and (
                data := source.pread(min(end - done, _STEP_BYTES), files.INDEX_HEAD_SIZE + done)
            ):
                checksum = zlib.crc32(data, checksum)
                done += len(data)
    except OSError:
        return None
    is_whole = done == end and checksum == head.checksum and head.log_size == size_of(log)
    return head if is_whole else None


def _make_index(
    log: Path,
    index: Path,
    head: dict[str, Any],
    trace_id: bytes,
    table: StringTable,
    architecture: str,
    least_row: int,
) -> int:
    """Make the index of a segment; gives the id after its last row.

    The first row is what the header says, or `least_row` where the header is damaged, or was not
    written whole: no row comes before those of the segment before.
    """
    first_row = max(least_row, int_in(head, "first_row"))
    indexer = Indexer(table, architecture)
    for known in list_in(head, "connections"):
        if isinstance(known, list) and len(known) > 3:
            conn, dropped = known[0], known[3]
            if isinstance(conn, int) and isinstance(dropped, int):
                indexer.set_last_dropped(conn, dropped & 0xFFFFFFFF)
    with (
        opened_source(log) as source,
        whole_file(index, mode=0o600, sync=False, is_believed=True) as out,
    ):
        size = source.size
        window = Window(source, size)
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
                zlib.crc32(table.pending()),
            ).pack()
        )
    return first_row + rows_size // ROW_SIZE
