"""All panes of a recording that stands at a row are those of one that was read only up to there."""

from __future__ import annotations

import random
from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from gvtui.export.merging import merge
from gvtui.monitor.options import MonitorOptions
from gvtui.query import spacing
from gvtui.query.activity import gaps
from gvtui.query.activity.knowngaps import KnownGaps
from gvtui.query.kept import takenup
from gvtui.query.processes.events import AUDIT_VARIABLE
from gvtui.query.through import read_spaced
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.tui.model import standing
from gvtui.tui.model.model import Model
from gvtui.tui.options import LiveOptions
from tests.query.fewrows import have_small_chunks
from tests.query.kept.near import have_states
from tests.trace.factory import TIME_NS, recorded_datagrams, write_trace
from tests.trace.recorder import TRACES, Recorder
from tests.trace.shrunk import shrink_folder
from tests.tui.replay.told import told

if TYPE_CHECKING:
    from pathlib import Path


class NoReading:
    """Stands for a process that reads along, and makes nothing."""

    is_running = True

    def __init__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        """There is nothing to end."""


def compare(path: Path, positions: list[int], filter_text: str = "") -> int:
    """Stand at positions one after the other, and compare with what is read up to there alone.

    Args:
        path: the recording.
        positions: the rows.
        filter_text: a filter that is in force.

    Returns:
        At how many of them a state that is kept was taken up.
    """
    trace = Trace.open(path)
    model = Model(trace, zone=UTC)
    while model.refresh(1.0):
        pass
    taken_up = stand(model, positions, filter_text)
    model.close()
    trace.close()
    return taken_up


def stand(model: Model, positions: list[int], filter_text: str = "") -> int:
    """As `compare`, in a viewer that is there already."""
    path, replay = model.trace.path, ReplayClock(model.trace, None)
    known = KnownGaps(model.trace)
    if filter_text:
        model.chips.put(filter_text)
        model.apply_chips()
    taken_up = 0
    for row in positions:
        model.stand_at(replay, row)
        taken_up += model.analysis.began_with is not None
        read = Trace.open(path, limit=row + 1)
        only = Model(read, zone=UTC)
        if filter_text:
            only.chips.put(filter_text)
            only.apply_chips()
        for each in (model, only):
            while each.refresh(1.0) or each.trace.is_behind:
                pass
            each.cursor = row
        here, there = told(model, known), told(only)
        begun = model.analysis.began_with
        # The numbers that are compared are those by descriptor.
        assert begun is None or begun.restored == {*takenup.SECTIONS} - {"numbers"}
        assert here.keys() == there.keys()
        for pane in here:
            assert here[pane] == there[pane], (pane, row)
        if filter_text:
            assert filtered_numbers(model) == filtered_numbers(only), row
        read.close()
    return taken_up


def filtered_numbers(model: Model) -> list[object]:
    """The numbers of the rows that pass."""
    statistics = model.analysis.statistics(model.condition, by_descriptor=True)
    model.analysis.finish(statistics)
    return [
        statistics.rows,
        statistics.total(),
        statistics.by_syscall(events=True),
        statistics.by_process(),
        statistics.by_path(),
        statistics.by_errno(),
    ]


def positions_in(path: Path, count: int) -> list[int]:
    trace = Trace.open(path)
    every = range(trace.first_row, trace.end_row)
    trace.close()
    return random.Random(16).sample(every, count)


@pytest.mark.parametrize("name", ["shell-2024", "newest-2026"])
def test_panes_are_as_of_where_the_recording_stands(name: str) -> None:
    path = TRACES / f"{name}.trace"
    compare(path, [0, *positions_in(path, 3)])


@pytest.mark.parametrize("name", ["shell-2024", "newest-2026", "network-2024"])
def test_so_they_are_where_states_are_kept(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states_at_every_few_rows(monkeypatch)
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams(name))])
    assert read_spaced(path, AUDIT_VARIABLE)
    positions = positions_in(path, 4)
    assert compare(path, positions) == len(positions)


