"""Questions about rows that are not known, or of no call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gvtui.decode.outcome import BEGUN, RESTARTS
from gvtui.query.analysis import Analysis
from gvtui.query.resolved.call import Outcome
from gvtui.trace.reader import Trace
from gvtui.wire.pb import syscall_pb2
from tests.query.processes.box import Box

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("errno", [*RESTARTS, BEGUN])
def test_a_call_that_goes_on_has_not_failed(tmp_path: Path, errno: int) -> None:
    box = Box(tmp_path / "made-up.gvtrace")
    box.start()
    box.read(box.context(1))
    box.read(box.context(1), errno=errno)
    box.read(box.context(1), errno=9)
    box.writer.close()
    trace = Trace.open(box.path)
    analysis = Analysis(trace)
    found = analysis.resolved
    assert not found.path_of(0, trace.rows(0, 3))[2]
    while analysis.context.advance():
        pass
    exit_row = trace.end_row - 2
    call = found.call(exit_row)
    assert call is not None
    assert (call.outcome, call.errno) == (
        Outcome.BEGUN if errno == BEGUN else Outcome.RESTARTED,
        errno,
    )
    failed = found.call(exit_row + 1)
    assert failed is not None
    assert failed.outcome is Outcome.FAILED
    rows = trace.rows(0, trace.end_row)
    assert np.flatnonzero(found.restarted(rows)).tolist() == ([] if errno == BEGUN else [exit_row])
    assert found.call(0) is None
    assert found.call(10_000) is None
    trace.close()


def test_a_call_that_has_not_returned_is_running(tmp_path: Path) -> None:
    box = Box(tmp_path / "made-up.gvtrace")
    box.start()
    box.send(9, syscall_pb2.Read(context_data=box.context(1), fd=3, fd_path="pipe:[1]"))
    box.writer.close()
    trace = Trace.open(box.path)
    analysis = Analysis(trace)
    found = analysis.resolved
    while analysis.context.advance():
        pass
    call = found.call(trace.end_row - 1)
    assert call is not None
    assert call.outcome is Outcome.RUNNING
    assert call.path == "pipe:[1]"
    assert [fd for fd, _ in found.descriptors(1)] == [3]
    trace.close()
