from __future__ import annotations

import os

import pytest

from gvtui.query.filter.batch import UNKNOWN, NoContext, RowBatch
from gvtui.query.filter.opens import CREATES, READS, WRITES
from tests.query.filter.world import TextTrace, open_message


@pytest.mark.parametrize(
    ("flags", "reads", "writes", "creates"),
    [
        (os.O_RDONLY | os.O_CLOEXEC, 1, 0, 0),
        (os.O_WRONLY | os.O_CREAT, 0, 1, 1),
        (os.O_RDWR, 1, 1, 0),
        (os.O_ACCMODE, 0, 0, 0),
    ],
)
def test_the_flags_say_how_a_file_is_opened(
    flags: int, reads: int, writes: int, creates: int
) -> None:
    trace = TextTrace()
    trace.add(message=open_message("/etc/passwd", flags=flags))
    trace.add(type=9)
    batch = RowBatch(trace, trace.rows(0, trace.end_row), 0, NoContext())
    for column, expected in ((READS, reads), (WRITES, writes), (CREATES, creates)):
        assert batch.numbers(column).tolist() == [expected, UNKNOWN]
