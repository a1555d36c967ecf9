from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace import keep
from gvtui.trace.bookmarks import Bookmarks, BookmarksError, bookmarks_path
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.recorder import START_NS, Recorder, open_message

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(10)
    recorder.writer.close()
    trace = Trace.open(recorder.path)
    trace.refresh()
    return trace


def test_they_lie_beside_the_recording(trace: Trace) -> None:
    bookmarks = Bookmarks(trace)
    bookmarks.set(3, "look \x1b[31m here")
    bookmarks.set(1, "")
    bookmarks.set(3, "look here")
    again = Bookmarks(trace)
    assert [(bookmark.row, bookmark.note) for bookmark in again] == [(1, ""), (3, "look here")]
    assert 3 in again
    assert again.note(3) == "look here"
    assert again.note(4) is None
    assert again.is_kept
    again.remove(3)
    again.remove(1)
    assert not bookmarks_path(trace.path).exists()
    trace.close()


def test_several_viewers_share_them(trace: Trace) -> None:
    """What one changes the others see, and none undoes what another has done."""
    mine, theirs = Bookmarks(trace), Bookmarks(trace)
    mine.set(3, "mine")
    theirs.set(4, "theirs")
    assert [(each.row, each.note) for each in theirs] == [(3, "mine"), (4, "theirs")]
    changes = mine.changes
    assert mine.look()
    assert mine.changes > changes
    assert mine.note(4) == "theirs"
    assert not mine.look()
    theirs.remove(3)
    mine.set(5, "")
    assert 3 not in mine
    mine.remove(4)
    mine.remove(5)
    assert theirs.look()
    assert len(theirs) == 0
    trace.close()


