from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtui.trace.reader import Trace
from gvtui.trace.records import LogKind
from gvtui.trace.row import Kind
from gvtui.trace.standing import Standing
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, read_message

COUNTS = st.lists(st.sampled_from([0, 1, 2, 5, 9, 1 << 31, (1 << 32) - 1]), min_size=1, max_size=30)


@settings(max_examples=30, deadline=None)
@given(COUNTS)
def test_the_count_goes_on_where_the_rows_end(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("counts")
    writer = TraceWriter(folder / "a.gvtrace")
    writer.opened(1, TIME_NS, {})
    last = []
    for step, count in enumerate(counts):
        # Every third one is cut off in front of its end, or tells nothing.
        message = read_message(dropped=count)
        writer.message(1, TIME_NS + step, message[:5] if step % 3 == 2 else message)
        last.append(writer._indexer.last_dropped(1))
    writer.close()
    trace = Trace.open(writer.path)
    kinds = trace.rows(0, trace.end_row)["kind"]
    messages = [int(row) for row in (kinds == Kind.MESSAGE).nonzero()[0]]
    for row, expected in zip(messages, last, strict=True):
        (opened,) = Standing(trace, row + 1).records(TIME_NS)
        assert opened.kind == LogKind.OPENED
        assert opened.details["dropped_before"] == expected
    trace.close()


def test_who_has_left_is_not_told(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    for conn in (1, 2):
        writer.opened(conn, TIME_NS, {"peer_pid": conn})
    # A stranger's recording may say anything.
    writer.mark(TIME_NS, {"kind": "names", "container_id": "x", "names": [1]}, 1)
    writer.closed(2, TIME_NS, {})
    writer.close()
    trace = Trace.open(writer.path)
    told = list(Standing(trace, trace.end_row).records(TIME_NS))
    assert [(each.conn, each.details["peer_pid"]) for each in told] == [(1, 1)]
    trace.close()
