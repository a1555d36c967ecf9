"""What raw rows did to descriptors is taken back."""

from __future__ import annotations

from gvtui.query.resolved.description import FdKind
from gvtui.query.resolved.files import OpenFiles
from gvtui.query.resolved.undoing import RawUndoing


def opened(files: OpenFiles, fd: int, row: int) -> int:
    made = files.descriptions.create(
        FdKind.FILE, path=f"/{row}", told="", process=1, fd=fd, first_row=row, last_row=row
    )
    files.put(1, fd, made.number, row)
    return made.number


def test_a_closed_descriptor_is_open_again_and_an_opened_one_is_not() -> None:
    files = OpenFiles()
    undoing = RawUndoing(files)
    first = opened(files, 3, 1)
    with undoing.watched(5, 1):
        files.close(1, 3, 5)
        opened(files, 4, 5)
    assert not files.find(1, 3)
    undoing.undo(5, 1)
    found = files.find(1, 3)
    assert found is not None
    assert found.number == first
    assert found.closed_row == -1
    assert found.is_open
    assert files.find(1, 4) is None
    # What is taken back once stays so.
    files.close(1, 3, 6)
    undoing.undo(5, 1)
    assert files.find(1, 3) is None


def test_what_another_row_did_meanwhile_stays() -> None:
    files = OpenFiles()
    undoing = RawUndoing(files)
    opened(files, 3, 1)
    with undoing.watched(5, 1):
        files.close(1, 3, 5)
    later = opened(files, 3, 6)
    undoing.undo(5, 1)
    found = files.find(1, 3)
    assert found is not None
    assert found.number == later


def test_a_process_that_has_ended_has_nothing_to_restore() -> None:
    files = OpenFiles()
    undoing = RawUndoing(files)
    opened(files, 3, 1)
    with undoing.watched(5, 1):
        files.close(1, 3, 5)
    files.end(1, 6)
    undoing.undo(5, 1)
    assert 1 not in files
