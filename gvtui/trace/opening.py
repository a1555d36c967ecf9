"""Opens the files of a trace, and rebuilds an index that is missing or cannot be trusted."""

from __future__ import annotations

import contextlib
import errno
import tempfile
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gvtui.files import nobody_else_writes, open_to_read
from gvtui.limits import AS_THEY_COME
from gvtui.points.syscalls import UNKNOWN_ARCHITECTURE
from gvtui.scratch import Scratch
from gvtui.trace import files, savefile, sidefiles
from gvtui.trace.bytesource import opened_source, size_of
from gvtui.trace.header import (
    architecture_of,
    are_being_written,
    drop_limit_of,
    folder_header,
    is_being_written,
    read_header,
    segment_header,
)
from gvtui.trace.mending import FolderFiles, mended
from gvtui.trace.rebuild import rebuild_index
from gvtui.trace.records import TraceError
from gvtui.trace.segment import Segment
from gvtui.trace.strings import StringReader
from gvtui.trace.trusting import checked_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gvtui.trace.rebuild import Progress
    from gvtui.trace.settling import Settling


_PATIENCE = 10
"""How often a folder is looked at whose oldest segments go while it is opened."""

_CANNOT_WRITE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


@dataclass(frozen=True, slots=True)
class TraceFiles:
    """The open files of a trace, with the contents of their heads."""

    segments: list[Segment]
    """The segments, oldest first; never empty."""
    strings: StringReader
    architecture: str
    """The architecture in the header; `UNKNOWN_ARCHITECTURE` for a save file of gVisor's."""
    drops_a_second: int = AS_THEY_COME.drops_a_second
    """The limit in the header, by which claimed drops were judged."""
    scratch: Scratch | None = None
    """The temporary folder of an index that could not be written beside its log."""
    is_save_file: bool = False
    damaged_bytes: int = 0
    pair: sidefiles.IndexFiles | None = None
    """The index of a recording, where it stands: beside it or in the cache."""
    settling: Settling | None = None
    """Checks the index, or makes it, while the first rows can be looked at already."""


def open_parts(path: Path, progress: Progress | None, newest: int | None = None) -> TraceFiles:
    """Open a recording, a save file of gVisor's, or a flight recorder's folder.

    Args:
        path: the file or folder.
        progress: called with bytes done and bytes in all if it takes long.
        newest: of a flight recorder open only the newest segments, together at most so many bytes,
            but at least one.

    Raises:
        TraceError: the path is none of these.
        OSError: a file cannot be read.
    """
    if path.is_dir():
        return _open_folder(path, progress, newest)
    with open_to_read(path) as file:
        start = file.read(len(savefile.SIGNATURE))
    if start == savefile.SIGNATURE:
        return _open_save_file(path, progress)
    return _open_recording(path, progress)


def _open_folder(folder: Path, progress: Progress | None, newest: int | None) -> TraceFiles:
    logs = files.logs_in(folder)
    if not logs:
        raise files.no_trace(folder)
    if not nobody_else_writes(folder):
        raise TraceError(
            f"others than you and root may write into {folder}, so its index cannot be trusted; "
            "open its .gvtrace files one by one"
        )
    for _ in range(_PATIENCE):
        try:
            return _open_segments(folder, logs, progress, newest)
        except FileNotFoundError:
            # Its writer has let an old segment go meanwhile.
            before, logs = logs, files.logs_in(folder)
            if logs == before or not logs:
                raise
    raise TraceError(f"{folder} loses its segments too quickly to be opened; try again")


def _open_segments(
    folder: Path, logs: dict[int, Path], progress: Progress | None, newest: int | None
) -> TraceFiles:
    here = FolderFiles(
        logs,
        {number: files.index_path(log) for number, log in logs.items()},
        files.strings_path(folder),
    )
    head = folder_header(list(logs.values()))
    trace_id, architecture = head["id"], architecture_of(head)
    scratch = None
    is_written = are_being_written(list(logs.values()))
    if not is_written:
        mend = partial(mended, here, trace_id, architecture, segment_header)
        try:
            here = mend(None, progress)
        except OSError as error:
            if error.errno not in _CANNOT_WRITE:
                raise
            scratch = Scratch("gvtui-index-")
            place = Path(scratch.name)
            with removed_on_failure(scratch):
                here = mend(lambda: place, progress)
    numbers = list(logs)
    if is_written and len(numbers) > 1 and not _has_head(here.indexes[numbers[-1]]):
        # It is only just made: a refresh finds it.
        numbers.pop()
    strings = StringReader(here.strings, trace_id)
    if newest is not None:
        numbers = _newest(here, numbers, newest)
    segments: list[Segment] = []
    try:
        segments.extend(
            Segment.open(number, logs[number], here.indexes[number]) for number in numbers
        )
        damaged = sum(_damaged_bytes(here.indexes[number]) for number in numbers)
    except OSError:
        strings.close()
        for segment in segments:
            segment.close()
        raise
    segments = numbered(segments)
    drops = drop_limit_of(head)
    return TraceFiles(segments, strings, architecture, drops, scratch, damaged_bytes=damaged)


