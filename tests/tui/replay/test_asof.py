"""All panes of a recording that stands at a row are those of one that was read only up to there."""

from __future__ import annotations

import random
from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.tui.model.model import Model
from tests.trace.recorder import TRACES, Recorder
from tests.tui.replay.told import told

if TYPE_CHECKING:
    from pathlib import Path


def compare(path: Path, positions: list[int]) -> None:
    """Stand at positions one after the other, and compare with what is read up to there alone."""
    trace = Trace.open(path)
    model, replay = Model(trace, zone=UTC), ReplayClock(trace, None)
    while model.refresh(1.0):
        pass
    for row in positions:
        model.stand_at(replay, row)
        read = Trace.open(path, limit=row + 1)
        only = Model(read, zone=UTC)
        for each in (model, only):
            while each.refresh(1.0) or each.trace.is_behind:
                pass
            each.cursor = row
        here, there = told(model), told(only)
        assert here.keys() == there.keys()
        for pane in here:
            assert here[pane] == there[pane], (pane, row)
        read.close()
    trace.close()


def positions_in(path: Path, count: int) -> list[int]:
    trace = Trace.open(path)
    end = trace.end_row
    trace.close()
    return random.Random(16).sample(range(end), count)


@pytest.mark.parametrize("name", ["shell-2024", "newest-2026"])
def test_panes_are_as_of_where_the_recording_stands(name: str) -> None:
    path = TRACES / f"{name}.trace"
    compare(path, [0, *positions_in(path, 3)])


def test_drops_are_as_of_where_the_recording_stands(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    for number in range(5):
        recorder.add(30, dropped=number)
        recorder.add(30, pid=number + 2, process=f"p{number}", errno=number, dropped=number)
    recorder.writer.closed(1, recorder.now, {"reason": "closed by the sandbox"})
    recorder.writer.flush()
    compare(recorder.path, [305, 100, 200, 40, 305])
