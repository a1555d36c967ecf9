from __future__ import annotations

import pytest

from gvtui.monitor.options import SEND_BUFFER_BYTES
from gvtui.monitor.pace import BREATH_SECONDS, CROWDED, MOST_ROOM, USUAL_BUFFER_BYTES, Breath, Pace


@pytest.mark.parametrize(
    ("send_buffer", "times"),
    [
        (0, 1),
        (USUAL_BUFFER_BYTES // 2, 1),
        (USUAL_BUFFER_BYTES, 1),
        (4 * USUAL_BUFFER_BYTES, 4),
        (1000 * USUAL_BUFFER_BYTES, MOST_ROOM),
    ],
)
def test_a_connection_with_room_rests_longer(send_buffer: int, times: int) -> None:
    pace = Pace(0.001, send_buffer)
    assert pace.rest_after(1, is_full=False) == pytest.approx(0.001 * times)
    assert pace.rest_after(CROWDED * times - 1, is_full=False) > 0.0
    assert pace.rest_after(CROWDED * times, is_full=False) == 0.0


def test_waking_for_every_message_never_rests() -> None:
    pace = Pace(0.0, SEND_BUFFER_BYTES)
    assert pace.rest_after(1, is_full=False) == 0.0


def test_what_lies_ready_is_taken_first() -> None:
    pace = Pace(0.001, 10 * USUAL_BUFFER_BYTES)
    assert pace.rest_after(1024, is_full=True) == 0.0
    assert pace.rest_after(10, is_full=False) > 0.0


def test_a_rest_that_brought_much_is_followed_by_none() -> None:
    pace = Pace(0.001, 10 * USUAL_BUFFER_BYTES)
    assert pace.rest_after(1024, is_full=True) == 0.0
    assert pace.rest_after(10 * CROWDED - 1024, is_full=False) == 0.0
    # Each rest counts for itself.
    assert pace.rest_after(10 * CROWDED - 1, is_full=False) > 0.0


def test_a_rest_fills_no_more_than_half_of_the_buffer() -> None:
    # A message of 100 bytes takes 768 of kernel memory.
    assert CROWDED * 768 < USUAL_BUFFER_BYTES / 2
    assert CROWDED * SEND_BUFFER_BYTES / USUAL_BUFFER_BYTES * 768 < SEND_BUFFER_BYTES / 2


class Times:
    """Times that a test sets."""

    def __init__(self) -> None:
        self.passed = self.worked = 0.0

    def go_on(self, seconds: float, share: float) -> None:
        self.passed += seconds
        self.worked += seconds * share


def test_who_works_without_end_stands_still_now_and_then() -> None:
    times = Times()
    breath = Breath(lambda: times.passed, lambda: times.worked)
    rests = []
    for _ in range(100):
        times.go_on(0.005, 1.0)
        rests.append(breath.due())
    assert set(rests) == {0.0, BREATH_SECONDS}
    # Less than the kernel leaves to real-time programs, so that it stops none.
    assert 1 - sum(rests) / (0.5 + sum(rests)) < 0.95


def test_who_is_idle_in_between_need_not() -> None:
    times = Times()
    breath = Breath(lambda: times.passed, lambda: times.worked)
    rests = []
    for _ in range(100):
        times.go_on(0.005, 0.8)
        rests.append(breath.due())
    assert not any(rests)
