"""Bookmarks: notes on rows, stored in a file beside the recording, or in a flight recorder's folder.

Several viewers share them: each change is made to what is in the file then, under a lock, and each
viewer looks now and then whether another has changed it.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gvtui.errors import GvtuiError
from gvtui.files import folder_locked, open_to_read, read_up_to, write_whole
from gvtui.trace import sidefiles
from gvtui.trace.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from gvtui.trace.reader import Trace

MAX_NOTE = 1000
"""How many characters a note may have."""
MAX_BOOKMARKS = 10_000

_FORMAT = 1
_IN_FOLDER = "bookmarks"
"""The name of the file in a flight recorder's folder."""
_MAX_FILE = 32 << 20
_NEAR = 4096
"""How many rows around its old number are searched for a row whose number has changed."""


_Stamp = tuple[int, int, int, int]


class BookmarksError(GvtuiError):
    """Bookmarks cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A bookmark: the row's number, the note, and values that identify the row.

    Row numbers change when a part of a trace is copied to another file.
    """

    row: int
    note: str
    conn: int
    kind: int
    recv_ns: int
    time_ns: int

    def fits(self, row: Row) -> bool:
        """Whether a row has the bookmark's identifying values."""
        return (row.conn, row.kind, row.recv_ns, row.time_ns) == (
            self.conn,
            self.kind,
            self.recv_ns,
            self.time_ns,
        )


def bookmarks_path(trace_path: Path) -> Path:
    """The file of a trace's bookmarks: beside it, in its folder, or in the user's state if others
    may write there."""
    if trace_path.is_dir():
        if os.access(trace_path, os.W_OK):
            return trace_path / _IN_FOLDER
    elif sidefiles.may_stand_beside(trace_path):
        return _beside(trace_path)
    return sidefiles.private_place(trace_path, "bookmarks")


def _beside(trace_path: Path) -> Path:
    if trace_path.is_dir():
        return trace_path / _IN_FOLDER
    return trace_path.with_name(f"{trace_path.name}.marks")


