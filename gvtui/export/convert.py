"""Writes chosen rows of a trace to a new file, in the format that the file's suffix names."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError, UsageError
from gvtui.export.formats import BY_SUFFIX, RECORDING, SAVE_FILE
from gvtui.export.recording import RecordingExport
from gvtui.files import put_in_place, unfinished_path, whole_file
from gvtui.trace.files import index_path, strings_path
from gvtui.trace.records import DamagedError
from gvtui.trace.row import Flag, Kind
from gvtui.trace.savefile import SaveFileWriter

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from gvtui.export.formats import Lines
    from gvtui.export.selection import Selection
    from gvtui.trace.rebuild import Progress

_STEP = 4096
"""Rows between two reports of progress."""


class ConvertError(GvtuiError):
    """An export's file cannot be written."""


def convert(selection: Selection, out: Path, *, progress: Progress | None = None) -> int:
    """Write the chosen rows to a new file; its suffix says the format: see `formats`.

    The file appears when it is whole.

    Args:
        selection: which rows of which trace.
        out: the file, which must not exist yet.
        progress: called with rows done and rows in all.

    Returns:
        How many messages, or lines, were written.

    Raises:
        UsageError: the suffix is not known.
        ConvertError: the file exists, cannot be written, or cannot hold what was chosen.
    """
    chosen = BY_SUFFIX.get(out.suffix.lower())
    if chosen is None:
        raise UsageError(f"what to write to {out}? Its name must end with {', '.join(BY_SUFFIX)}")
    try:
        if chosen is RECORDING:
            written = _write_recording(selection, out, progress)
        else:
            with whole_file(out, is_new=True) as file:
                if chosen is SAVE_FILE:
                    written = _write_save_file(selection, file, progress)
                else:
                    written = _write_lines(selection, chosen.make(selection), file, progress)
    except FileExistsError as error:
        raise ConvertError(f"{out} exists already; choose another name") from error
    except OSError as error:
        raise ConvertError(f"cannot write {out}: {error.strerror or error}") from error
    if progress:
        progress(1, 1)
    return written


def _write_lines(
    selection: Selection,
    export: Lines,
    file: BinaryIO,
    progress: Progress | None,
) -> int:
    trace = selection.trace
    written = 0
    for start in range(trace.first_row, trace.end_row, _STEP):
        for line in export.lines(start, min(start + _STEP, trace.end_row)):
            file.write(f"{line}\n".encode("utf-8", "backslashreplace"))
            written += 1
        _tell(selection, start, progress)
    return written


def _write_save_file(selection: Selection, file: BinaryIO, progress: Progress | None) -> int:
    trace = selection.trace
    conn = written = 0
    writer = SaveFileWriter(file)
    for row_id in selection.row_ids(trace.first_row, trace.end_row):
        row = trace.row(row_id)
        if row.kind != Kind.MESSAGE or row.flags & Flag.TRUNCATED:
            continue
        if row.conn != (conn := conn or row.conn):
            raise ConvertError(
                "a gVisor save file holds one connection, and there are several here; choose "
                f"one: --filter 'conn.num = {conn}'"
            )
        with contextlib.suppress(DamagedError):
            writer.message(trace.payload(row_id))
            written += 1
        _tell(selection, row_id, progress)
    return written


def _write_recording(selection: Selection, out: Path, progress: Progress | None) -> int:
    """Write a recording beside its name, then name it: its index and its strings go with it."""
    trace = selection.trace
    if out.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(out))
    unfinished = unfinished_path(out)
    beside = (index_path, strings_path)
    try:
        recording = RecordingExport(selection, unfinished)
        for start in range(trace.first_row, trace.end_row, _STEP):
            recording.copy(start, min(start + _STEP, trace.end_row))
            _tell(selection, start - start % _STEP, progress)
        recording.close()
        put_in_place(unfinished, out)
        for name in beside:
            # A file of that name belongs to somebody else; the index is then made on opening.
            with contextlib.suppress(FileExistsError):
                put_in_place(name(unfinished), name(out))
    finally:
        for path in (unfinished, *(name(unfinished) for name in beside)):
            path.unlink(missing_ok=True)
    return recording.messages


def _tell(selection: Selection, row_id: int, progress: Progress | None) -> None:
    if progress and row_id % _STEP == 0:
        trace = selection.trace
        progress(row_id - trace.first_row, trace.end_row - trace.first_row)
