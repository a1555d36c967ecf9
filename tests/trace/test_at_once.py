from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvtui.trace import at_once, files
from gvtui.trace.reader import Trace
from gvtui.trace.records import TraceError
from gvtui.trace.row import ROW_SIZE
from tests.trace.factory import read_message, write_trace

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 300


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that counts as large, though it is not."""
    monkeypatch.setattr(at_once, "LARGE", 0)
    monkeypatch.setattr(at_once, "_FIRST_ROWS", 100)
    messages = [read_message(count=number) for number in range(ROWS - 2)]
    return write_trace(tmp_path / "a.gvtrace", [(1, messages)])


def waited(trace: Trace) -> Iterator[tuple[int, Trace | None]]:
    """Rows that are shown, and the trace to show at the end, when the other process is done."""
    assert trace.settling is not None
    yield trace.end_row, None
    trace.settling.wait()
    made = trace.settled()
    (made or trace).refresh()
    yield (made or trace).end_row, made


def columns(trace: Trace) -> bytes:
    return trace.rows(0, trace.end_row).tobytes()


def test_an_index_that_is_there_is_checked_meanwhile(recording: Path) -> None:
    whole = Trace.open(recording)
    trace = Trace.open(recording, at_once=True)
    before, after = waited(trace)
    assert before == (100, None)
    assert after == (ROWS, None)
    assert trace.settling is None
    assert not trace.is_behind
    assert columns(trace) == columns(whole)
    assert trace.connections[1].messages == ROWS - 2
    trace.close()
    whole.close()


def test_an_index_that_is_missing_is_made_meanwhile(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Trace.open(recording)
    expected = columns(whole)
    whole.close()
    files.index_path(recording).unlink()
    monkeypatch.setattr(at_once, "FIRST_BYTES", recording.stat().st_size // 2)
    monkeypatch.setattr(at_once, "_CUT_BYTES", 0)
    trace = Trace.open(recording, at_once=True)
    assert trace.is_behind
    (first, _), (rows, made) = waited(trace)
    assert first < ROWS
    assert columns(trace) == expected[: first * ROW_SIZE]
    assert rows == ROWS
    assert made is not None
    assert columns(made) == expected
    assert files.index_path(recording).exists()
    trace.close()
    made.close()


@pytest.mark.parametrize("row", [3, ROWS - 3], ids=["among the first", "later"])
def test_an_index_with_a_wrong_row_is_made_again(recording: Path, row: int) -> None:
    whole = Trace.open(recording)
    expected = columns(whole)
    whole.close()
    index = files.index_path(recording)
    data = bytearray(index.read_bytes())
    data[files.INDEX_HEAD_SIZE + row * ROW_SIZE + 28] ^= 1
    index.write_bytes(data)
    trace = Trace.open(recording, at_once=True)
    assert trace.settling is not None
    trace.settling.wait()
    made = trace.settled()
    assert made is not None
    made.refresh()
    assert columns(made) == expected
    trace.close()
    made.close()


def test_what_is_opened_quickly_is_opened_as_a_whole(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_once, "LARGE", 1 << 30)
    trace = Trace.open(recording, at_once=True)
    assert trace.settling is None
    trace.refresh()
    assert trace.end_row == ROWS
    trace.close()


def test_where_the_recording_goes_meanwhile_its_first_rows_stay(recording: Path) -> None:
    trace = Trace.open(recording, at_once=True)
    assert trace.settling is not None
    trace.settling._take(["failed", "no room"])
    with pytest.raises(TraceError, match="cannot be made: no room"):
        trace.settled()
    assert trace.settled() is None
    assert trace.end_row == 100
    trace.close()
