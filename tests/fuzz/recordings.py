"""Targets on files: recordings of each format, damage, indexes, marks and bookmarks."""

from __future__ import annotations

import json
import shutil
import tempfile
import zlib
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.export.formats import LINE_FORMATS
from gvtui.export.info import info_document, info_text, is_sound
from gvtui.export.report.formats import REPORT_FORMATS
from gvtui.export.report.making import make_report
from gvtui.export.selection import Selection
from gvtui.trace.bookmarks import Bookmarks, bookmarks_path
from gvtui.trace.bytesource import opened_source
from gvtui.trace.details import pack_details, unpack_details
from gvtui.trace.files import index_path
from gvtui.trace.frames import FramesNote, packed_frames
from gvtui.trace.marks import (
    GapMark,
    LostMark,
    NoteMark,
    SessionMark,
    read_mark,
)
from gvtui.trace.procfs import ProcessesMark, ProcfsEntry
from gvtui.trace.reader import Trace
from gvtui.trace.records import DamagedError, TraceError
from gvtui.trace.row import Kind
from gvtui.trace.survey import survey
from tests.decode.helpers import is_safe
from tests.fuzz.datagrams import recorded_messages
from tests.fuzz.target import Target
from tests.trace.factory import to_format_1
from tests.trace.recorder import START_NS, TRACES, Recorder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST_ROWS = 30
"""Rows of a random recording that are read."""

_AGAIN = 4
"""One in so many random recordings is read again."""

_SHARE = 4
"""These take files, and so more time than others for an input."""

_MOST_READ = 1 << 16

_MEMORY = Path("/dev/shm")
"""Where files cost no disk."""

_INFO, _REPORT = "info", "report"
_WAYS = (*LINE_FORMATS, _INFO, _REPORT)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        yield Path(folder)


def _way_for(data: bytes) -> str:
    """One of the ways to read a recording, the same for the same input.

    Each of them for every input would be six times fewer inputs.
    """
    return _WAYS[zlib.crc32(data) % len(_WAYS)]


def _read(path: Path, way: str) -> list[str]:
    """Read a recording as `gvtui print` does in one format, or as `gvtui info` or `report` does."""
    try:
        trace = Trace.open(path)
    except TraceError:
        return []
    found: list[str] = []
    with closing(trace):
        if way == _INFO:
            about = survey(trace)
            json.dumps(info_document(trace, about), allow_nan=False)
            found = list(info_text(trace, about))
            assert all(map(is_safe, found))
            return found
        if way == _REPORT:
            made = make_report(trace)
            for each in REPORT_FORMATS.values():
                found += each.lines(made)
            assert all(map(is_safe, "\n".join(found).replace("\t", " ").split("\n")))
            return found
        stop = min(trace.end_row, trace.first_row + _MOST_ROWS)
        selection = Selection(trace)
        selection.look_ahead()
        for line in LINE_FORMATS[way].make(selection).lines(trace.first_row, stop):
            assert is_safe(line.replace("\t", " "))
            found.append(line)
    return found


def _log(data: bytes) -> None:
    """A recording as it came from somebody: its rows are the same with the index made for it."""
    with _folder() as folder:
        path = folder / "x.gvtrace"
        path.write_bytes(data)
        way = _way_for(data)
        lines = _read(path, way)
        # What is told of the index differs, and may: it has been made meanwhile.
        if lines and way != _INFO and not data[-1] % _AGAIN:
            assert _read(path, way) == lines


def _written(folder: Path) -> Path:
    """A recording with rows of every kind: messages in batches and alone, drops, marks."""
    recorder = Recorder(folder / "x.gvtrace")
    writer = recorder.writer
    messages = recorded_messages()
    writer.messages(1, [(START_NS + place, each) for place, each in enumerate(messages[:12])])
    recorder.add(2, dropped=3)
    writer.mark(START_NS, SessionMark("a session", "applied", "web", "/run", "{}").details())
    writer.opened(2, START_NS, {"peer_pid": 4243, "command": ["runsc", "--root=/run", "boot"]})
    writer.message(2, START_NS, b"\x08\x00")
    writer.closed(2, START_NS, {"reason": "malformed"})
    writer.close()
    return recorder.path


@cache
def _recorded() -> bytes:
    with _folder() as folder:
        return _written(folder).read_bytes()


def _logs_of_format_1() -> Iterable[bytes]:
    with _folder() as folder:
        yield to_format_1(_written(folder)).read_bytes()


def _logs_of_format_2() -> Iterable[bytes]:
    yield _recorded()
    yield _recorded() * 2
    with _folder() as folder:
        Recorder(folder / "x.gvtrace").writer.close()
        yield (folder / "x.gvtrace").read_bytes()


def _save_files() -> Iterable[bytes]:
    for path in sorted(TRACES.glob("*.trace")):
        yield path.read_bytes()[:4096]


def _payloads(path: Path) -> tuple[list[bytes], bool]:
    """The messages that can be read, and whether the recording is said to be sound."""
    payloads = []
    with closing(Trace.open(path)) as trace:
        for row_id in range(trace.first_row, trace.end_row):
            if trace.row(row_id).kind == Kind.MESSAGE:
                try:
                    payloads.append(trace.payload(row_id))
                except DamagedError:
                    continue
        return payloads, is_sound(trace, survey(trace))


@cache
def _true_payloads() -> list[bytes]:
    with _folder() as folder:
        (folder / "x.gvtrace").write_bytes(_recorded())
        payloads, sound = _payloads(folder / "x.gvtrace")
        assert sound
        return payloads


