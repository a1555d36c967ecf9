from __future__ import annotations

import errno
import fcntl
import os
import shutil
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace import files, opening
from gvtui.trace.batches import LEAD_OF_ONE, pack_one
from gvtui.trace.details import pack_details
from gvtui.trace.reader import Trace
from gvtui.trace.rebuild import rebuild_index
from gvtui.trace.records import LogKind, Record, TraceError
from gvtui.trace.row import ROW_DTYPE, ROW_SIZE, Kind
from gvtui.trace.scanning import scan_log
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message, recorded_datagrams, to_format_1, write_trace

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("seed-example"))] * 3)


def everything(path: Path) -> tuple[list[tuple[object, ...]], list[str], list[bytes]]:
    trace = Trace.open(path)
    try:
        rows = trace.rows(0, 1 << 40).tolist()
        return rows, list(trace.strings), [trace.payload(row) for row in range(len(rows))]
    finally:
        trace.close()


@pytest.mark.parametrize("suffix", [files.INDEX_SUFFIX, files.STRINGS_SUFFIX])
def test_a_missing_index_is_made_again(recording: Path, suffix: str) -> None:
    before = everything(recording)
    Path(f"{recording}{suffix}").unlink()
    assert everything(recording) == before
    assert Path(f"{recording}{suffix}").exists()


@given(data=st.data())
def test_a_damaged_index_is_made_again(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    recording = write_trace(
        tmp_path_factory.mktemp("r") / "run.gvtrace", [(1, recorded_datagrams("seed-example"))]
    )
    before = everything(recording)
    suffix = data.draw(st.sampled_from([files.INDEX_SUFFIX, files.STRINGS_SUFFIX]))
    path = Path(f"{recording}{suffix}")
    raw = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place] ^= data.draw(st.integers(1, 255))
    else:
        del raw[data.draw(st.integers(0, len(raw) - 1)) :]
    path.write_bytes(raw)
    assert everything(recording) == before


def test_an_index_of_another_recording_is_made_again(recording: Path, tmp_path: Path) -> None:
    before = everything(recording)
    other = write_trace(tmp_path / "other.gvtrace", [(1, [read_message()])])
    for suffix in (files.INDEX_SUFFIX, files.STRINGS_SUFFIX):
        shutil.copy(f"{other}{suffix}", f"{recording}{suffix}")
    assert everything(recording) == before


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


@pytest.fixture
def anybodys(tmp_path: Path) -> Path:
    """A recording in a folder where others may write."""
    folder = tmp_path / "anybodys"
    folder.mkdir()
    path = write_trace(folder / "run.gvtrace", [(1, [read_message(fd=n) for n in range(3)])])
    folder.chmod(0o777)
    return path


def forge(recording: Path, change: Callable[[npt.NDArray[np.void]], npt.NDArray[np.void]]) -> None:
    """Change the rows of an index, with all its sums as they have to be."""
    index = files.index_path(recording)
    raw = index.read_bytes()
    head = files.IndexHead.unpack(raw)
    assert head is not None
    rows = change(np.frombuffer(raw[files.INDEX_HEAD_SIZE :], ROW_DTYPE).copy())
    head = head._replace(rows=len(rows), checksum=zlib.crc32(rows.tobytes()))
    index.write_bytes(head.pack() + rows.tobytes())


def fds(path: Path) -> list[int]:
    trace = Trace.open(path)
    try:
        rows = trace.rows(0, 99)
        return rows["fd"][rows["kind"] == Kind.MESSAGE].tolist()  # type: ignore[no-any-return]
    finally:
        trace.close()


