"""Writes chosen rows of a trace to a new file, in the format that the file's suffix names."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from gvtui.decode.ids import SHORT_ID
from gvtui.errors import UsageError
from gvtui.export.formats import BY_SUFFIX, RECORDING, SAVE_FILE
from gvtui.export.newrecording import ConvertError, new_recording, write_beside
from gvtui.export.recording import RecordingExport
from gvtui.export.selection import Selection
from gvtui.files import whole_file
from gvtui.trace.bookmarks import Bookmarks
from gvtui.trace.records import DamagedError
from gvtui.trace.row import Flag, Kind
from gvtui.trace.savefile import SaveFileWriter

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from gvtui.export.formats import Format, Lines
    from gvtui.redact.redactor import Redactor
    from gvtui.trace.reader import Trace
    from gvtui.trace.rebuild import Progress

_STEP = 4096
"""Rows between two reports of progress."""
_MOST_NAME = 80
_HEX = re.compile(r"[0-9a-f]+")


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
    chosen = format_of_name(out)
    if chosen is RECORDING:
        written = _write_recording(selection, out, progress)
    else:
        try:
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


def format_of_name(out: Path) -> Format:
    """The format that the name of a new file asks for.

    Raises:
        UsageError: the suffix is not known.
    """
    chosen = BY_SUFFIX.get(out.suffix.lower())
    if chosen is None:
        raise UsageError(f"what to write to {out}? Its name must end with {', '.join(BY_SUFFIX)}")
    return chosen


def convert_split(
    trace: Trace,
    filter_text: str,
    out: Path,
    *,
    redactor: Redactor | None = None,
    progress: Progress | None = None,
) -> list[tuple[Path, int]]:
    """Write the rows of each sandbox to a file of its own, as `convert` does.

    The files are named after `out`: `night.strace` gives `night-dee0da1eafc6.strace`, with the
    container's ID, or `night-conn-2.strace` for a connection whose container is not known. Nothing
    in a file tells of the other sandboxes. Marks that belong to no sandbox, such as those of losses,
    are in each recording, and in no file of another format.

    Args:
        trace: the trace.
        filter_text: which rows; empty for all.
        out: what the files are named after.
        redactor: takes secrets out where a format does not tell all.
        progress: called with rows done and rows in all, for each file.

    Returns:
        The files, each with how many messages or lines were written.

    Raises:
        UsageError: the suffix is not known.
        ConvertError: a file exists, cannot be written, or cannot hold what was chosen.
        FilterError: the text is no filter.
    """
    files: dict[Path, list[int]] = {}
    for sandbox in trace.connections.sandboxes():
        conns = [each.conn for each in sandbox.connections]
        name = _file_name(sandbox.container_id) or f"conn-{conns[0]}"
        path = out.with_name(f"{out.stem}-{name}{out.suffix}")
        if path in files:
            path = out.with_name(f"{out.stem}-{name}-conn-{conns[0]}{out.suffix}")
        files[path] = conns
    for path in files:
        if path.exists():
            raise ConvertError(f"{path} exists already; choose another name")
    written = []
    for path, conns in files.items():
        selection = Selection(trace, filter_text, conns=conns)
        selection.redactor = redactor
        written.append((path, convert(selection, path, progress=progress)))
    return written


def _file_name(container: str) -> str:
    """A container's ID as a part of a file's name: as short as in lists, if it is made of hex
    digits, else with nothing that a shell or a folder has a meaning for."""
    safe = re.sub(r"[^0-9A-Za-z_.-]", "_", container)
    return safe[:SHORT_ID] if _HEX.fullmatch(safe) else safe[:_MOST_NAME]


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
    trace = selection.trace
    bookmarks = {each.row: each for each in Bookmarks(trace)}
    with new_recording(out) as unfinished:
        recording = RecordingExport(selection, unfinished, bookmarks=bookmarks)
        for start in range(trace.first_row, trace.end_row, _STEP):
            recording.copy(start, min(start + _STEP, trace.end_row))
            _tell(selection, start - start % _STEP, progress)
        recording.close()
    write_beside(out, recording.bookmarked)
    return recording.messages


def _tell(selection: Selection, row_id: int, progress: Progress | None) -> None:
    if progress and row_id % _STEP == 0:
        trace = selection.trace
        progress(row_id - trace.first_row, trace.end_row - trace.first_row)
