"""Writes all of a damaged recording that can be read to a new one, and tells what was lost."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gvtui.export.newrecording import new_recording, write_beside
from gvtui.export.rewriting import Rewriting
from gvtui.files import open_to_read
from gvtui.limits import AS_THEY_COME
from gvtui.points.syscalls import UNKNOWN_ARCHITECTURE
from gvtui.trace import files, savefile
from gvtui.trace.bookmarks import Bookmarks, bookmarks_path, found_in
from gvtui.trace.bytesource import opened_source, size_of
from gvtui.trace.header import (
    architecture_of,
    are_being_written,
    drop_limit_of,
    folder_header,
    piece_header,
    segment_header,
)
from gvtui.trace.host import host_in
from gvtui.trace.letgo import LetGo, before_in, together
from gvtui.trace.origin import OriginMark, TraceOrigin
from gvtui.trace.reader import Trace
from gvtui.trace.rebuild import saved_items
from gvtui.trace.records import LogKind, Record, TraceError
from gvtui.trace.scanning import Messages, scan_log
from gvtui.trace.summary import ConnectionCounts
from gvtui.trace.thinned import combined, thinned_in
from gvtui.trace.window import Window
from gvtui.trace.writer import TraceWriter
from gvtui.words import counted

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.export.rewriting import RepairReport
    from gvtui.trace.rebuild import Progress

_STEP_BYTES = 16 << 20
"""After how many bytes of log progress is reported."""


def repair(path: Path, out: Path, *, progress: Progress | None = None) -> RepairReport:
    """Write a recording anew, without what is damaged; marks tell where something is missing.

    Args:
        path: a recording, a flight recorder's folder, or a save file of gVisor's.
        out: the new recording; it appears when it is whole.
        progress: called with bytes done and bytes in all.

    Raises:
        TraceError: nothing of it can be read, or a program writes it now.
        UsageError: the name of the new file says that it has another format.
        ConvertError: the file exists, or cannot be written.
    """
    try:
        logs = files.logs_of(path)
        is_save_file = _is_save_file(logs[0])
        head = {} if is_save_file else _first_head(logs)
        if are_being_written(logs):
            raise TraceError(f"{path} is being written; repair it when its writer has ended")
        total = sum(size_of(log) for log in logs)
    except OSError as error:
        raise TraceError(f"cannot read {path}: {error.strerror or error}") from error
    with new_recording(out) as unfinished:
        writer = TraceWriter(
            unfinished,
            architecture=UNKNOWN_ARCHITECTURE if is_save_file else architecture_of(head),
            limits=replace(AS_THEY_COME, drops_a_second=drop_limit_of(head)),
            before=ConnectionCounts.read(head.get("before")).drops_alone(),
            host=host_in(head),
            let_go=None if is_save_file else _let_go(logs),
        )
        told = head.get("id")
        trace_id = told.hex() if isinstance(told, bytes) else ""
        source = TraceOrigin(path.resolve().name, trace_id, tuple(host_in(head).items()))
        writer.mark(_first_time(logs[0]), OriginMark("repaired", (source,)).details())
        has_beginning = path.is_dir() and next(iter(files.logs_in(path)), 0) == 1
        repairing = Rewriting(writer, head, has_beginning=has_beginning)
        done = told_bytes = 0
        for log in logs:
            with opened_source(log) as opened:
                window = Window(opened, opened.size)
                items = saved_items(window) if is_save_file else scan_log(window)
                name = f" of {log.name}" * (len(logs) > 1)
                for position in repairing.log(name, items, is_piece=files.is_piece(log)):
                    if progress and done + position - told_bytes >= _STEP_BYTES:
                        told_bytes = done + position
                        progress(told_bytes, total)
                if not window.size and log != logs[-1]:
                    repairing.report.tell(f"all of {log.name}, which is empty")
                done += window.size
        report = repairing.finish()
        writer.close()
    _move_bookmarks(path, out, report)
    if progress:
        progress(total, total)
    return report


def _is_save_file(path: Path) -> bool:
    with open_to_read(path) as file:
        return file.read(len(savefile.SIGNATURE)) == savefile.SIGNATURE


def _first_head(logs: list[Path]) -> dict[str, Any]:
    """The header of the first log that has one."""
    head = folder_header(logs)
    if segment_header(logs[0]).get("id") != head.get("id"):
        # What was before is known of the oldest one alone.
        return {**head, "before": {}}
    pieces = [log for log in logs if files.is_piece(log)]
    return combined([piece_header(log) for log in logs[: len(pieces) + 1]]) if pieces else head


def _let_go(logs: list[Path]) -> LetGo:
    """What the headers tell that was let go, of a flight recorder or of a copy."""
    heads = [piece_header(log) for log in logs if files.is_piece(log) or log == logs[0]]
    trace_id = folder_header(logs).get("id")
    since = [thinned_in(head).known_as(trace_id) for head in heads]
    own = LetGo(since, before_in(heads[0], _first_time(logs[0])))
    return together([(LetGo.read(heads[0]), 0), (own, 0)])


def _first_time(log: Path) -> int:
    """When the first record of a log was received; 0 where nothing tells."""
    with opened_source(log) as source:
        for item in scan_log(Window(source, source.size)):
            if isinstance(item, Messages) and item.whole:
                return item.batch.time(0)
            if isinstance(item, Record) and item.kind != LogKind.HEADER:
                return item.recv_ns
    return 0


def _move_bookmarks(path: Path, out: Path, report: RepairReport) -> None:
    if path.is_dir() or not bookmarks_path(path).exists():
        return
    with closing(Trace.open(path)) as old, closing(Trace.open(out)) as new:
        known = Bookmarks(old)
        moved = list(found_in(new, list(known)))
    if len(moved) < len(known):
        report.tell(counted(len(known) - len(moved), "bookmark"))
    write_beside(out, moved)
