from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gvtui.trace import files, opening
from gvtui.trace.reader import Trace
from gvtui.trace.rebuild import rebuild_index
from gvtui.trace.records import TraceError
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import (
    TIME_NS,
    everything,
    fds,
    read_message,
    recorded_datagrams,
    to_format_1,
    write_trace,
)

if TYPE_CHECKING:
    pass


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("seed-example"))] * 3)


@pytest.mark.parametrize("suffix", [files.INDEX_SUFFIX, files.STRINGS_SUFFIX])
def test_a_missing_index_is_made_again(recording: Path, suffix: str) -> None:
    before = everything(recording)
    Path(f"{recording}{suffix}").unlink()
    assert everything(recording) == before
    assert Path(f"{recording}{suffix}").exists()


def test_a_torn_tail_costs_one_record(recording: Path) -> None:
    rows, _, _ = everything(to_format_1(recording))
    with recording.open("r+b") as log:
        log.truncate(recording.stat().st_size - 3)
    trace = Trace.open(recording)
    assert trace.end_row == len(rows) - 1
    assert 0 < trace.damaged_bytes < 100
    assert trace.connections[1].connected
    trace.close()
    # What was found is remembered with the index.
    trace = Trace.open(recording)
    assert trace.damaged_bytes > 0
    trace.close()


def test_a_recording_that_was_never_closed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    writer.messages(1, [(TIME_NS, read_message(fd=n)) for n in range(5)])
    copy = tmp_path / "copy.gvtrace"
    for suffix in ("", files.INDEX_SUFFIX, files.STRINGS_SUFFIX):
        shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    with files.index_path(copy).open("ab") as index:
        index.write(b"half a row")
    trace = Trace.open(copy)
    assert trace.rows(0, 9)["fd"].tolist() == [0, 1, 2, 3, 4]
    trace.close()
    writer.close()


def test_an_index_that_cannot_stand_beside_its_log_is_temporary(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(recording)
    files.index_path(recording).unlink()
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert everything(recording) == before
    assert not files.index_path(recording).exists()


def test_a_growing_recording_is_followed_in_a_folder_of_many(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.message(1, TIME_NS, read_message(fd=0))
    trace = Trace.open(writer.path)
    writer.message(1, TIME_NS, read_message(fd=1, dropped=3))
    assert trace.refresh()
    assert [trace.payload(row) for row in (0, 2)] == [
        read_message(fd=0),
        read_message(fd=1, dropped=3),
    ]
    trace.close()
    writer.close()


def test_an_index_that_has_no_room_beside_its_log_is_temporary(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(recording)
    index = files.index_path(recording)
    index.unlink()
    full = {index.parent}

    def rebuild(log: Path, index: Path, strings: Path, **options: Any) -> None:
        if index.parent in full:
            raise OSError(errno.ENOSPC, "No space left on device")
        rebuild_index(log, index, strings, **options)

    monkeypatch.setattr(opening, "rebuild_index", rebuild)
    assert everything(recording) == before
    assert not index.exists()

    def full_everywhere(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(opening, "rebuild_index", full_everywhere)
    os.utime(recording, ns=(1, 1))
    with pytest.raises(TraceError, match=r"cannot make an index in .*: No space left on device"):
        Trace.open(recording)


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_who_may_not_read_the_log_may_not_read_its_index(recording: Path, mode: int) -> None:
    recording.chmod(mode)
    paths = [files.index_path(recording), files.strings_path(recording)]
    for path in paths:
        path.unlink()
    everything(recording)
    assert [path.stat().st_mode & 0o777 for path in paths] == [mode, mode]


def test_progress_is_told(recording: Path) -> None:
    files.index_path(recording).unlink()
    told: list[tuple[int, int]] = []
    Trace.open(recording, progress=lambda done, total: told.append((done, total))).close()
    size = recording.stat().st_size
    assert told[-1] == (size, size)


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_what_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(TraceError, match=r"cannot read|holds no trace"):
        Trace.open(tmp_path / name)


def test_a_flight_recorder_where_others_may_write_is_not_believed(tmp_path: Path) -> None:
    folder = tmp_path / "flight"
    writer = TraceWriter(folder, keep_bytes=1 << 20)
    writer.message(1, TIME_NS, read_message(fd=5))
    writer.close()
    assert fds(folder) == [5]
    folder.chmod(0o777)
    with pytest.raises(TraceError, match="others than you and root may write into"):
        Trace.open(folder)
    assert fds(files.segment_path(folder, 1)) == [5]
