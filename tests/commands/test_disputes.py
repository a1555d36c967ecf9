from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.commands.disputes import say_disputes
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.recorder import START_NS, open_message
from tests.trace.rivals import opened_by


def test_many_disputes_are_told_in_a_few_lines(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.opened(1, START_NS, opened_by(10, "runsc", "create", "pod"))
    names = ["pod", "a", "b", "c"]
    for conn in range(1, 31):
        if conn > 1:
            writer.opened(conn, START_NS, opened_by(10 + conn, "runsc"))
        for name in names:
            writer.message(conn, START_NS, open_message("/x", container=name))
    writer.close()
    trace = Trace.open(tmp_path / "a.gvtrace")
    say_disputes(trace)
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 21
    assert lines[0] == (
        "gvtui: connection 2 (process 12 of user 0) says that it is pod, a, b…, as another sandbox "
        "does; what it sent is shown as ¬2:…"
    )
    assert lines[-1] == "gvtui: 36 more names were disputed so"