SEGMENT = 20_000


def flight_recorder(folder: Path, name: str, keep: int = 100 << 20) -> TraceWriter:
    """A folder of segments of which the newest is still written."""
    writer = TraceWriter(folder, keep_bytes=keep, segment_bytes=SEGMENT)
    writer.opened(1, TIME_NS, {"peer_pid": 101, "peer_uid": 0, "command": ["runsc"]})
    send(writer, recorded_datagrams(name))
    return writer


def send(writer: TraceWriter, messages: list[bytes]) -> None:
    for start in range(0, len(messages), 50):
        writer.messages(1, [(TIME_NS, data) for data in messages[start : start + 50]])
    writer.flush()


@pytest.mark.parametrize("how", ["plain", "compressed", "let go", "compressed, let go"])
def test_so_they_are_in_a_folder_of_segments(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states_at_every_few_rows(monkeypatch)
    folder = tmp_path / "flight"
    flight_recorder(folder, "shell-2024", 200_000 if "let go" in how else 100 << 20).close()
    if "compressed" in how:
        shrink_folder(folder)
    trace = Trace.open(folder)
    assert (trace.first_row > 0) == ("let go" in how)
    assert (trace.compressed.segments > 0) == ("compressed" in how)
    assert len(trace.segment_numbers) > 5
    trace.close()
    there = sorted(folder.iterdir())
    assert read_spaced(folder, AUDIT_VARIABLE)
    assert sorted(folder.iterdir()) == there, "the folder is its writer's"
    first, *positions = sorted(positions_in(folder, 5))
    random.Random(16).shuffle(positions)
    assert compare(folder, positions) == len(positions)
    compare(folder, [first])


@pytest.mark.parametrize("is_folder", [True, False])
def test_so_they_are_while_it_grows(
    is_folder: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states_at_every_few_rows(monkeypatch)
    path = tmp_path / "run.gvtrace"
    every = recorded_datagrams("shell-2024")
    writer = (
        TraceWriter(path, keep_bytes=100 << 20, segment_bytes=SEGMENT)
        if is_folder
        else (TraceWriter(path))
    )
    writer.opened(1, TIME_NS, {"peer_pid": 101, "peer_uid": 0, "command": ["runsc"]})
    send(writer, every[:800])
    trace = Trace.open(path)
    model = Model(trace, zone=UTC)
    while model.refresh(1.0):
        pass
    grown: list[int] = []

    def grows(_: Path) -> bool:
        """As the process sees it that reads along: more has come each time that it looks."""
        if len(grown) == 4:
            return False
        start = 800 + 300 * len(grown)
        # What was kept up to here is of use before there is more, and afterwards.
        positions = random.Random(start).sample(range(230, start - 100), 2)
        grown.append(stand(model, positions))
        send(writer, every[start : start + 300])
        return True

    monkeypatch.setattr(spacing, "is_growing", grows)
    assert read_spaced(path, AUDIT_VARIABLE)
    assert grown == [2, 2, 2, 2]
    assert stand(model, [1700, 500, 1900, 900]) == 4
    model.close()
    trace.close()
    writer.close()


def test_so_they_are_where_sandboxes_are_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states_at_every_few_rows(monkeypatch)
    folder = tmp_path / "flight"
    writer = flight_recorder(folder, "shell-2024")
    monkeypatch.setattr(spacing, "is_growing", lambda _: False)
    assert read_spaced(folder, AUDIT_VARIABLE)
    trace = Trace.open(folder)
    options = LiveOptions(MonitorOptions(listen=folder))
    model = Model(trace, live=options, zone=UTC, clock=lambda: TIME_NS)
    while model.refresh(1.0):
        pass
    analysis = model.analysis
    for start in (0, 1):
        positions = [1800, 700, 1300][start:]
        model.put_aside()
        assert stand(model, positions) == len(positions)
        send(writer, recorded_datagrams("shell-2024")[start * 200 : start * 200 + 200])
        assert stand(model, positions) == len(positions)
        model.stand_at(ReplayClock(model.trace, None), None)
        assert model.trace is trace
        assert model.analysis is analysis
    while model.refresh(1.0):
        pass
    live = told(model)
    model.close()
    recorded = Model(Trace.open(folder), live=options, zone=UTC, clock=lambda: TIME_NS)
    while recorded.refresh(1.0):
        pass
    assert live == told(recorded)
    for each in (recorded.trace, trace):
        each.close()
    writer.close()


@pytest.mark.parametrize(
    "filter_text",
    [
        "evt.failed = true",
        "proc.name = bash and evt.dir = X",
        "evt.args contains etc",
        "fd.name startswith /usr or proc.pname = bash",
        "evt.latency > 20us and not proc.pid = 1",
    ],
)
def test_so_they_are_with_a_filter(
    filter_text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states_at_every_few_rows(monkeypatch)
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    assert read_spaced(path, AUDIT_VARIABLE)
    positions = random.Random(filter_text).sample(range(250, 2171), 3)
    assert compare(path, positions, filter_text) == len(positions)


def test_states_are_void_whose_first_rows_were_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states_at_every_few_rows(monkeypatch)
    folder = tmp_path / "flight"
    writer = flight_recorder(folder, "shell-2024", 300_000)
    trace = Trace.open(folder)
    model = Model(trace, zone=UTC)
    while model.refresh(1.0):
        pass
    monkeypatch.setattr(spacing, "is_growing", lambda _: False)
    assert read_spaced(folder, AUDIT_VARIABLE)
    first = trace.first_row
    positions = random.Random(17).sample(range(trace.end_row - 500, trace.end_row), 3)
    assert stand(model, positions) == 3
    while trace.first_row == first:
        send(writer, recorded_datagrams("shell-2024")[:50])
        trace.refresh()
    assert stand(model, positions) == 0
    assert read_spaced(folder, AUDIT_VARIABLE)
    assert stand(model, positions) == 3
    model.close()
    trace.close()
    writer.close()


def test_so_they_are_in_several_recordings_that_are_shown_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states_at_every_few_rows(monkeypatch)
    names = ("shell-2024", "newest-2026")
    paths = [
        write_trace(tmp_path / f"{name}.gvtrace", [(1, recorded_datagrams(name))]) for name in names
    ]
    traces = [Trace.open(path) for path in paths]
    path = tmp_path / "merged.gvtrace"
    merge(traces, path)
    for trace in traces:
        trace.close()
    assert read_spaced(path, AUDIT_VARIABLE)
    positions = positions_in(path, 4)
    assert compare(path, positions) == len(positions)


def test_a_connection_has_the_name_that_is_known_where_one_goes_on_to(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("upstream-echo"))])
    compare(path, [0, 11])


def states_at_every_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "LEAST_ROWS", 1)
    have_states(monkeypatch, 149)
    have_small_chunks(monkeypatch, 64)
    monkeypatch.setattr(gaps, "CHUNK", 64)
    monkeypatch.setattr(spacing, "_WAIT_SECONDS", 0)
    # States are made here, not by a process that reads along.
    monkeypatch.setattr(standing, "ReadingThrough", NoReading)


def test_drops_are_as_of_where_the_recording_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gaps, "CHUNK", 64)
    recorder = Recorder(tmp_path / "a.gvtrace")
    for number in range(5):
        recorder.add(30, dropped=number)
        recorder.add(30, pid=number + 2, process=f"p{number}", errno=number, dropped=number)
    recorder.writer.closed(1, recorder.now, {"reason": "closed by the sandbox"})
    recorder.writer.flush()
    compare(recorder.path, [305, 100, 200, 40, 305])