def test_a_row_that_is_not_here_yet_keeps_its_bookmark(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(3)
    behind, ahead = Trace.open(recorder.path), Trace.open(recorder.path)
    late = Bookmarks(behind)
    recorder.add(3)
    ahead.refresh()
    Bookmarks(ahead).set(5, "new")
    late.look()
    late.set(1, "old")
    assert [each.row for each in late] == [1]
    behind.refresh()
    assert late.look()
    assert [each.row for each in late] == [each.row for each in Bookmarks(ahead)] == [1, 5]
    for each in (behind, ahead):
        each.close()
    recorder.writer.close()


def test_rows_that_come_void_no_bookmarks_of_anothers_recording(tmp_path: Path) -> None:
    """Those are read beside the recording, and written among our own."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    recorder = Recorder(folder / "a.gvtrace")
    recorder.add(2)
    behind = Trace.open(recorder.path)
    recorder.add(4)
    ahead = Trace.open(recorder.path)
    told = Bookmarks(ahead)
    for row in (1, 5):
        told.set(row, "told")
    folder.chmod(0o777)
    marks = Bookmarks(behind)
    assert [each.row for each in marks] == [1]
    behind.refresh()
    assert marks.look()
    assert [each.row for each in marks] == [1, 5]
    for each in (behind, ahead):
        each.close()
    recorder.writer.close()


def test_those_of_rows_that_are_held_back_are_known_too(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(6)
    trace = Trace.open(recorder.path)
    for row in (1, 5):
        Bookmarks(trace).set(row, "told")
    trace.go_back(3)
    trace.refresh()
    marks = Bookmarks(trace)
    assert [each.row for each in marks] == [1, 5]
    marks.set(2, "new")
    trace.go_back(1)
    trace.refresh()
    assert [each.row for each in Bookmarks(trace)] == [1, 2, 5]
    trace.close()
    recorder.writer.close()


def test_a_flight_recorders_are_written_when_it_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "live"
    folder.mkdir()
    writer = TraceWriter(folder, segment_bytes=4096, keep_bytes=16384)
    writer.opened(1, START_NS, {})
    for number in range(1, 400):
        when = START_NS + number
        writer.message(1, when, open_message(f"/{number}", time_ns=when))
    writer.flush()
    trace = Trace.open(folder)
    trace.refresh()
    assert trace.first_row > 0
    bookmarks = Bookmarks(trace)
    marked = trace.first_row + 20
    bookmarks.set(marked, "this one")
    assert not bookmarks.is_kept
    # They are there for whoever opens the trace while it is there.
    assert [each.note for each in Bookmarks(trace)] == ["this one"]
    kept = tmp_path / "kept.gvtrace"
    keep.save(trace, kept)
    bookmarks.write_beside(kept)
    copy = Trace.open(kept)
    copy.refresh()
    (bookmark,) = Bookmarks(copy)
    assert bookmark.row != marked
    assert copy.row(bookmark.row).recv_ns == trace.row(marked).recv_ns
    assert bookmark.note == "this one"
    for opened in (trace, copy):
        opened.close()
    writer.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"format": 2, "marks": []}',
        b'{"format": 1}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_a_file_that_cannot_be_read_is_left_alone(trace: Trace, content: bytes) -> None:
    bookmarks_path(trace.path).write_bytes(content)
    bookmarks = Bookmarks(trace)
    assert bookmarks.problem
    assert len(bookmarks) == 0
    with pytest.raises(BookmarksError):
        bookmarks.set(1, "note")
    assert 1 in bookmarks
    assert bookmarks_path(trace.path).read_bytes() == content
    trace.close()


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
_ENTRY = st.fixed_dictionaries(
    {name: st.integers() | _ANY for name in ("row", "conn", "kind", "recv_ns", "time_ns", "note")}
)


@given(entries=st.lists(_ENTRY | _ANY))
def test_hostile_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, entries: list[object]
) -> None:
    recorder = Recorder(tmp_path_factory.mktemp("marks") / "a.gvtrace")
    recorder.add(1)
    recorder.writer.close()
    trace = Trace.open(recorder.path)
    bookmarks_path(trace.path).write_text(json.dumps({"format": 1, "marks": entries}))
    bookmarks = Bookmarks(trace)
    assert bookmarks.problem or len(bookmarks) == 0
    trace.close()


def test_a_folder_that_cannot_be_written_is_an_error(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    bookmarks = Bookmarks(trace)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    with pytest.raises(BookmarksError, match="Permission denied"):
        bookmarks.set(2, "x")
    assert bookmarks.note(2) == "x"
    trace.close()


def test_anothers_recording_has_its_bookmarks_among_our_own(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    recorder = Recorder(folder / "a.gvtrace")
    recorder.add(3)
    recorder.writer.close()
    folder.chmod(0o777)
    trace = Trace.open(folder / "a.gvtrace")
    Bookmarks(trace).set(2, "mine")
    assert not (folder / "a.gvtrace.marks").exists()
    assert Bookmarks(trace).note(2) == "mine"
    trace.close()


def test_bookmarks_of_rows_that_are_not_there_cost_little(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"note": "", "conn": 1, "kind": 0, "time_ns": 1}
    bookmarks = [{**entry, "row": 10**9 + n, "recv_ns": START_NS + n} for n in range(500)]
    bookmarks.append({**entry, "row": 1, "recv_ns": 1 << 70})
    path = bookmarks_path(trace.path)
    path.write_text(json.dumps({"format": 1, "marks": bookmarks[:-1]}))
    asked = rows_asked_for(trace, monkeypatch)
    assert len(Bookmarks(trace)) == 0
    # Each is looked for by its number, and then among many rows at once.
    assert len(asked) == 1000
    path.write_text(json.dumps({"format": 1, "marks": bookmarks}))
    assert "no bookmarks that can be read" in Bookmarks(trace).problem


def rows_asked_for(trace: Trace, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Gets the first row of each piece that is read."""
    asked: list[int] = []
    held_rows = trace.held_rows

    def asking(start: int, stop: int) -> npt.NDArray[np.void]:
        asked.append(start)
        return held_rows(start, stop)

    monkeypatch.setattr(trace, "held_rows", asking)
    return asked


def test_of_bookmarks_that_wait_only_those_are_looked_for_whose_rows_may_have_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(4)
    trace = Trace.open(recorder.path)
    recorder.add(6)
    ahead = Trace.open(recorder.path)
    entry = {"note": "", "conn": 1, "kind": 0, "time_ns": 1}
    far = [{**entry, "row": 10**9 + n, "recv_ns": START_NS + 10**15 + n} for n in range(500)]
    Bookmarks(ahead).set(7, "waits")
    ahead.close()
    path = bookmarks_path(trace.path)
    marks = json.loads(path.read_bytes())["marks"]
    # The row is known by its time too, where its number is another.
    marks[0]["row"] = 10**9
    path.write_text(json.dumps({"format": 1, "marks": [*far, *marks]}))
    bookmarks = Bookmarks(trace)
    asked = rows_asked_for(trace, monkeypatch)
    trace.refresh()
    assert bookmarks.look()
    assert [(each.row, each.note) for each in bookmarks] == [(7, "waits")]
    assert len(asked) < 10
    trace.close()
    recorder.writer.close()
