"""What is read while a recording grows is what is read of it at once."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.query.activity import pending
from gvtui.query.activity.activity import MAX_ROWS
from gvtui.query.activity.lines import ActivityLines
from gvtui.query.activity.part import part_of
from gvtui.query.activity.pending import PendingRows
from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pb import syscall_pb2
from tests.query.activity.runs import Growing, everything_told, told_up_to
from tests.query.resolved.world import World

DATA = Path(__file__).parents[2] / "data"
RECORDINGS = sorted(
    path
    for path in DATA.glob("*/*trace")
    if path.parent.name in ("execs", "falco", "newest", "processes", "traces")
)


@pytest.fixture(params=RECORDINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A recording of a real sandbox: a copy, since its index comes beside it."""
    return Path(shutil.copy(request.param, tmp_path))


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first_look=st.sampled_from((1, 8, 1 << 9)),
    slices=st.sampled_from((5, 40)),
    compared=st.floats(0, 1),
    seed=st.integers(0, 1 << 32),
)
def test_an_activity_that_is_read_along_is_the_one_that_is_read_at_once(
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    first_look: int,
    slices: int,
    compared: float,
    seed: int,
) -> None:
    # Else too few rows wait for anything to be settled.
    monkeypatch.setattr(pending, "_FIRST_LOOK", first_look)
    # The sizes of slices are too many for hypothesis to choose each.
    chance = random.Random(seed)
    growing = Growing(path)
    most = 1 + 2 * growing.rows // slices
    for stop in sorted({1 + int(compared * (growing.rows - 1)), growing.rows}):
        while growing.position < stop:
            grown = growing.position + chance.randint(1, most)
            growing.grow(min(stop, grown), chance.randint(1, most))
        assert growing.told() == told_up_to(path, stop)
    growing.close()


def test_a_file_whose_path_is_told_when_it_is_used_again_has_one_line(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.open(3, "/lib/libc.so")
    read = MessageType.SYSCALL_READ
    world.call(read, syscall_pb2.Read, "read", 10, fd=3, fd_path="/usr/lib/libc.so.6")
    world.writer.close()
    growing = Growing(world.path)
    rows = growing.trace.held_rows(0, growing.rows)
    told_in = int(np.flatnonzero(rows["type"] == read)[0])
    growing.grow(told_in, 100)
    [line] = growing.reader.section("read").lines
    assert line.what == "/lib/libc.so"
    growing.grow(growing.rows, 100)
    [line] = growing.reader.section("read").lines
    assert (line.what, line.bytes_in, line.behind.count) == ("/usr/lib/libc.so.6", 10, 2)
    growing.close()


def test_what_need_not_wait_is_settled_and_of_too_many_the_oldest(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    for fd in range(3, 11):
        world.open(fd, f"/tmp/{fd}")
    world.close(3)
    world.writer.close()
    trace = Trace.open(world.path)
    analysis = Analysis(trace)
    analysis.resolved  # noqa: B018
    analysis.finish()
    resolved, rows = analysis.resolved, trace.rows(0, trace.end_row)
    part = part_of(resolved, 0, rows, rows["kind"] == Kind.MESSAGE)
    waiting = PendingRows(resolved, lambda part, place: "", most=8)
    rest = waiting.take_out(part, ActivityLines(trace))
    # What is closed is told at once.
    assert np.count_nonzero(rest.happened) == 2
    assert waiting.settled() is None
    waiting = PendingRows(resolved, lambda part, place: "", most=6)
    waiting.take_out(part, ActivityLines(trace))
    settled = waiting.settled()
    assert settled is not None
    texts = [resolved.texts.text(number) for number in settled.paths.tolist()]
    assert texts == ["/tmp/4", "/tmp/5", "/tmp/6", "/tmp/7"]
    left = waiting.part()
    assert len(left.rows) == 3
    assert left.count(np.arange(3)) == 3
    trace.close()


def test_rows_that_wait_are_told_as_often_as_it_is_asked(tmp_path: Path) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.open(3, "/etc/motd")
    world.writer.close()
    trace = Trace.open(world.path)
    analysis = Analysis(trace)
    reader = ActivityReader(analysis.context)
    analysis.finish(reader)
    assert everything_told(reader) == everything_told(reader)
    [line] = reader.section("read").lines
    assert line.behind.count == 1
    trace.close()


def test_many_rows_that_wait_are_those_of_the_line_before_it_is_told_and_then(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "a.gvtrace")
    world.open(3, "/etc/motd")
    for _ in range(2 * MAX_ROWS):
        world.call(MessageType.SYSCALL_READ, syscall_pb2.Read, "read", 10, fd=3)
    world.close(3)
    world.open(3, "/etc/motd")
    world.writer.close()
    growing = Growing(world.path)
    rows = growing.trace.held_rows(0, growing.rows)
    closed = int(np.flatnonzero(rows["type"] == MessageType.SYSCALL_CLOSE)[0])
    seen = []
    for upto in (closed, growing.rows):
        growing.grow(upto, 100)
        [line] = growing.reader.section("read").lines
        mask = line.behind.mask(0, closed)
        assert (line.behind.count, int(mask.sum())) == (
            2 * MAX_ROWS + 1 + (upto > closed),
            2 * MAX_ROWS + 1,
        )
        assert line.behind.count_before(closed) == 2 * MAX_ROWS + 1
        seen.append(mask.nonzero()[0].tolist())
    assert seen[0] == seen[1]
    growing.close()
