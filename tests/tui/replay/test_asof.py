"""All panes of a recording that stands at a row are those of one that was read only up to there."""

from __future__ import annotations

import random
from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from gvtui.query import spacing
from gvtui.query.kept import spaced
from gvtui.query.processes.events import AUDIT_VARIABLE
from gvtui.query.through import read_spaced
from gvtui.trace import keptfile
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.tui.model import standing
from gvtui.tui.model.model import Model
from tests.trace.factory import recorded_datagrams, write_trace
from tests.trace.recorder import TRACES, Recorder
from tests.tui.replay.told import told

if TYPE_CHECKING:
    from pathlib import Path


def compare(path: Path, positions: list[int]) -> int:
    """Stand at positions one after the other, and compare with what is read up to there alone.

    Returns:
        At how many of them a state that is kept was taken up.
    """
    trace = Trace.open(path)
    model, replay = Model(trace, zone=UTC), ReplayClock(trace, None)
    taken_up = 0
    while model.refresh(1.0):
        pass
    for row in positions:
        model.stand_at(replay, row)
        taken_up += model.analysis.began_with is not None
        read = Trace.open(path, limit=row + 1)
        only = Model(read, zone=UTC)
        for each in (model, only):
            while each.refresh(1.0) or each.trace.is_behind:
                pass
            each.cursor = row
        here, there = told(model), told(only)
        begun = model.analysis.began_with
        # The numbers that are compared are those by descriptor.
        assert begun is None or begun.restored == {*spaced.SECTIONS} - {"numbers"}
        assert here.keys() == there.keys()
        for pane in here:
            assert here[pane] == there[pane], (pane, row)
        read.close()
    model.close()
    trace.close()
    return taken_up


def positions_in(path: Path, count: int) -> list[int]:
    trace = Trace.open(path)
    end = trace.end_row
    trace.close()
    return random.Random(16).sample(range(end), count)


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


def test_a_connection_has_the_name_that_is_known_where_one_goes_on_to(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("upstream-echo"))])
    compare(path, [0, 11])


def states_at_every_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keptfile, "SETTLED_NS", 0)
    monkeypatch.setattr(standing, "LEAST_ROWS", 1)
    monkeypatch.setattr(spaced, "BYTES_A_ROW", 1 << 40)
    monkeypatch.setattr(spacing, "LEAST_APART", 149)
    monkeypatch.setattr(spacing, "WRITING_SHARE", 1 << 40)


def test_drops_are_as_of_where_the_recording_stands(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    for number in range(5):
        recorder.add(30, dropped=number)
        recorder.add(30, pid=number + 2, process=f"p{number}", errno=number, dropped=number)
    recorder.writer.closed(1, recorder.now, {"reason": "closed by the sandbox"})
    recorder.writer.flush()
    compare(recorder.path, [305, 100, 200, 40, 305])
