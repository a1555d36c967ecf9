from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.monitor import predecessor
from gvtui.monitor.goingon import STORED_AS, stored_name
from gvtui.monitor.predecessor import found_before
from gvtui.trace import files
from gvtui.trace.connections import CLOSED_BY_SANDBOX, MONITOR_STOPPED
from gvtui.trace.marks import SessionMark
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import read_message

NAME = stored_name(1, bytes(16))


def opened(path: Path, conn: int, name: str = NAME) -> TraceWriter:
    """A trace in which a connection has opened that is kept under a name."""
    writer = TraceWriter(path, keep_bytes=10 << 20)
    writer.opened(conn, 5_000, {"peer_pid": 3, "container_id": "web", STORED_AS: name})
    session = SessionMark("new", "applied", "web", "", "{}", gap_start_ns=1, gap_end_ns=2)
    writer.mark(5_500, session.details())
    writer.message(conn, 6_000, read_message(dropped=4))
    return writer


def test_what_stood_at_the_end_goes_on(tmp_path: Path) -> None:
    writer = opened(tmp_path / "a", 8)
    writer.opened(9, 5_000, {STORED_AS: "ended"})
    writer.closed(9, 7_000, {"reason": CLOSED_BY_SANDBOX})
    writer.closed(8, 8_000, {"reason": MONITOR_STOPPED})
    # What comes after the first end is taken in too.
    writer.opened(10, 5_100, {STORED_AS: "second"})
    writer.message(10, 9_000, read_message(dropped=2))
    writer.closed(10, 9_500, {"reason": MONITOR_STOPPED})
    writer.close()
    kept = [(3, "second"), (4, NAME), (5, "ended")]
    before = found_before(kept, [tmp_path / "gone", tmp_path / "a"])
    first, second, unknown = before.connections
    assert (first.fd, first.opened_ns, second.opened_ns, unknown.opened_ns) == (4, 5_000, 5_100, 0)
    dropped = [each.details["dropped_before"] for each in (first, second)]
    assert (dropped, first.details["drops_before"]) == ([4, 2], 0)
    [(_, session)] = before.marks
    assert (session["kind"], "gap_start_ns" in session) == ("session", False)
    assert before.text == (
        f"2 connections go on from {tmp_path / 'a'}; 1 connection goes on of whose beginning no "
        "trace here tells"
    )


def test_of_a_monitor_that_was_killed_not_all_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody waits for ever for one that does not end.
    monkeypatch.setattr(predecessor, "END_SECONDS", 0.0)
    older = opened(tmp_path / "a", 1)
    older.close()
    writer = opened(tmp_path / "b", 2)
    before = found_before([(4, NAME)], [tmp_path / "b", tmp_path / "a"])
    writer.close()
    assert before.text.startswith(f"1 connection goes on from {tmp_path / 'b'} (its monitor was k")


def test_of_a_large_flight_recorder_the_newest_segments_tell_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predecessor, "_MOST_BYTES", 0)
    writer = TraceWriter(tmp_path / "a", keep_bytes=10 << 20, segment_bytes=64 << 10)
    writer.opened(3, 5_000, {"container_id": "web", STORED_AS: NAME})
    writer.message(3, 6_000, read_message(dropped=4))
    for _ in range(3000):
        writer.message(3, 7_000, read_message(dropped=4))
    writer.closed(3, 8_000, {"reason": MONITOR_STOPPED})
    writer.close()
    assert len(files.segment_numbers(tmp_path / "a")) > 2
    [one] = found_before([(4, NAME)], [tmp_path / "a"]).connections
    assert (one.opened_ns, one.details["dropped_before"]) == (5_000, 4)
    assert (one.details["container_id"], one.details["drops_before"]) == ("web", 0)
