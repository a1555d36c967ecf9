from pathlib import Path

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.document import dump_session
from gvtui.points.presets import build_preset
from gvtui.query.compare.coverage import SideCoverage, traces
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.marks import SessionMark
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.query.compare.sides import OPEN, opens, recorded
from tests.trace.factory import CONTAINER, TIME_NS, start_message, write_trace


def coverage_of(path: Path, scope: str = "") -> SideCoverage:
    trace = Trace.open(path)
    coverage = SideCoverage(trace, compile_filter(scope) if scope else None)
    while coverage.advance():
        pass
    coverage.points()
    trace.close()
    return coverage


def test_points_that_sent_are_known_to_be_on(tmp_path: Path) -> None:
    points = coverage_of(recorded(tmp_path / "a.gvtrace", opens("/a"))).points()
    assert points == {
        *("container/start", "syscall/openat/enter", "syscall/openat/exit"),
    }
    assert traces(points, ("openat",), "x86_64")
    assert not traces(points, ("open",), "x86_64")


def test_a_point_must_be_on_in_every_sandbox_of_the_side(tmp_path: Path) -> None:
    batches = [(1, [start_message(), *opens("/a")]), (2, [start_message()])]
    path = write_trace(tmp_path / "a.gvtrace", batches)
    assert coverage_of(path).points() == {"container/start"}
    assert "syscall/openat/exit" in coverage_of(path, "conn.num = 1").points()


def test_a_point_that_sent_only_later_is_not_known_in_a_window_before(tmp_path: Path) -> None:
    path = recorded(
        tmp_path / "a.gvtrace",
        opens("/a"),
        opens("/b", sysno=OPEN, at_ns=TIME_NS + 10_000),
        opens("/c", at_ns=TIME_NS + 20_000),
    )
    early = coverage_of(path, f"evt.time >= {TIME_NS} and evt.time < {TIME_NS + 9_000}").points()
    assert "syscall/openat/exit" in early
    assert "syscall/open/exit" not in early


def test_drops_count_in_the_window_and_as_told_right_after_it(tmp_path: Path) -> None:
    path = recorded(
        tmp_path / "a.gvtrace",
        opens("/a"),
        opens("/b", at_ns=TIME_NS + 10_000, dropped=4),
        opens("/c", at_ns=TIME_NS + 20_000, dropped=9),
    )
    assert coverage_of(path).dropped == 9
    early = f"evt.time >= {TIME_NS} and evt.time < {TIME_NS + 9_000}"
    assert coverage_of(path, early).dropped == 4
    assert coverage_of(path, f"evt.time >= {TIME_NS + 20_000}").dropped == 0


def test_a_session_mark_tells_of_points_that_never_sent(tmp_path: Path) -> None:
    session = build_preset("everything", bundled_catalogue(gvisor="2024-07"))
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, {"peer_pid": 1, "command": ["runsc"]})
    writer.messages(1, [(TIME_NS, start_message())])
    text = dump_session(session)
    writer.mark(TIME_NS, SessionMark("", "applied", CONTAINER, "/r", text, 9).details(), 1)
    writer.messages(1, [(TIME_NS + place, data) for place, data in enumerate(opens("/a"))])
    writer.close()
    assert "syscall/connect/exit" in coverage_of(path).points()
