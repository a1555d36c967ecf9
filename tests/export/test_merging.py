from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gvtui.export.merging import MergeError
from gvtui.trace.elapsed import Elapsed
from gvtui.trace.marks import ClockMark
from gvtui.trace.origin import OriginMark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.thinned import ThinnedMark
from gvtui.trace.writer import TraceWriter
from tests.export.parts import (
    dropped,
    make_merge,
    marks,
    payloads,
    recording,
    thinned,
    thinned_folder,
)
from tests.trace.factory import TIME_NS, read_message


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("two")
    return [recording(folder / "a.gvtrace"), recording(folder / "b.gvtrace", drops=False)]


def test_merging_keeps_connections_apart_and_the_order_of_each(
    two: list[Path], tmp_path: Path
) -> None:
    merged = make_merge(tmp_path / "c.gvtrace", *two)
    assert sorted(payloads(merged)) == sorted([*payloads(two[0]), *payloads(two[1])])
    assert dropped(merged) == 30
    trace = Trace.open(merged)
    assert sorted(trace.connections) == [1, 2, 3, 4]
    assert [trace.connections[conn].peer_pid for conn in (1, 2, 3, 4)] == [101, 102, 101, 102]
    rows = trace.rows(0, trace.end_row)
    assert (rows["recv_ns"][1:] >= rows["recv_ns"][:-1]).all()
    for shift, source in ((0, two[0]), (2, two[1])):
        own = (rows["kind"] == Kind.MESSAGE) & (rows["conn"] > shift) & (rows["conn"] <= shift + 2)
        found = [trace.payload(row) for row in own.nonzero()[0].tolist()]
        assert found == payloads(source)
    trace.close()
    (origin,) = (each for each in marks(merged) if isinstance(each, OriginMark))
    assert [(each.name, each.shift) for each in origin.sources] == [
        ("a.gvtrace", 0),
        ("b.gvtrace", 2),
    ]


def test_recordings_of_two_architectures_are_not_merged(tmp_path: Path) -> None:
    paths = []
    for architecture in ("x86_64", "arm64"):
        writer = TraceWriter(tmp_path / f"{architecture}.gvtrace", architecture=architecture)
        writer.opened(1, TIME_NS, {})
        writer.close()
        paths.append(writer.path)
    with pytest.raises(MergeError, match="one architecture"):
        make_merge(tmp_path / "out.gvtrace", *paths)


def test_what_was_let_go_is_told_of_the_connections_of_each(
    tmp_path: Path, two: list[Path]
) -> None:
    source = thinned_folder(tmp_path / "live")
    merged = make_merge(tmp_path / "c.gvtrace", two[0], source)
    moved = [each.copied(shift=2) for each in thinned(source)]
    assert [list(each.counts.by_conn) for each in thinned(merged)] == [[4]] * len(moved)
    assert thinned(merged) == moved != []
    assert [each for each in marks(merged) if isinstance(each, ThinnedMark)] == moved


def test_a_clock_that_was_set_moves_no_rows(tmp_path: Path) -> None:
    """Each recording goes on as time passed, so the other's rows lie among those behind the step."""
    steps = {"a": -3600, "b": 86_400}
    for at, (name, step) in enumerate(steps.items()):
        writer = TraceWriter(tmp_path / f"{name}.gvtrace")
        for second in range(10):
            when = TIME_NS + 10**8 * at + (second + (step if second >= 5 else 0)) * 10**9
            writer.message(1, when, read_message(fd=second))
            if second == 5:
                writer.mark(when, ClockMark(step * 10**9).details())
        writer.close()
    merged = make_merge(tmp_path / "c.gvtrace", tmp_path / "a.gvtrace", tmp_path / "b.gvtrace")
    assert [each for each in marks(merged) if isinstance(each, ClockMark)] == [
        ClockMark(-3600 * 10**9, 0),
        ClockMark(86_400 * 10**9, 1),
    ]
    trace = Trace.open(merged)
    rows = trace.rows(0, trace.end_row)
    is_message = rows["kind"] == Kind.MESSAGE
    assert rows["conn"][is_message].tolist() == [1, 2] * 10
    came = Elapsed(trace, 0).read(trace.end_row)[is_message]
    assert np.diff(came).tolist() == [10**8, 9 * 10**8] * 9 + [10**8]
    trace.close()
