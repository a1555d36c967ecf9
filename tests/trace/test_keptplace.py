"""Where states of a trace are kept, and of which rows they must be."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gvtui.trace import keptfile, keptplace
from gvtui.trace.keptplace import forget_old_states, states_place
from gvtui.trace.reader import Trace
from gvtui.trace.sidefiles import beside, spaced_path
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message, write_trace
from tests.trace.shrunk import shrink_folder
from tests.trace.test_pieces import Recorder as Thinning

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keptfile, "SETTLED_NS", 0)


def begin(folder: Path, keep: int = 100 << 20) -> TraceWriter:
    writer = TraceWriter(folder, keep_bytes=keep, segment_bytes=20_000)
    writer.opened(1, TIME_NS, {"peer_pid": 101, "peer_uid": 0, "command": ["runsc"]})
    return writer


def send(writer: TraceWriter, count: int) -> None:
    for number in range(count):
        writer.messages(1, [(TIME_NS + number, read_message(fd=number))])
    writer.flush()


def test_states_of_a_complete_recording_lie_beside_it(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    trace = Trace.open(path)
    place = states_place(trace)
    assert place is not None
    assert (place.path, place.may_grow) == (spaced_path(beside(path)), False)
    os.utime(path, ns=(1, 1))
    changed = states_place(trace)
    assert changed is not None
    assert changed.identity != place.identity
    trace.index_files = None
    assert states_place(trace) is None
    trace.close()


def test_those_of_what_may_grow_lie_in_the_cache(tmp_path: Path, own_home: Path) -> None:
    places = []
    for name in ("flight", "run.gvtrace"):
        path = tmp_path / name
        writer = begin(path) if name == "flight" else TraceWriter(path)
        send(writer, 10)
        trace = Trace.open(path)
        place = states_place(trace)
        assert place is not None
        assert place.may_grow
        assert place.path.parent == own_home / "cache/gvtui/states"
        assert place.path.parent.stat().st_mode & 0o777 == 0o700
        send(writer, 1000)
        trace.refresh()
        assert states_place(trace) == place, "rows that came change nothing"
        places.append(place)
        writer.close()
        trace.close()
    assert places[0].path != places[1].path
    assert places[0].identity != places[1].identity


def test_compressed_segments_have_the_same_rows(tmp_path: Path) -> None:
    folder = tmp_path / "flight"
    writer = begin(folder)
    send(writer, 2000)
    writer.close()
    trace = Trace.open(folder)
    place = states_place(trace)
    trace.close()
    shrink_folder(folder)
    trace = Trace.open(folder)
    assert trace.compressed.segments
    assert states_place(trace) == place
    trace.close()


def test_what_lets_its_oldest_rows_go_is_another(tmp_path: Path) -> None:
    folder = tmp_path / "flight"
    writer = begin(folder, 200_000)
    send(writer, 100)
    trace = Trace.open(folder)
    place = states_place(trace)
    while not trace.first_row:
        send(writer, 100)
        trace.refresh()
    other = states_place(trace)
    assert place is not None
    assert other is not None
    assert place.path == other.path
    assert place.identity != other.identity
    writer.close()
    trace.close()


def test_so_is_one_that_keeps_other_pieces(tmp_path: Path) -> None:
    recorder = Thinning(tmp_path / "flight")
    identities = []
    recorder.send(2)
    for _ in range(400):
        recorder.send(1, 20)
        recorder.writer.flush()
        trace = Trace.open(recorder.folder)
        place = states_place(trace)
        assert place is not None
        told = (place.identity, trace.first_row, trace.beginning())
        trace.close()
        if told not in identities:
            identities.append(told)
        if sum(len(beginning) > 1 for _, _, beginning in identities) == 3:
            break
    else:
        pytest.fail("no pieces were kept")
    every = [identity for identity, _, _ in identities]
    assert all(every.count(identity) == 1 for identity in every)
    recorder.writer.close()


def test_the_cache_stays_small_and_keeps_what_is_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keptplace, "MOST_CACHED", 2)
    monkeypatch.setattr(keptplace, "MOST_CACHED_BYTES", 25)
    paths = [tmp_path / f"{number}.asof" for number in range(5)]
    for number, path in enumerate(paths):
        path.write_bytes(b"x" * 10)
        os.utime(path, ns=(number + 1, number + 1))
    forget_old_states(paths[0])
    assert sorted(tmp_path.iterdir()) == [paths[0], *paths[3:]]
    paths[4].write_bytes(b"x" * 20)
    forget_old_states(paths[0])
    assert sorted(tmp_path.iterdir()) == [paths[0], paths[4]]


def test_without_a_cache_nothing_that_grows_has_states(tmp_path: Path, own_home: Path) -> None:
    writer = begin(tmp_path / "flight")
    send(writer, 10)
    trace = Trace.open(tmp_path / "flight")
    (own_home / "cache").write_text("no folder")
    assert states_place(trace) is None
    writer.close()
    trace.close()
