"""States are kept at rows that are apt, in a room that is bounded."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import msgpack
import pytest

from gvtui.query import spacing
from gvtui.query.kept.spaced import (
    BLOCKS,
    COLUMNS,
    PACKED_BYTES,
    RENAMED,
    REPEATED,
    ROWS,
    TAKEN_IN,
    TOLD,
    SpacedStates,
    section_name,
    spaced_version,
)
from gvtui.query.kept.takenup import SECTIONS
from gvtui.query.spacing import (
    LEAST_BYTES,
    MOST_BYTES,
    MOST_STATES,
    Pace,
    StateSpacer,
    keep_spaced,
    parts_nothing,
    room_for,
)
from gvtui.trace import keptfile
from gvtui.trace.keptfile import identity_of, open_of, write_growing
from gvtui.trace.reader import Trace
from gvtui.trace.sidefiles import beside, spaced_path
from gvtui.wire.pb import sentry_pb2
from tests.query.resolved.world import World
from tests.trace.factory import recorded_datagrams, write_trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(keptfile, "SETTLED_NS", 0)
    monkeypatch.setattr(spacing, "LEAST_APART", 150)
    monkeypatch.setattr(spacing, "WRITING_SHARE", 1 << 40)
    return write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])


def keep(path: Path) -> bool:
    trace = Trace.open(path, limit=0)
    try:
        return keep_spaced(trace, "")
    finally:
        trace.close()


def states_of(path: Path, variable: str = "") -> SpacedStates | None:
    trace = Trace.open(path)
    states = SpacedStates.open(trace, variable)
    trace.close()
    return states


def test_states_are_spaced_over_the_recording(path: Path) -> None:
    assert states_of(path) is None
    assert keep(path)
    states = states_of(path)
    assert states is not None
    rows = states.rows
    assert all(150 <= b - a < 150 + 64 for a, b in zip([0, *rows], rows, strict=False))
    assert len(rows) >= 2171 // (150 + 64)
    assert spaced_path(beside(path)).stat().st_mode & 0o777 == 0o600


def test_a_state_is_there_as_soon_as_it_is_made(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = StateSpacer.states
    seen: list[tuple[list[int], bool]] = []
    first: list[SpacedStates] = []

    def look() -> None:
        found = states_of(path)
        assert (found is None) == (not seen)
        seen.append((found.rows, found.is_whole) if found is not None else ([], False))
        first.extend([found] if found is not None and not first else [])

    def watched(spacer: StateSpacer) -> Iterator[list[tuple[str, Iterable[bytes]]]]:
        for state in every(spacer):
            look()
            yield state

    monkeypatch.setattr(StateSpacer, "states", watched)
    assert keep(path)
    assert [len(rows) for rows, _ in seen] == list(range(len(seen)))
    assert not any(is_whole for _, is_whole in seen)
    whole = states_of(path)
    assert whole is not None
    assert whole.is_whole
    assert whole.rows[:-1] == seen[-1][0]
    begun = first[0]
    assert begun.rows == whole.rows[:1]
    assert begun.later() is begun
    assert (begun.rows, begun.is_whole) == (whole.rows, True)


def test_states_of_a_reading_that_was_ended_stay_until_there_are_more(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every, most = StateSpacer.states, 4

    def ended(spacer: StateSpacer) -> Iterator[list[tuple[str, Iterable[bytes]]]]:
        for place, state in enumerate(every(spacer)):
            if place == most:
                raise OSError
            before = states_of(path)
            had.append(len(before.rows) if before is not None else 0)
            yield state

    monkeypatch.setattr(StateSpacer, "states", ended)
    had: list[int] = []
    assert not keep(path)
    assert had == [0, 1, 2, 3]
    left = states_of(path)
    assert left is not None
    assert (len(left.rows), left.is_whole) == (4, False)
    had, most = [], 7
    assert not keep(path)
    assert had == [4, 4, 4, 4, 4, 5, 6]
    other = left.later()
    assert other is not left
    assert other is not None
    assert len(other.rows) == 7


def test_each_state_has_all_sections(path: Path) -> None:
    trace = Trace.open(path, limit=0)
    states = list(StateSpacer(trace, "").states())
    trace.close()
    assert states
    for state in states:
        own = {name.partition(" ")[2]: b"".join(pieces) for name, pieces in state}
        assert list(own) == [TOLD, BLOCKS]
        beside = {ROWS, TAKEN_IN, REPEATED, COLUMNS, RENAMED, PACKED_BYTES}
        assert msgpack.unpackb(own[TOLD]).keys() == {*SECTIONS, *beside}


def test_the_room_is_a_share_of_the_recording_within_bounds() -> None:
    assert room_for(0) == LEAST_BYTES
    assert room_for(LEAST_BYTES * 8) == LEAST_BYTES * 2
    assert room_for(1 << 50) == MOST_BYTES


@pytest.mark.parametrize("room", [0, 3 << 16, 1 << 18])
def test_states_are_as_far_apart_as_their_room_asks_for(
    path: Path, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spacing, "LEAST_BYTES", room)
    monkeypatch.setattr(spacing, "MOST_BYTES", room)
    trace = Trace.open(path, limit=0)
    states = list(StateSpacer(trace, "").states())
    end = trace.available_rows
    trace.close()
    size = sum(len(b"".join(pieces)) for state in states for _, pieces in state)
    assert size <= room
    rows = [int(name.partition(" ")[0]) for ((name, _), _) in states]
    assert bool(rows) == bool(room)
    # The first are no farther apart than what was read before them, and no part of the rows lacks one.
    assert all(row <= 2 * before + 64 for before, row in pairwise([75, *rows]))
    assert all(row - before <= end / 5 for before, row in pairwise([*rows, end] if rows else []))


def test_there_are_no_more_states_than_so_many(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spacing, "MOST_STATES", 5)
    assert keep(path)
    states = states_of(path)
    assert states is not None
    assert len(states.rows) == 5
    assert states.rows[-1] > 2171 * 2 / 3


def test_the_file_has_room_for_so_many_states_of_large_recordings(
    path: Path, tmp_path: Path
) -> None:
    version, place = spaced_version(""), tmp_path / "states"
    rows = range(1 << 50, (1 << 50) + MOST_STATES)
    sections = [(section_name(row, name), (b"",)) for row in rows for name in (TOLD, BLOCKS)]
    identity = identity_of(path, beside(path))
    assert identity is not None
    assert write_growing(identity, version, lambda: rows.stop, [sections], place)
    file = open_of(identity, version, place)
    assert file is not None
    assert len(file.names) == 2 * MOST_STATES


def test_no_state_is_between_the_two_rows_of_what_is_told_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keptfile, "SETTLED_NS", 0)
    monkeypatch.setattr(spacing, "WRITING_SHARE", 1 << 40)
    world = World(tmp_path / "run.gvtrace")
    for number in range(30):
        world.raw("openat", 1, 2, result=3 + number)
        world.open(3 + number, f"f{number}")
    world.writer.close()
    trace = Trace.open(world.path)
    rows = trace.rows(0, trace.end_row)
    trace.close()
    for apart in (20, 21, 22, 23):
        monkeypatch.setattr(spacing, "LEAST_APART", apart)
        assert keep(world.path)
        states = states_of(world.path)
        assert states is not None
        assert states.rows
        for row in states.rows:
            before, after = rows[row - 1], rows[row]
            assert not (
                before["type"] == 6
                and after["type"] == 7
                and before["direction"] == after["direction"]
                and before["sysno"] == after["sysno"]
            ), row


def test_no_state_is_between_the_two_rows_of_an_end(tmp_path: Path) -> None:
    world = World(tmp_path / "run.gvtrace")
    for pid in (7, 8):
        world.open(3, "f", pid=pid)
        world.send(5, sentry_pb2.TaskExit(context_data=world.context(pid)))
        world.send(4, sentry_pb2.ExitNotifyParentInfo(context_data=world.context(pid)))
    world.open(3, "f", pid=9)
    world.writer.close()
    trace = Trace.open(world.path)
    types = trace.rows(0, trace.end_row)["type"].tolist()
    found = [row for row in range(1, trace.end_row) if not parts_nothing(trace, row)]
    assert [(types[row - 1], types[row]) for row in found] == [(5, 4), (5, 4)]
    trace.close()


def test_states_of_another_variable_or_another_recording_are_none(path: Path) -> None:
    assert keep(path)
    assert states_of(path, "OTHER") is None
    path.write_bytes(path.read_bytes())
    assert states_of(path) is None


def test_nothing_is_kept_of_what_has_no_index_of_its_own(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("upstream-echo"))])
    trace = Trace.open(path)
    trace.index_files = None
    assert not keep_spaced(trace, "")
    trace.close()


def test_a_state_is_taken_up_when_writing_has_become_slow() -> None:
    pace = Pace()
    assert pace.wrote(2.7), "all of it has been looked at"
    pace.took_up(0.1)
    assert [pace.wrote(each) for each in (0.4, 0.45, 0.5)] == [False, False, False]
    assert pace.wrote(0.5)
    pace.took_up(0.1)
    # They grow, and are as quick as they can be.
    assert not any(pace.wrote(0.5) for _ in range(50))
    assert pace.wrote(0.8)
    pace.took_up(0.1)
    assert pace.wrote(1.8), "many rows were read since, so that much has been looked at"
    pace.took_up(0.1)
    assert not any(pace.wrote(0.6) for _ in range(50))
