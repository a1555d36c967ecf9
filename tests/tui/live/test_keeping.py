"""Copies that are made of a flight recorder whose beginning is gone."""

from __future__ import annotations

import shutil
from pathlib import Path

from gvtui.decode.outcome import ExecOutcome
from gvtui.query.calls.execs import Execs
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from gvtui.tui.copy.commands import Copying
from gvtui.tui.live.commands import Live
from tests.trace.factory import read_message
from tests.tui.fake import FakeViewer

RECORDED = Path(__file__).parents[2] / "data" / "execs" / "failed-exec.gvtrace"


def outcomes(trace: Trace) -> list[ExecOutcome]:
    execs = Execs(trace)
    while execs.advance():
        pass
    rows = range(trace.first_row, trace.end_row)
    return [outcome for outcome in map(execs.outcome, rows) if outcome is not None]


def test_copies_say_of_execs_what_the_screen_says(tmp_path: Path) -> None:
    recorded = Trace.open(Path(shutil.copy(RECORDED, tmp_path)))
    messages = [
        recorded.payload(row)
        for row in range(recorded.end_row)
        if recorded.row(row).kind == Kind.MESSAGE
    ]
    failed = outcomes(recorded).count(ExecOutcome.FAILED)
    # Up to the clone that follows the last of those that fail: nothing here says that the point
    # which would tell of a good one is on.
    end = next(
        row
        for row in range(recorded.end_row)
        if recorded.string(recorded.row(row).point) == "sentry/clone"
    )
    first = next(row for row in range(recorded.end_row) if recorded.row(row).kind == Kind.MESSAGE)
    recorded.close()
    writer = TraceWriter(tmp_path / "live", keep_bytes=100_000, segment_bytes=20_000)
    writer.opened(1, 1, {"peer_pid": 7})
    writer.messages(1, [(1, data) for data in messages])
    viewer = FakeViewer(Live, Copying, trace=Trace.open(tmp_path / "live"))
    for number in range(60):
        writer.messages(1, [(2, read_message(fd=number * 20 + n, tid=99)) for n in range(20)])
        viewer.catch_up()
    writer.messages(1, [(3, data) for data in messages[: end - first + 1]])
    viewer.catch_up()
    live = viewer.model.trace
    assert live.first_row > len(messages)
    shown = viewer.model.analysis.pairs.execs
    told = [shown.outcome(row) for row in range(live.first_row, live.end_row)]
    assert [each for each in told if each] == [ExecOutcome.FAILED] * failed
    fresh = Trace.open(tmp_path / "live")
    assert outcomes(fresh) == [ExecOutcome.ASKED] * failed
    fresh.close()
    viewer.commands.execute("live.keep")
    assert viewer.type(str(tmp_path / "kept.gvtrace")) is None
    viewer.commands.execute(f"copy.rows {tmp_path / 'rows.gvtrace'}")
    for name in ("kept", "rows"):
        copy = Trace.open(tmp_path / f"{name}.gvtrace")
        assert outcomes(copy) == [ExecOutcome.FAILED] * failed, viewer.said
        copy.close()
    writer.close()
