from __future__ import annotations

import fcntl
import os
import shutil
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace import files, opening, trusting
from gvtui.trace.row import ROW_DTYPE, ROW_SIZE
from tests.trace.factory import (
    everything,
    fds,
    read_message,
    recorded_datagrams,
    write_trace,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("seed-example"))] * 3)


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


def without_the_last(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    return rows[:2]


@pytest.mark.parametrize(
    "change",
    [without_second_message, without_the_last, wrong_offset, wrong_length, unknown_kind],
)
def test_an_index_that_does_not_fit_its_log_is_made_again(
    tmp_path: Path, change: Callable[[npt.NDArray[np.void]], npt.NDArray[np.void]]
) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=n) for n in range(3)])])
    forge(path, change)
    assert fds(path) == [0, 1, 2]


def test_who_holds_a_lock_hides_no_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trusting, "_PATIENCE_SECONDS", 0)
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=n) for n in range(3)])])
    index = files.index_path(path)
    head = files.IndexHead.unpack(index.read_bytes())
    assert head is not None
    unsealed = files.IndexHead(head.trace_id, 0).pack()
    index.write_bytes(unsealed + index.read_bytes()[files.INDEX_HEAD_SIZE :][:ROW_SIZE])
    with path.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert fds(path) == [0, 1, 2]
