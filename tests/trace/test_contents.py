from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace import files
from gvtui.trace.contents import Contents, chunks
from gvtui.trace.row import ROW_DTYPE, Kind
from gvtui.trace.segment import Segment
from gvtui.trace.summary import SummaryCounts
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message


def rows_of(*told: tuple[int, int]) -> np.ndarray:
    """Rows of messages: connection and time."""
    rows = np.zeros(len(told), ROW_DTYPE)
    rows["kind"] = Kind.MESSAGE
    rows["length"] = 10
    for place, (conn, recv_ns) in enumerate(told):
        rows[place]["conn"], rows[place]["recv_ns"] = conn, recv_ns
    return rows


def test_it_tells_what_goes_without_some() -> None:
    contents = Contents()
    contents.take(rows_of((1, 5), (2, 6), (70_000, 7)))
    contents.take(rows_of((2, 8), (1, 9)))
    gone = contents.without(lambda conn: conn == 1)
    assert gone.counts.by_conn == {2: SummaryCounts(2, 20), 70_000: SummaryCounts(1, 10)}
    assert (gone.from_ns, gone.to_ns) == (6, 8)
    assert contents.without(lambda conn: True).to_ns == 0
    assert contents.first_ns == 5


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), min_size=1, max_size=20),
        max_size=5,
    )
)
def test_the_times_are_those_of_the_first_and_the_last_row(
    batches: list[list[tuple[int, int]]],
) -> None:
    contents = Contents()
    for batch in batches:
        contents.take(rows_of(*batch))
    timed = [(conn, when) for batch in batches for conn, when in batch if when]
    for conn in {conn for conn, _ in timed}:
        own = [when for each, when in timed if each == conn]
        assert contents.times[conn] == (own[0], own[-1])
    assert contents.times.keys() == {conn for conn, _ in timed}


def test_a_drop_comes_with_the_row_behind_it(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "live", keep_bytes=1 << 20)
    writer.opened(1, TIME_NS, {})
    writer.message(1, TIME_NS, read_message(dropped=0))
    writer.message(1, TIME_NS, read_message(dropped=3))
    writer.close()
    log = files.segment_path(tmp_path / "live", 1)
    with closing(Segment.open(1, log, files.index_path(log))) as segment:
        assert [len(rows) for _, rows in chunks(segment)] == [4]
        assert Contents.of(segment).tally.by_conn[1].dropped == 3
