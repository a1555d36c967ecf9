from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from gvtui.monitor.folder import guard, left_behind, make_folder
from gvtui.monitor.listener import MonitorError
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message


def leave_behind(folder: Path, messages: int) -> None:
    writer = TraceWriter(folder, keep_bytes=1 << 20)
    for number in range(messages):
        writer.message(1, TIME_NS, read_message(fd=number))
    writer.close()


def test_a_folder_is_guarded_as_long_as_somebody_has_its_lock() -> None:
    folder, lock = make_folder()
    leave_behind(folder, 3)
    copy = os.dup(lock)
    os.close(lock)
    assert left_behind() == []
    os.close(copy)
    (found,) = left_behind()
    assert (found.path, found.rows) == (folder, 3)
    assert found.size_bytes > 3 * len(read_message())
    assert found.ended_s > TIME_NS / 1e9 - 10**9


def test_the_newest_is_told_first_and_what_holds_nothing_goes() -> None:
    folders = []
    for count, age in ((1, 500), (2, 100), (0, 300), (3, 700)):
        folder, lock = make_folder()
        leave_behind(folder, count)
        os.utime(folder / "00000001.gvtrace", (10_000 - age, 10_000 - age))
        os.close(lock)
        folders.append(folder)
    assert [one.rows for one in left_behind()] == [2, 1, 3]
    assert [folder.exists() for folder in folders] == [True, True, False, True]


def test_what_was_on_its_way_elsewhere_goes() -> None:
    folder, lock = make_folder(is_spool=True)
    leave_behind(folder, 3)
    assert left_behind() == []
    assert folder.exists()
    os.close(lock)
    assert left_behind() == []
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_is_told(own_home: Path) -> None:
    (own_home / "cache").write_text("no folder")
    with pytest.raises(MonitorError, match=r"cannot write to .*; .* with XDG_CACHE_HOME"):
        make_folder()
    assert left_behind() == []


def test_a_folder_that_has_gone_cannot_be_guarded(tmp_path: Path) -> None:
    assert guard(tmp_path / "gone") is None
    fd = guard(tmp_path)
    assert fd is not None
    with (tmp_path / "lock").open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(fd)
