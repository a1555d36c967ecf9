"""A state that is taken up is the one that reading gives, or none at all."""

from __future__ import annotations

from contextlib import closing
from threading import Thread
from typing import TYPE_CHECKING

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.query.kept import spaced
from gvtui.query.kept.spaced import TOLD, SpacedStates, StateAt, section_name
from gvtui.query.kept.takenup import SECTIONS
from gvtui.query.processes.processes import Processes
from gvtui.query.repeated import RepeatedRows
from gvtui.query.resolved.descriptions import Descriptions
from gvtui.query.spacing import keep_spaced
from gvtui.trace.keptfile import KeptFile
from gvtui.trace.reader import Trace
from gvtui.trace.sidefiles import beside, spaced_path
from tests.query.kept.near import have_states
from tests.trace.factory import recorded_datagrams, write_trace

POSITION = 1200
NEAR = 160

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    have_states(monkeypatch, 500)
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    trace = Trace.open(path, limit=0)
    assert keep_spaced(trace, "")
    trace.close()
    return path


@pytest.fixture
def trace(path: Path) -> Iterator[Trace]:
    trace = Trace.open(path, limit=POSITION)
    yield trace
    trace.close()


def best(trace: Trace, position: int = POSITION, reached: int = 0) -> StateAt | None:
    states = SpacedStates.open(trace, "")
    assert states is not None
    return states.best(position, reached)


def read(
    trace: Trace, state: StateAt | None, stops: Sequence[int] = (), *, calls: int = 200
) -> list[object]:
    """What is found out of all rows; up to each of `stops` first, where the trace begins at none."""
    if state is not None and not state.take_in():
        state = None
    trace.refresh()
    analysis = Analysis(trace, audit_variable="", state=state)
    numbers, descriptors = analysis.statistics(), analysis.statistics(by_descriptor=True)
    activity = ActivityReader(analysis.context)
    for stop in stops:
        trace.limit = stop
        trace.refresh()
        analysis.finish(numbers, descriptors, activity)
    analysis.finish(numbers, descriptors, activity)
    return [
        analysis.timeline.buckets(50),
        numbers.by_process(),
        numbers.by_syscall(events=True),
        numbers.histogram(),
        descriptors.by_path(),
        activity.activity(()),
        [
            (each.pid, each.name, each.command_line, each.end_row)
            for each in analysis.processes.tree
        ],
        [
            (call.name, call.path, call.bytes_in, call.outcome, call.duration_ns)
            for row in range(trace.end_row - calls, trace.end_row)
            if (call := analysis.resolved.call(row)) is not None
        ],
    ]


def test_reading_on_from_a_state_gives_what_reading_gives(trace: Trace) -> None:
    state = best(trace)
    assert state is not None
    assert POSITION - 564 <= state.row <= POSITION
    assert read(trace, state) == read(trace, None)
    assert state.restored == set(SECTIONS)


def test_states_of_which_much_was_forgotten_since_are_those_that_reading_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Descriptions.__init__, "__defaults__", (None, 8))
    defaults = Processes.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "max_processes", 4)
    have_states(monkeypatch, 200)
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("compile-2024"))])
    trace = Trace.open(path, limit=0)
    assert keep_spaced(trace, "")
    end = trace.available_rows
    trace.close()
    forgotten = []
    for position in range(300, end, 250):
        trace, begun = Trace.open(path, limit=position), Trace.open(path, limit=0)
        states, state = SpacedStates.open(trace, ""), best(trace, position)
        assert states is not None
        assert state is not None
        assert state.row > position - 264
        # Of what is forgotten so soon, activity tells what is known as it reads.
        stops = [row for row in states.rows if row <= state.row]
        assert read(trace, state) == read(begun, None, [*stops, position])
        assert state.restored == set(SECTIONS)
        analysis = Analysis(begun, audit_variable="")
        descriptions = analysis.resolved.resolver.descriptions
        analysis.finish()
        forgotten.append((descriptions.forgotten, analysis.processes.tree.forgotten))
        trace.close()
        begun.close()
    assert forgotten[0][0] < forgotten[-1][0]
    assert forgotten[-1][1] > 0


def test_a_state_at_the_very_position_leaves_nothing_to_read(path: Path, trace: Trace) -> None:
    states = SpacedStates.open(trace, "")
    assert states is not None
    at = Trace.open(path, limit=states.rows[1])
    state = best(at, states.rows[1])
    analysis = Analysis(at, audit_variable="", state=state)
    assert analysis.context.advance() == 0
    assert analysis.timeline.advance() == 0
    at.close()