def without_second_message(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    return np.delete(rows, 2)


def other_words(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    rows["fd"] = 77
    return rows


@pytest.mark.parametrize("change", [without_second_message, other_words])
def test_an_index_that_others_may_have_written_is_not_believed(
    anybodys: Path, change: Callable[[npt.NDArray[np.void]], npt.NDArray[np.void]]
) -> None:
    forge(anybodys, change)
    forged = files.index_path(anybodys).read_bytes()
    assert fds(anybodys) == [0, 1, 2]
    # Nothing is written there either.
    assert files.index_path(anybodys).read_bytes() == forged
    assert sorted(path.name for path in anybodys.parent.iterdir()) == [
        "run.gvtrace",
        "run.gvtrace.index",
        "run.gvtrace.strings",
    ]


def test_what_was_made_for_anothers_recording_serves_again(
    anybodys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fds(anybodys) == [0, 1, 2]
    monkeypatch.setattr(opening, "rebuild_index", None)
    assert fds(anybodys) == [0, 1, 2]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_an_index_that_belongs_to_another_is_not_believed(recording: Path) -> None:
    before = everything(recording)
    forge(recording, other_words)
    os.chown(files.index_path(recording), 12345, 12345)
    assert everything(recording) == before


def wrong_offset(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    rows["offset"][2] = (1 << 64) - 1
    return rows


def wrong_length(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    rows["length"][2] = (1 << 32) - 1
    return rows


def unknown_kind(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    rows["kind"][2] = 200
    return rows


@pytest.mark.parametrize(
    "change", [without_second_message, wrong_offset, wrong_length, unknown_kind]
)
def test_an_index_that_does_not_fit_its_log_is_made_again(
    tmp_path: Path, change: Callable[[npt.NDArray[np.void]], npt.NDArray[np.void]]
) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=n) for n in range(3)])])
    forge(path, change)
    assert fds(path) == [0, 1, 2]


def test_who_holds_a_lock_hides_no_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_PATIENCE_SECONDS", 0)
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=n) for n in range(3)])])
    index = files.index_path(path)
    head = files.IndexHead.unpack(index.read_bytes())
    assert head is not None
    unsealed = files.IndexHead(head.trace_id, 0).pack()
    index.write_bytes(unsealed + index.read_bytes()[files.INDEX_HEAD_SIZE :][:ROW_SIZE])
    with path.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert fds(path) == [0, 1, 2]


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


@pytest.mark.parametrize("content", [b"", b"hello", b"\x94" * 100, bytes(1000)])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.gvtrace"
    path.write_bytes(content)
    with pytest.raises(TraceError, match="neither a gvtui recording nor"):
        Trace.open(path)


def test_a_recording_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gvtrace"
    head = {"format": 99, "program": "gvtui 9", "id": bytes(16)}
    path.write_bytes(pack_one(LogKind.HEADER, 0, 1, b"salt", 0, pack_details(head)))
    with pytest.raises(TraceError, match=r"later version \(gvtui 9\)"):
        Trace.open(path)


def test_a_recording_that_needs_what_is_not_known_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gvtrace"
    head = {"format": 2, "program": "gvtui 9", "id": bytes(16), "needs": ["compression with zstd"]}
    path.write_bytes(pack_one(LogKind.HEADER, 0, 1, b"salt", 0, pack_details(head)))
    with pytest.raises(TraceError, match=r"by gvtui 9 with compression with zstd, which this"):
        Trace.open(path)


@pytest.mark.parametrize("make", [to_format_1, lambda path: path])
def test_a_recording_with_a_damaged_header_is_read(
    recording: Path, make: Callable[[Path], Path]
) -> None:
    make(recording)
    _, _, payloads = everything(recording)
    whole = recording.read_bytes()
    end = scan_first(whole)
    for place in range(end):
        recording.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        trace = Trace.open(recording)
        assert [trace.payload(row) for row in range(trace.end_row)] == payloads
        trace.close()


def scan_first(log: bytes) -> int:
    """Where the header ends."""
    for item in scan_log(log):
        if isinstance(item, Record):
            is_header = item.kind == LogKind.HEADER
            return item.offset + len(item.payload) if is_header else item.offset - LEAD_OF_ONE
    raise AssertionError


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