def numbered(segments: list[Segment]) -> list[Segment]:
    """Give the rows of a flight recorder's segments consecutive ids.

    The ids of the segments as they were written stay. Those of the pieces before them, which have
    fewer rows than the segments that they were kept of, are counted back from there.

    Args:
        segments: oldest first.

    Returns:
        The segments, without pieces for which there are no ids.
    """
    whole = [segment for segment in segments if not segment.is_piece]
    kept: list[Segment] = []
    first_row = whole[0].first_row if whole else 0
    for segment in reversed(segments[: len(segments) - len(whole)]):
        first_row -= segment.rows
        if first_row < 0:
            # Nobody writes such a piece.
            segment.close()
            continue
        segment.number_from(first_row)
        kept.insert(0, segment)
    for before, after in pairwise(whole):
        # Of a segment that was cut short, or removed, rows are missing: those behind it move up.
        after.number_from(before.end_row)
    return kept + whole


def _newest(here: FolderFiles, numbers: list[int], most_bytes: int) -> list[int]:
    """The newest of the segments that are together no larger, at least one that had begun."""
    sizes = [size_of(here.logs[n]) + size_of(here.indexes[n]) for n in numbers[::-1]]
    count = max(1, sum(total <= most_bytes for total in accumulate(sizes)))
    while count < len(numbers) and not segment_header(here.logs[numbers[-count]]):
        count += 1
    return numbers[-count:]


def _open_save_file(path: Path, progress: Progress | None) -> TraceFiles:
    scratch = Scratch("gvtui-index-")
    index, texts = Path(scratch.name, "index"), Path(scratch.name, "strings")
    trace_id = bytes(16)
    architecture = UNKNOWN_ARCHITECTURE
    with removed_on_failure(scratch):
        try:
            rebuild_index(
                path,
                index,
                texts,
                trace_id=trace_id,
                architecture=architecture,
                is_save_file=True,
                progress=progress,
            )
        except TraceError as error:
            raise TraceError(f"cannot read {path}: {error}") from error
    return TraceFiles(
        [Segment.open(1, path, index, is_save_file=True)],
        StringReader(texts, trace_id),
        architecture=architecture,
        scratch=scratch,
        is_save_file=True,
        damaged_bytes=_damaged_bytes(index),
    )


def _open_recording(path: Path, progress: Progress | None) -> TraceFiles:
    head = read_header(path)
    for pair, strings in checked_pairs(path, head, progress):
        return recording_parts(head, path, pair, strings)
    make = maker(path, head, progress)
    scratch = None
    made = made_where_it_may_stand(path, make)
    if made is None:
        scratch = Scratch("gvtui-index-")
        made = sidefiles.IndexFiles(Path(scratch.name, "index"), Path(scratch.name, "strings"))
        with removed_on_failure(scratch):
            make(*made)
    return recording_parts(head, path, made, StringReader(made.strings, head["id"]), scratch)


def maker(
    path: Path, head: dict[str, Any], progress: Progress | None, stop: int | None = None
) -> Callable[[Path, Path], None]:
    """Makes the index of a recording, or of its part before an offset."""
    return partial(
        rebuild_index,
        path,
        trace_id=head["id"],
        architecture=architecture_of(head),
        progress=progress,
        stop=stop,
    )


def recording_parts(
    head: dict[str, Any],
    path: Path,
    pair: sidefiles.IndexFiles,
    strings: StringReader,
    scratch: Scratch | None = None,
) -> TraceFiles:
    """The open files of a recording with this index."""
    return TraceFiles(
        [Segment.open(1, path, pair.rows)],
        strings,
        architecture=architecture_of(head),
        drops_a_second=drop_limit_of(head),
        scratch=scratch,
        damaged_bytes=_damaged_bytes(pair.rows),
        pair=pair if scratch is None else None,
    )


def made_where_it_may_stand(
    path: Path, make: Callable[[Path, Path], None]
) -> sidefiles.IndexFiles | None:
    """Make the index of a recording where it may be; None without space or permission."""
    places = []
    own = sidefiles.beside(path)
    is_free = sidefiles.may_stand_beside(path) and all(map(sidefiles.is_made_by_us, own))
    if is_free and not is_being_written(path):
        places.append(own)
    kept = sidefiles.cached(path)
    for pair in [*places, *([kept] if kept is not None else [])]:
        try:
            make(*pair)
        except OSError as error:
            if error.errno not in _CANNOT_WRITE:
                raise
            continue
        if pair == kept:
            sidefiles.forget_old(pair)
        return pair
    return None


@contextlib.contextmanager
def removed_on_failure(scratch: Scratch) -> Iterator[None]:
    """Remove the temporary folder if the block fails.

    Raises:
        TraceError: the folder's disk is full.
    """
    try:
        yield
    except BaseException as error:
        scratch.cleanup()
        if isinstance(error, OSError) and error.errno in _CANNOT_WRITE:
            raise TraceError(
                f"cannot make an index in {tempfile.gettempdir()}: {error.strerror}; "
                "name a place with more room in TMPDIR"
            ) from error
        raise


def _has_head(index: Path) -> bool:
    try:
        with opened_source(index) as source:
            return files.IndexHead.read(source) is not None
    except FileNotFoundError:
        return False


def _damaged_bytes(index: Path) -> int:
    with opened_source(index) as source:
        head = files.IndexHead.read(source)
    return head.damaged_bytes if head else 0
