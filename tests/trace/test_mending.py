from __future__ import annotations

import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from gvtui.trace import files
from gvtui.trace.reader import Trace
from gvtui.trace.survey import survey
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message


def killed(folder: Path, *, torn: int = 0) -> tuple[list[Any], list[str]]:
    """A flight recorder that was killed; gives the rows and the names of processes that it had.

    Args:
        folder: where.
        torn: how many bytes of the last index were not written.
    """
    writer = TraceWriter(folder / "living", keep_bytes=200_000, segment_bytes=30_000)
    writer.opened(1, TIME_NS, {"peer_pid": 5, "command": ["runsc"]})
    for number in range(700):
        message = read_message(fd=number, name=f"process {number % 40}", dropped=number // 100)
        writer.message(1, TIME_NS + number, message)
    trace = Trace.open(folder / "living")
    rows = trace.rows(trace.first_row, trace.end_row)
    names = [trace.process_name(row) for row in range(trace.first_row, trace.end_row)]
    columns = rows[[name for name in rows.dtype.names or () if name != "process"]].tolist()
    trace.close()
    # What is on the disk when the process is killed.
    shutil.copytree(folder / "living", folder / "killed")
    writer.close()
    if torn:
        last = files.segment_path(folder / "killed", max(segments(folder / "killed")))
        index = files.index_path(last)
        os.truncate(index, max(files.INDEX_HEAD_SIZE, index.stat().st_size - torn))
    return columns, names


def segments(folder: Path) -> list[int]:
    return files.segment_numbers(folder)


def read(folder: Path) -> tuple[list[Any], list[str]]:
    trace = Trace.open(folder)
    rows = trace.rows(trace.first_row, trace.end_row)
    names = [trace.process_name(row) for row in range(trace.first_row, trace.end_row)]
    columns = rows[[name for name in rows.dtype.names or () if name != "process"]].tolist()
    assert trace.damaged_bytes == 0
    trace.close()
    return columns, names


@pytest.mark.parametrize("torn", [0, 40, 88 * 3, 88 * 3 + 5])
def test_all_that_was_logged_before_the_kill_is_shown(tmp_path: Path, torn: int) -> None:
    had = killed(tmp_path, torn=torn)
    assert len(segments(tmp_path / "killed")) > 2
    assert read(tmp_path / "killed") == had
    # And is as it was afterwards: the next time nothing is made.
    before = (tmp_path / "killed" / "trace.strings").stat()
    assert read(tmp_path / "killed") == had
    assert (tmp_path / "killed" / "trace.strings").stat().st_ino == before.st_ino


@pytest.mark.parametrize("name", ["00000002.gvtrace.index", "trace.strings"])
def test_a_flipped_byte_of_an_index_or_of_the_strings_shows_nowhere(
    tmp_path: Path, name: str
) -> None:
    had = killed(tmp_path)
    whole = read(tmp_path / "killed")
    assert whole == had
    path, dice = tmp_path / "killed" / name, random.Random(name)
    for _ in range(5):
        data = bytearray(path.read_bytes())
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        assert read(tmp_path / "killed") == had
    # What was made then is not made again.
    before = path.stat().st_ino
    assert read(tmp_path / "killed") == had
    assert path.stat().st_ino == before


@pytest.mark.parametrize("left", [None, 0, 7, 0.5, -3])
@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_segment_that_was_cut_short_costs_no_rows_of_others(
    tmp_path: Path, place: int, left: float | None
) -> None:
    killed(tmp_path)
    folder = tmp_path / "killed"
    numbers = segments(folder)
    cut = files.segment_path(folder, numbers[place])
    first = Trace.open(folder)
    told = {
        number: (each.first_row, each.rows)
        for number, each in zip(numbers, first._segments, strict=True)
    }
    whole = {row: first.payload(row) for row in range(first.first_row, first.end_row)}
    first.close()
    size = cut.stat().st_size
    if left is None:
        cut.unlink()
    else:
        os.truncate(cut, int(size * left) if left == 0.5 else int(left) % size)
    trace = Trace.open(folder)
    try:
        assert len(trace.rows(trace.first_row, trace.end_row)) == trace.end_row - trace.first_row
        found = [trace.payload(row) for row in range(trace.first_row, trace.end_row)]
        begin, count = told[numbers[place]]
        kept = len(found) - (len(whole) - count)
        assert 0 <= kept <= count
        before = [whole[row] for row in sorted(whole) if row < begin + kept]
        assert found == before + [whole[row] for row in sorted(whole) if row >= begin + count]
        assert not trace.damage
        if left == 0 and place != -1:
            assert "is empty: all that it had is missing" in survey(trace).problems[0]
    finally:
        trace.close()


@pytest.mark.parametrize("which", ["strings", "first", "last", "all"])
def test_what_is_missing_is_made_again(tmp_path: Path, which: str) -> None:
    had = killed(tmp_path)
    folder = tmp_path / "killed"
    numbers = segments(folder)
    if which in ("strings", "all"):
        files.strings_path(folder).unlink()
    chosen = {"first": numbers[:1], "last": numbers[-1:], "all": numbers}.get(which, [])
    for number in chosen:
        files.index_path(files.segment_path(folder, number)).unlink()
    assert read(folder) == had


def test_a_torn_tail_costs_the_torn_record_alone(tmp_path: Path) -> None:
    columns, _ = killed(tmp_path)
    folder = tmp_path / "killed"
    last = files.segment_path(folder, segments(folder)[-1])
    os.truncate(last, last.stat().st_size - 5)
    trace = Trace.open(folder)
    assert trace.end_row - trace.first_row == len(columns) - 1
    assert trace.damaged_bytes > 0
    trace.close()


def test_what_is_being_written_is_left_alone(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=1 << 20)
    writer.message(1, TIME_NS, read_message())
    before = files.strings_path(tmp_path / "live").stat().st_ino
    trace = Trace.open(tmp_path / "live")
    assert trace.end_row == 1
    trace.close()
    assert files.strings_path(tmp_path / "live").stat().st_ino == before
    writer.close()


def test_where_nothing_can_be_written_it_is_made_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    had = killed(tmp_path, torn=88)
    folder = tmp_path / "killed"
    names = sorted(path.name for path in folder.iterdir())
    real = os.open

    def refuse(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if str(path).startswith(str(folder)) and flags & os.O_CREAT:
            raise OSError(30, "Read-only file system", str(path))
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    assert read(folder) == had
    assert sorted(path.name for path in folder.iterdir()) == names