class Bookmarks:
    """The bookmarks of a trace, as all viewers of it have them; each change is written at once."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._path = bookmarks_path(trace.path)
        self._bookmarks: dict[int, Bookmark] = {}
        self._elsewhere: list[Bookmark] = []
        """Those whose rows are not here, or not yet."""
        self._stamp: _Stamp | None = None
        self._end_row = trace.available_rows
        self.changes = 0
        """Grows with each change."""
        self.problem = ""
        """Why the file could not be read; "" if it could."""
        if self._path.exists():
            self.look()
        elif (told := _beside(trace.path)).exists():
            self._take(told)

    def look(self) -> bool:
        """Take in what other viewers have changed; whether anything has."""
        stamp, before = _stamp(self._path), self._bookmarks
        if stamp != self._stamp:
            self._stamp = stamp
            self._take(self._path if stamp is not None else None)
        elif self._elsewhere and self._trace.available_rows > self._end_row:
            self._take_come()
        if before == self._bookmarks:
            return False
        self.changes += 1
        return True

    def _take_come(self) -> None:
        """Take in those whose rows are among the rows that have come.

        Only those that may be there are looked for: a stranger's file may have thousands of others.
        """
        start, self._end_row = self._end_row, self._trace.available_rows
        start, stop = max(start, self._trace.first_row), self._end_row
        if start >= stop:
            return
        from_ns, to_ns = (
            int(self._trace.held_rows(row, row + 1)["recv_ns"][0]) for row in (start, stop - 1)
        )
        here, elsewhere = dict(self._bookmarks), []
        for each in self._elsewhere:
            may_be_here = (
                start <= each.row < stop
                or from_ns <= each.recv_ns <= to_ns
                or (not each.recv_ns and start < _NEAR)
            )
            found = _found(self._trace, each) if may_be_here else None
            if found is not None:
                here[found.row] = found
            else:
                elsewhere.append(each)
        self._bookmarks, self._elsewhere = here, elsewhere

    def _take(self, path: Path | None) -> None:
        self.problem = ""
        self._end_row = self._trace.available_rows
        try:
            known = _read(path) if path is not None else []
        except BookmarksError as error:
            self.problem = str(error)
            return
        here, self._elsewhere = {}, []
        for each in known:
            found = _found(self._trace, each)
            if found is not None:
                here[found.row] = found
            else:
                self._elsewhere.append(each)
        self._bookmarks = here

    def __len__(self) -> int:
        return len(self._bookmarks)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._bookmarks

    def __iter__(self) -> Iterator[Bookmark]:
        """The bookmarks in the order of their rows."""
        return iter(sorted(self._bookmarks.values(), key=lambda bookmark: bookmark.row))

    def note(self, row_id: int) -> str | None:
        """A row's note; None if it has no bookmark."""
        bookmark = self._bookmarks.get(row_id)
        return bookmark.note if bookmark is not None else None

    @property
    def is_kept(self) -> bool:
        """Whether they stay with the recording; those of a flight recorder stay as long as it."""
        return not self._trace.path.is_dir()

    def set(self, row_id: int, note: str) -> None:
        """Set a bookmark on a row, or change its note.

        Raises:
            IndexError: the row has been removed from the trace.
            BookmarksError: there are too many, or the file cannot be written; the bookmark stays in
                memory.
        """
        row = self._trace.row(row_id)
        bookmark = Bookmark(row_id, note[:MAX_NOTE], row.conn, row.kind, row.recv_ns, row.time_ns)
        with self._locked():
            self.look()
            if row_id not in self._bookmarks and len(self._bookmarks) >= MAX_BOOKMARKS:
                raise BookmarksError(
                    f"there are {MAX_BOOKMARKS:,} bookmarks already; remove some first"
                )
            self._bookmarks[row_id] = bookmark
            self._write()

    def remove(self, row_id: int) -> None:
        """Remove a row's bookmark, if it has one.

        Raises:
            BookmarksError: the file cannot be written; the bookmark is removed from memory.
        """
        with self._locked():
            self.look()
            if self._bookmarks.pop(row_id, None) is not None:
                self._write()

    def _locked(self) -> AbstractContextManager[bool]:
        """Keep other viewers from changing them meanwhile."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder_locked(self._path.parent)

    def _write(self) -> None:
        self.changes += 1
        if self.problem:
            raise BookmarksError(
                f"{self.problem}; it is not overwritten, and this change is not saved"
            )
        write_bookmarks(self._path, [*self, *self._elsewhere])
        self._stamp = _stamp(self._path)

    def write_beside(self, trace_path: Path) -> None:
        """Write the bookmarks for a copy of the trace, if there are any.

        Raises:
            BookmarksError: the file cannot be written.
        """
        if self._bookmarks:
            write_bookmarks(bookmarks_path(trace_path), list(self))


def write_bookmarks(path: Path, bookmarks: list[Bookmark]) -> None:
    """Replace the file's bookmarks; without any, remove the file.

    Raises:
        BookmarksError: the file cannot be written.
    """
    document = {
        "format": _FORMAT,
        "marks": [
            {
                "row": bookmark.row,
                "note": bookmark.note,
                "conn": bookmark.conn,
                "kind": bookmark.kind,
                "recv_ns": bookmark.recv_ns,
                "time_ns": bookmark.time_ns,
            }
            for bookmark in bookmarks
        ],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    try:
        if bookmarks:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, text.encode("utf-8", "replace"))
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise BookmarksError(f"cannot write {path}: {error.strerror}") from error


def _read(path: Path) -> list[Bookmark]:
    try:
        with open_to_read(path) as source:
            data = read_up_to(source, _MAX_FILE + 1)
    except OSError as error:
        raise BookmarksError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > _MAX_FILE:
        raise BookmarksError(f"{path} is larger than bookmarks can be")
    try:
        document = json.loads(data)
        if document["format"] != _FORMAT:
            raise BookmarksError(f"{path} was written by another version")
        return [_bookmark(entry) for entry in document["marks"][:MAX_BOOKMARKS]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BookmarksError(f"{path} holds no bookmarks that can be read") from error


def _bookmark(entry: dict[str, Any]) -> Bookmark:
    numbers = [entry[name] for name in ("row", "conn", "kind", "recv_ns", "time_ns")]
    if not all(type(number) is int for number in numbers) or not isinstance(entry["note"], str):
        raise TypeError("not a bookmark")
    if not all(0 <= number < 1 << 63 for number in numbers):
        raise ValueError("no row has such numbers")
    row, conn, kind, recv_ns, time_ns = numbers
    return Bookmark(row, entry["note"][:MAX_NOTE], conn, kind, recv_ns, time_ns)


def _stamp(path: Path) -> _Stamp | None:
    """What tells a file's present content from another; None if there is no file."""
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns


def found_in(trace: Trace, bookmarks: list[Bookmark]) -> Iterator[Bookmark]:
    """The bookmarks with their rows' numbers in this trace; without those whose row is missing."""
    for bookmark in bookmarks:
        found = _found(trace, bookmark)
        if found is not None:
            yield found


def _found(trace: Trace, bookmark: Bookmark) -> Bookmark | None:
    """A bookmark with the number of its row in this trace; None if that is not here."""
    is_removed = trace.path.is_dir() and bookmark.row < trace.first_row
    if is_removed and not _may_be_kept(trace, bookmark):
        # Rows of a flight recorder keep their numbers, but for those that are kept of segments that
        # have gone.
        return bookmark
    row = _row_of(trace, bookmark)
    if row is None:
        return bookmark if is_removed else None
    return replace(bookmark, row=row)


def _may_be_kept(trace: Trace, bookmark: Bookmark) -> bool:
    """Whether there is a row of that time."""
    if not bookmark.recv_ns:
        return False
    start = trace.row_at_time(bookmark.recv_ns)
    return bool((trace.held_rows(start, start + 1)["recv_ns"] == bookmark.recv_ns).any())


def _row_of(trace: Trace, bookmark: Bookmark) -> int | None:
    # Of a recording that is shown as of a row, one goes to later bookmarks too.
    own = trace.held_rows(bookmark.row, bookmark.row + 1)
    if len(own) and trace.first_row <= bookmark.row and bookmark.fits(Row(*own[0].item())):
        return bookmark.row
    start = trace.row_at_time(bookmark.recv_ns) if bookmark.recv_ns else 0
    rows = trace.held_rows(start, start + _NEAR)
    found = rows["conn"] == bookmark.conn
    for name in ("kind", "recv_ns", "time_ns"):
        found &= rows[name] == getattr(bookmark, name)
    places = np.flatnonzero(found)
    return max(start, trace.first_row) + int(places[0]) if len(places) else None