def _damage(data: bytes) -> None:
    """Bytes of a recording are changed, three bytes telling where and how: each message that is
    read is one that was sent, in order, and what is damaged is told."""
    true = _recorded()
    changed = bytearray(true)
    for place in range(0, min(len(data), 24) - 2, 3):
        changed[int.from_bytes(data[place : place + 2], "big") % len(changed)] ^= data[place + 2]
    with _folder() as folder:
        path = folder / "x.gvtrace"
        path.write_bytes(changed)
        try:
            payloads, sound = _payloads(path)
        except TraceError:
            return
    left = iter(_true_payloads())
    assert all(each in left for each in payloads), "a message was read that nobody sent"
    assert not sound or changed == true, "damage is not told"


def _index(data: bytes) -> None:
    """The index of a recording that is whole: whatever it says, the rows are those of the log."""
    way = _way_for(data)
    with _folder() as folder:
        path = folder / "x.gvtrace"
        for place, content in _all_files().items():
            (folder / place).write_bytes(content)
        index_path(path).write_bytes(data)
        lines = _read(path, way)
        assert lines
        assert way == _INFO or lines == _lines_of_the_log(way)


@cache
def _all_files() -> dict[str, bytes]:
    """A recording and what is beside it, by the names of the files."""
    with _folder() as folder:
        _written(folder)
        return {each.name: each.read_bytes() for each in folder.iterdir()}


@cache
def _lines_of_the_log(way: str) -> list[str]:
    with _folder() as folder:
        path = folder / "x.gvtrace"
        path.write_bytes(_all_files()[path.name])
        return _read(path, way)


def _indexes() -> Iterable[bytes]:
    yield _all_files()["x.gvtrace.index"]


def _compressed(data: bytes) -> None:
    """A compressed log, of which nothing need be true."""
    with _folder() as folder:
        path = folder / "x.gvtrace"
        path.write_bytes(data)
        with opened_source(path) as source:
            size = source.size
            piece = source.pread(_MOST_READ, max(0, size - _MOST_READ))
            assert len(piece) == min(size, _MOST_READ)
        _read(path, _way_for(data))


def _compressed_logs() -> Iterable[bytes]:
    plain = _recorded()
    for frame_bytes in (len(plain), 300):
        note = FramesNote(len(plain), frame_bytes, 0)
        yield b"".join(packed_frames(lambda size, at: plain[at : at + size], note))
    yield FramesNote(1 << 30, 1 << 20, 88).pack()


def _marks(data: bytes) -> None:
    """The details of a mark: what is read from them is written and read again as the same."""
    mark = read_mark(unpack_details(data))
    again = read_mark(unpack_details(pack_details(mark.details())))
    assert again.details() == mark.details()


def _mark_seeds() -> Iterable[bytes]:
    shell = ProcfsEntry(1, 0, START_NS, "sh", "/bin/sh", ["sh", "-c", "true"], "/", (1, 2), (3, 4))
    for mark in (
        SessionMark("text", "applied", "web", "/run", "{}", 12, 1, 2),
        GapMark("text", "web", 1, 2),
        LostMark(3, 1, 2, "disk full", 4),
        NoteMark("text", "kind"),
        ProcessesMark("text", "web", START_NS, True, 1, 1, (shell,) * 3),
    ):
        yield pack_details(mark.details())
    for kind in ("refused", "drops", "dispute", "clock", "binary", "excerpt", "exec order"):
        yield pack_details({"kind": kind, "count": 1, "dropped": 2, "step_ns": -3, "text": "x"})
    yield pack_details({"kind": "exec", "outcomes": ["done", "failed"]})


def _bookmarks(data: bytes) -> None:
    """Bookmarks beside a recording: those that are read are written and read again the same."""
    with _folder() as folder:
        path = folder / "x.gvtrace"
        shutil.copy(_kept(), path)
        bookmarks_path(path).write_bytes(data)
        with closing(Trace.open(path)) as trace:
            read = list(Bookmarks(trace))
            bookmarks_path(path).unlink()
            again = Bookmarks(trace)
            for each in read:
                again.set(each.row, each.note)
            written = list(Bookmarks(trace))
    assert [each.row for each in written] == [each.row for each in read]
    for one, other in zip(written, read, strict=True):
        assert one.note == other.note.encode("utf-8", "replace").decode()


@cache
def _kept() -> Path:
    """A recording that stays on disk, without an index."""
    folder = Path(tempfile.mkdtemp(prefix="gvtui-fuzz-"))
    (folder / "x.gvtrace").write_bytes(_recorded())
    return folder / "x.gvtrace"


def _bookmark_seeds() -> Iterable[bytes]:
    with _folder() as folder:
        path = _written(folder)
        with closing(Trace.open(path)) as trace:
            bookmarks = Bookmarks(trace)
            for row_id in (1, 3, 5):
                bookmarks.set(row_id, f"row {row_id} \U0001f468")
        yield bookmarks_path(path).read_bytes()
    yield b'{"format": 1, "marks": []}'


RECORDINGS = (
    Target("log-1", _log, _logs_of_format_1, _SHARE),
    Target("log-2", _log, _logs_of_format_2, _SHARE),
    Target("save-file", _log, _save_files, _SHARE),
    Target("damage", _damage, lambda: [b"", b"\x00\x10\x01", bytes(range(24))], _SHARE),
    Target("index", _index, _indexes, _SHARE),
    Target("compressed", _compressed, _compressed_logs, _SHARE),
    Target("marks", _marks, _mark_seeds),
    Target("bookmarks", _bookmarks, _bookmark_seeds, _SHARE),
)
