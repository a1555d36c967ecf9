from __future__ import annotations

from gvtui.query.analysis import Analysis, Paced
from gvtui.trace.reader import Trace
from tests.trace.recorder import TRACES


class Worker:
    """Takes a fixed time for each row, by a clock of its own."""

    def __init__(self, rows: int, seconds_per_row: float) -> None:
        self.left = rows
        self.cost = seconds_per_row
        self.now = 0.0
        self.asked: list[int] = []

    def advance(self, budget: int) -> int:
        done = min(budget, self.left)
        self.asked.append(budget)
        self.left -= done
        self.now += done * self.cost
        return done

    def clock(self) -> float:
        return self.now


def test_a_slow_worker_gets_small_slices() -> None:
    worker = Worker(1_000_000, 1e-4)
    paced = Paced(worker.advance, worker.clock)
    for _ in range(50):
        began = worker.now
        paced.run(began + 0.01)
        assert worker.now - began <= 0.02
    assert worker.left <= 1_000_000 - 50 * 64


def test_a_fast_worker_gets_large_slices_and_ends() -> None:
    worker = Worker(1_000_000, 1e-7)
    paced = Paced(worker.advance, worker.clock)
    while worker.left:
        paced.run(worker.now + 0.01)
    assert max(worker.asked) > 30_000
    assert paced.run(worker.now + 0.01) == 0


def test_processes_are_read_whether_somebody_looks_or_not() -> None:
    with_trace = Trace.open(TRACES / "compile-2024.trace")
    analysis = Analysis(with_trace)
    for _ in range(200):
        analysis.advance(0.05)
    assert analysis.pairs.is_done
    assert analysis.timeline.is_done
    assert len(analysis.processes.tree) == 7
    assert not analysis.advance(0.05, is_idle=True)
    with_trace.close()


def test_all_rows_are_read_before_others_read_them() -> None:
    trace = Trace.open(TRACES / "compile-2024.trace")
    analysis = Analysis(trace)
    statistics = analysis.statistics()
    worker = Worker(1, 0)
    analysis.finish(statistics, worker)
    assert analysis.pairs.is_done
    assert analysis.timeline.is_done
    assert statistics.is_done
    assert worker.left == 0
    assert analysis.survey().log_bytes == trace.path.stat().st_size
    trace.close()


def test_a_follower_is_paced_too() -> None:
    trace = Trace.open(TRACES / "compile-2024.trace")
    analysis = Analysis(trace)
    worker = Worker(1000, 0.0)
    analysis.follower = Paced(worker.advance)
    while analysis.advance(0.05):
        pass
    assert worker.left == 0
    trace.close()


def test_in_a_hurry_slices_are_large_and_the_follower_reads_along() -> None:
    trace = Trace.open(TRACES / "compile-2024.trace")
    analysis = Analysis(trace)
    statistics = analysis.statistics(by_descriptor=True)
    asked: list[int] = []

    def advance(budget: int) -> int:
        asked.append(budget)
        return statistics.advance(budget)

    analysis.follower = Paced(advance)
    assert analysis.hurry(60)
    assert not analysis.is_behind
    assert min(asked) >= 1 << 14
    ends = [analysis.pairs.position, analysis.timeline.position, statistics.counts.position]
    assert {*ends, analysis.resolved.position} == {trace.end_row}
    assert not analysis.hurry(60)
    trace.close()
