from __future__ import annotations

from gvtui.trace.row import ROW_DTYPE, ROW_SIZE, Row


def test_a_row_is_what_lies_on_disk() -> None:
    assert ROW_SIZE == 88
    assert ROW_DTYPE.names == Row._fields


def test_a_row_is_dated_by_the_sandbox_if_it_tells() -> None:
    row = Row(*([0] * len(Row._fields)))._replace(recv_ns=5)
    assert row.when_ns == 5
    assert row._replace(time_ns=3).when_ns == 3
