from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from gvtui.query.resolved.changes import FilesChange, FilesChanges
from gvtui.query.resolved.growth import DescriptorGrowth
from tests.query.resolved.world import World

if TYPE_CHECKING:
    from pathlib import Path


def growth_of(counts: list[tuple[int, int]]) -> DescriptorGrowth:
    growth = DescriptorGrowth()
    growth.take(FilesChanges(FilesChange(row, 1, 0, 1, now) for row, now in counts))
    return growth


def test_what_is_left_open_all_along_grows() -> None:
    growth = growth_of([(row, row // 10) for row in range(0, 10_000, 10)])
    assert growth.grows(1, 10_000)
    assert not growth.grows(2, 10_000)


def test_a_slow_leak_among_much_that_is_closed_grows() -> None:
    counts = [(row, row // 1000 + 5 * (row % 4 // 2)) for row in range(0, 50_000, 2)]
    assert growth_of(counts).grows(1, 50_000)


def test_what_is_opened_and_closed_again_does_not_grow() -> None:
    counts = [(row, 3 + row % 40) for row in range(0, 50_000)]
    assert not growth_of(counts).grows(1, 50_000)


def test_what_was_opened_at_the_start_does_not_grow_for_long() -> None:
    growth = growth_of([(row, row) for row in range(600)])
    assert not growth.grows(1, 10_000)


def test_few_descriptors_are_no_growth() -> None:
    assert not growth_of([(row * 100, row) for row in range(8)]).grows(1, 800)


def test_of_a_process_that_has_ended_it_is_known_what_it_left_open() -> None:
    growth = growth_of([(row, row) for row in range(5_000)])
    assert (growth.at_end(1), growth.growing(5_000)) == (0, 1)
    growth.end(1, 5_000)
    growth.take(FilesChanges())
    assert (growth.at_end(1), growth.grows(1, 9_000), growth.growing(9_000)) == (4_999, True, 1)
    calm = growth_of([(0, 1), (10, 3)])
    calm.end(1, 5_000)
    calm.take(FilesChanges([FilesChange(4_000, 1, 0, 1, 2)]))
    assert (calm.at_end(1), calm.grows(1, 9_000), calm.growing(9_000)) == (2, False, 0)


def plain(counts: list[tuple[int, int]], end: int) -> bool:
    """The same, worked out row by row."""
    start, span = counts[0][0], 64
    while (end - start) // span >= 8:
        span *= 2
    fewest: list[list[int]] = []
    now = 0
    for row in range(start, end + 1):
        if (row - start) % span == 0:
            fewest.append([now])
        for at, count in counts:
            if at == row:
                now = count
                fewest[-1].append(now)
    floors = [min(each) for each in fewest]
    if len(floors) < 5:
        return False
    rising = all(before < after for before, after in pairwise(floors[-5:-1]))
    return rising and floors[-1] >= floors[-2] and floors[-2] - floors[-5] >= 8


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(-2, 12)), min_size=1, max_size=30),
    st.integers(0, 200),
)
def test_spans_are_those_of_a_plain_count(steps: list[tuple[int, int]], more: int) -> None:
    row, now, counts = 5, 0, []
    for step, change in steps:
        row, now = row + step, max(0, now + change)
        counts.append((row, now))
    assert growth_of(counts).grows(1, row + more) == plain(counts, row + more)


def test_a_process_that_leaks_is_known_by_its_calls(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.fork(1, 2)
    for place in range(200):
        world.open(3 + place, "/etc/passwd")
        world.open(3, "/tmp/log", pid=2)
        world.close(3, pid=2)
    with world.resolved(step=50) as found:
        one, two = (process.number for process in found.processes)
        assert found.open_count(one) == 200
        assert found.open_count(two) == 0
        assert found.grows(one)
        assert not found.grows(two)
        assert found.growing() == 1


def test_a_process_that_ended_had_open_what_it_did_not_close(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.fork(1, 2)
    for fd in range(3, 603):
        world.open(fd, "/etc/passwd", pid=2)
    world.task_exit(world.context(2))
    world.open(3, "/tmp/a")
    with world.resolved(step=50) as found:
        one, two = (process.number for process in found.processes)
        assert (found.open_count(one), found.open_count(two)) == (1, 600)
        assert found.grows(two)
        assert not list(found.descriptors(two))
