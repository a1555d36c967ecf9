"""Raw rows whose call has a decoded row too."""

from __future__ import annotations

import numpy as np

from gvtui.query.resolved.doubled import Doubled
from gvtui.trace.row import ROW_DTYPE, Direction
from gvtui.wire.messages import RAW_SYSCALL

ENTER, EXIT = Direction.ENTER, Direction.EXIT
READ = 9


def rows(*told: tuple[int, int, int]) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    made = np.zeros(len(told), ROW_DTYPE)
    for place, (message_type, sysno, direction) in enumerate(told):
        made[place]["type"], made[place]["sysno"] = message_type, sysno
        made[place]["direction"], made[place]["conn"] = direction, 1
    return made


def test_a_raw_row_is_doubled_where_its_side_and_call_have_decoded_points() -> None:
    doubled = Doubled()
    made = rows(
        (RAW_SYSCALL, 0, ENTER),
        (RAW_SYSCALL, 0, EXIT),
        (READ, 0, EXIT),
        (RAW_SYSCALL, 1, EXIT),
    )
    mask = doubled.mask(0, made, made["type"] == RAW_SYSCALL)
    assert mask.tolist() == [False, True, False, False]
    assert doubled.take_late() == []


def test_what_is_known_only_later_is_told() -> None:
    doubled = Doubled()
    first = rows((RAW_SYSCALL, 0, EXIT))
    assert doubled.mask(7, first, first["type"] == RAW_SYSCALL).tolist() == [False]
    second = rows((READ, 0, EXIT), (RAW_SYSCALL, 0, EXIT))
    assert doubled.mask(8, second, second["type"] == RAW_SYSCALL).tolist() == [False, True]
    assert doubled.take_late() == [7]
    assert doubled.take_late() == []


def test_rows_that_follow_may_be_shown_to_it_before() -> None:
    doubled = Doubled()
    doubled.learn(rows((READ, 0, EXIT)))
    first = rows((RAW_SYSCALL, 0, EXIT))
    assert doubled.mask(7, first, first["type"] == RAW_SYSCALL).tolist() == [True]
