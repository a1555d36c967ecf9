"""Which rows tell what happened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gvtui.query.resolved.telling import CLOSED, OPENED, Telling, TellingRows
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction, Kind
from gvtui.wire.messages import RAW_SYSCALL
from gvtui.wire.messagetype import MessageType

TRACES = Path(__file__).parents[2] / "data" / "traces"


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    trace = Trace.open(TRACES / "shell-2024.trace")
    rows = trace.rows(0, trace.end_row)
    trace.close()
    return rows


def telling(rows: np.ndarray, *, absolute: bool = False) -> Telling:
    known = rows["kind"] == Kind.MESSAGE
    codes = np.zeros(len(rows), np.int32)
    raw = known & (rows["type"] == RAW_SYSCALL)
    finder = TellingRows("x86_64")
    return finder.find(rows, known, raw, codes, np.full(len(rows), absolute))


def test_opens_and_closes_that_succeeded_act(rows: np.ndarray) -> None:
    found = telling(rows)
    done = (rows["direction"] == Direction.EXIT) & (rows["errno"] == 0)
    for kind, name in ((OPENED, MessageType.SYSCALL_OPEN), (CLOSED, MessageType.SYSCALL_CLOSE)):
        mine = done & (rows["type"] == name)
        assert mine.any()
        assert found.acts[mine].all()
        assert found.tells[mine].all()
        assert (found.kinds[mine] == kind).all()
        # A close is told by the columns of its row.
        assert found.read[mine].all() == (kind == OPENED)
    assert not found.acts[(rows["direction"] == Direction.ENTER)].any()


def test_one_with_an_absolute_path_that_changes_nothing_is_told_by_its_column(
    rows: np.ndarray,
) -> None:
    begun = (rows["type"] == MessageType.SYSCALL_OPEN) & (rows["direction"] == Direction.ENTER)
    begun &= rows["path"] != 0
    assert begun.any()
    found, plain = telling(rows), telling(rows, absolute=True)
    assert found.read[begun].all()
    assert plain.plain[begun].all()
    assert not (plain.read | plain.tells)[begun].any()
