from __future__ import annotations

import os
from pathlib import Path

import pytest

from gvtui.monitor.folder import make_folder
from gvtui.monitor.listener import MonitorError
from gvtui.monitor.places import MonitorPlace, socket_of, trace_at, traces_in
from gvtui.trace.writer import TraceWriter


def write(place: Path, name: str = "") -> Path:
    folder = place / name if name else place
    TraceWriter(folder, keep_bytes=1 << 20).close()
    (folder / "00000009.junk").write_bytes(b"x" * 100_000)
    return folder


def test_the_socket_is_found_by_what_is_written(tmp_path: Path) -> None:
    place = tmp_path / "t"
    one = MonitorPlace(place, tmp_path / "s", 1, is_folder=True)
    first, second = write(place, "20260101"), write(place, "20260102")
    assert traces_in(place) == [first, second]
    assert trace_at(place) == second
    assert trace_at(first) == first
    assert [socket_of(path) for path in (place, first)] == [tmp_path / "s"] * 2
    # A recording that somebody else has put there is not this monitor's.
    assert socket_of(place / "other.gvtrace") is None
    with pytest.raises(MonitorError, match="another monitor writes to"):
        MonitorPlace(place, tmp_path / "s2", 1, is_folder=True)
    one.close()
    assert socket_of(place) is None


def test_a_recording_has_a_note_beside_it(tmp_path: Path) -> None:
    record = tmp_path / "x.gvtrace"
    one = MonitorPlace(record, tmp_path / "s", 1, is_folder=False)
    assert socket_of(record) == tmp_path / "s"
    assert one.let_go() == []
    one.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"listen": 3}', "\xff"])
def test_a_note_of_a_stranger(tmp_path: Path, note: str) -> None:
    (tmp_path / "monitor").write_text(note)
    assert socket_of(tmp_path) is None


def test_the_oldest_go_that_nobody_writes(tmp_path: Path) -> None:
    place = tmp_path / "t"
    one = MonitorPlace(place, tmp_path / "s", 250_000, is_folder=True)
    old = [write(place, f"2026010{number}") for number in range(1, 4)]
    held, lock = make_folder(place)
    write(held)
    assert one.let_go() == old[:2]
    assert traces_in(place) == [old[2], held]
    one._keep_bytes = 0
    assert one.let_go() == [old[2]]
    assert traces_in(place) == [held]
    os.close(lock)
    one.close()


def test_a_place_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(MonitorError, match="cannot write to"):
        MonitorPlace(tmp_path / "f" / "t", tmp_path / "s", 1, is_folder=True)
