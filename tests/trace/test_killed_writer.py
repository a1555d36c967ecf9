"""A writer that is killed at any moment leaves what had been written, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.trace import files
from gvtui.trace.growing import is_growing
from gvtui.trace.reader import Trace
from gvtui.trace.records import TraceError
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from tests.trace.moments import Moment, Moments, Torn, at_each_moment
from tests.trace.recorder import START_NS, open_message

COUNT = 24
SENT = [open_message(f"/srv/{number % 5}", result=number) for number in range(COUNT)]


@pytest.mark.parametrize(
    ("name", "keep_bytes", "logs"),
    [("live", 1 << 20, 3), ("live", 5000, 3), ("a.gvtrace", None, 1)],
    ids=["rotation", "retention", "recording"],
)
def test_at_each_moment_the_trace_holds_what_was_written_and_no_more(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    keep_bytes: int | None,
    logs: int,
) -> None:
    path = tmp_path / "there" / name
    folder = path if keep_bytes else path.parent
    path.parent.mkdir()
    done = 0
    moments = Moments(folder, lambda: done)
    with at_each_moment(monkeypatch, moments.note):
        writer = TraceWriter(path, keep_bytes=keep_bytes, segment_bytes=keep_bytes and 1500)
        writer.opened(1, START_NS, {"peer_pid": 7})
        for number in range(0, COUNT, 3):
            writer.received(1, START_NS + number, SENT[number : number + 3])
            done = number + 3
        writer.closed(1, START_NS + COUNT, {})
        writer.close()
    assert max(len(logs_of(moment)) for moment in moments) >= logs
    for place, moment in enumerate(moments):
        moment.restore(tmp_path / str(place))
        restored = tmp_path / str(place) / (name if keep_bytes is None else "")
        if any(logs_of(moment)):
            gone = judge(restored, moment.done)
        else:
            assert moment.done == 0
            with pytest.raises(TraceError, match=r"holds no trace|is empty|No such file"):
                Trace.open(restored)
    assert (gone > 0) == (keep_bytes == 5000)


def logs_of(moment: Moment) -> list[int]:
    """The sizes of its logs."""
    return [len(data) for name, data in moment.files.items() if name.endswith(".gvtrace")]


def judge(path: Path, done: int) -> int:
    """Look at what a killed writer has left; gives how many messages it had let go."""
    trace = Trace.open(path)
    try:
        rows = range(trace.first_row, trace.end_row)
        found = [trace.payload(row) for row in rows if trace.row(row).kind == Kind.MESSAGE]
        gone = trace.connections.messages - len(found)
        assert found == SENT[gone : gone + len(found)]
        assert gone + len(found) >= done
        assert not trace.damage
    finally:
        trace.close()
    return gone


def test_who_looks_at_any_moment_sees_what_was_written_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, done, looks = tmp_path / "live", 0, 0

    def look(torn: Torn | None) -> None:
        nonlocal looks
        if torn is not None or not files.segment_numbers(folder):
            return
        names = {path.name: path.stat().st_ino for path in folder.iterdir()}
        if done:
            assert is_growing(folder)
            assert judge(folder, done) >= 0
            looks += 1
        assert {path.name: path.stat().st_ino for path in folder.iterdir()} == names

    writer = TraceWriter(folder, keep_bytes=5000, segment_bytes=1500)
    writer.opened(1, START_NS, {"peer_pid": 7})
    with at_each_moment(monkeypatch, look):
        for number in range(0, COUNT, 3):
            writer.received(1, START_NS + number, SENT[number : number + 3])
            done = number + 3
    assert writer.dropped_segments
    assert looks > COUNT
    writer.close()
