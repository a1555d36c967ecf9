"""States of a recording are made by another process, and taken up when it has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query import spacing
from gvtui.query.kept import spaced
from gvtui.trace.keptfile import identity_of
from gvtui.trace.reader import Trace
from gvtui.trace.sidefiles import beside, spaced_path
from gvtui.tui.model import standing
from gvtui.tui.model.standing import Beforehand
from tests.benchmarks.mixed import write_mixed
from tests.monitor.sandbox import wait_until
from tests.trace.factory import recorded_datagrams, write_trace

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_states_are_made_once_and_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spaced, "BYTES_A_ROW", 1 << 40)
    monkeypatch.setattr(standing, "LEAST_ROWS", 1)
    path = tmp_path / "run.gvtrace"
    write_mixed(path, spacing.LEAST_APART + 500)
    assert wait_until(lambda: identity_of(path, beside(path)) is not None)
    trace, beforehand = Trace.open(path), Beforehand("")
    assert beforehand.best(trace, trace.end_row, 0) is None
    beforehand.wait()
    found = beforehand.best(trace, trace.end_row, 0)
    assert found is not None
    assert found.row >= spacing.LEAST_APART
    beforehand.close()
    trace.close()


def test_a_process_that_keeps_nothing_is_not_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "LEAST_ROWS", 1)
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("upstream-echo"))])
    assert wait_until(lambda: identity_of(path, beside(path)) is not None)
    trace, beforehand = Trace.open(path), Beforehand("")
    spaced_path(beside(path)).mkdir()
    for _ in range(3):
        assert beforehand.best(trace, trace.end_row, 0) is None
        beforehand.wait()
    beforehand.close()
    trace.close()


def test_of_a_small_recording_nothing_is_made(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    trace, beforehand = Trace.open(path), Beforehand("")
    assert beforehand.best(trace, trace.end_row, 0) is None
    beforehand.wait()
    assert not spaced_path(beside(path)).exists()
    beforehand.close()
    trace.close()