def test_it_is_taken_up_only_if_one_is_there_sooner(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = SpacedStates.open(trace, "")
    assert states is not None
    first, second = states.rows[:2]
    assert states.best(first - 1, 0) is None
    found = states.best(second, first)
    assert found is not None
    assert found.row == second
    assert states.best(second, second) is None
    monkeypatch.setattr(spaced, "BYTES_A_ROW", 1)
    assert states.best(second, 0) is None


def test_a_name_that_is_taken_back_makes_states_of_before_void(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = best(trace)
    assert state is not None
    assert state.take_in()
    monkeypatch.setattr(trace, "refresh", lambda: setattr(trace.connections.claims, "renamed", 1))
    assert not state.take_in()


def test_the_trace_takes_in_what_the_state_had(trace: Trace) -> None:
    connections, lost = trace.connections, trace.lost
    trace.go_back(POSITION)
    state = best(trace)
    assert state is not None
    assert state.take_in()
    assert trace.end_row == POSITION
    assert trace.connections is not connections
    (sandbox,), (known,) = trace.connections.sandboxes(), connections.sandboxes()
    assert (sandbox.container_id, sandbox.messages) == (known.container_id, known.messages)
    assert trace.connections.messages == connections.messages > state.row // 2
    assert trace.lost.words() == lost.words()


def test_to_take_a_state_up_nothing_is_read_that_another_state_tells(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, read_told = list[str](), KeptFile.read

    def read_noted(file: KeptFile, name: str) -> bytes | None:
        told.append(name)
        return read_told(file, name)

    monkeypatch.setattr(KeptFile, "read", read_noted)
    with closing(Trace.open(path)) as trace:
        state = best(trace, trace.available_rows)
        assert state is not None
        assert read(trace, state)
        assert state.restored == set(SECTIONS)
        assert told == [section_name(state.row, TOLD)]


def test_what_is_not_kept_is_read(trace: Trace) -> None:
    state = best(trace)
    assert state is not None
    state.offer("activity", {})
    state.offer("descriptors", {})
    assert not state.restored


def test_what_is_repeated_is_known_up_to_the_state(trace: Trace) -> None:
    state = best(trace)
    assert state is not None
    assert state.take_in()
    found, other = state.repeated(), RepeatedRows(trace)
    while other.position < state.row:
        other.advance(state.row - other.position)
    assert found is not None
    assert found.position == other.position
    assert found.packed()[1] == other.packed()[1]
    assert found.count(0, state.row) == other.count(0, state.row) > 0
    assert found.kinds.are_there


@pytest.mark.parametrize(
    "told",
    [b"\xc1", b"", msgpack.packb(7), msgpack.packb(["", 0, 0, 0, 0]), msgpack.packb([0] * 9)],
)
def test_what_tells_nothing_of_repeated_rows_is_not_believed(
    trace: Trace, told: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = best(trace)
    assert state is not None
    assert state.take_in()
    monkeypatch.setattr(SpacedStates, "pieces", lambda *_: [lambda: told, lambda: b""])
    assert state.repeated() is None


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, bytes, list[object]]]:
    """A recording, the bytes of its states, and what reading it gives."""
    with pytest.MonkeyPatch.context() as patch:
        have_states(patch, 50)
        path = tmp_path_factory.mktemp("whole") / "run.gvtrace"
        write_trace(path, [(1, recorded_datagrams("shell-2024")[:NEAR])])
        with closing(Trace.open(path, limit=0)) as trace:
            assert keep_spaced(trace, "")
        with closing(Trace.open(path)) as trace:
            expected = read(trace, None, calls=16)
        yield path, spaced_path(beside(path)).read_bytes(), expected


@given(st.data())
def test_a_damaged_file_gives_the_right_state_or_none(
    whole: tuple[Path, bytes, list[object]], data: st.DataObject
) -> None:
    path, sound, expected = whole
    head = 44 + int.from_bytes(sound[8:12], "little")
    # Between the head and the sections is a gap that nobody reads.
    places = st.integers(0, head - 1) | st.integers(44 + (1 << 20), len(sound) - 1)
    at = data.draw(places)
    damaged = bytearray(sound)
    if data.draw(st.booleans()):
        size = data.draw(st.sampled_from((1, 1, 1, 4000)))
        damaged[at : at + size] = (each ^ 255 for each in damaged[at : at + size])
    else:
        del damaged[at:]
    spaced_path(beside(path)).write_bytes(damaged)
    with closing(Trace.open(path)) as trace:
        states = SpacedStates.open(trace, "")
        state = None if states is None else states.best(NEAR, 0)
        assert read(trace, state, calls=16) == expected


def test_a_state_is_taken_up_where_no_thread_may_begin(
    trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", refused)
    state = best(trace)
    assert state is not None
    assert read(trace, state) == read(trace, None)
    assert state.restored == set(SECTIONS)


def test_a_file_that_others_may_write_is_not_believed(path: Path, trace: Trace) -> None:
    spaced_path(beside(path)).chmod(0o666)
    assert SpacedStates.open(trace, "") is None
