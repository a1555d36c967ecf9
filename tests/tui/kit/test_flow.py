from __future__ import annotations

from gvtui.tui.kit.flow import LEAST_ANSWER, LONGEST_ANSWER, UNANSWERED_BYTES, Flow


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def frame(flow: Flow, size: int = 5000) -> None:
    flow.framed(size)
    flow.gave()


def test_one_frame_is_under_way() -> None:
    freed: list[int] = []
    flow = Flow()
    flow.when_free = lambda: freed.append(1)
    assert flow.is_free
    frame(flow)
    assert not flow.is_free
    flow.wrote()
    assert flow.is_free
    assert freed == [1]


def test_a_terminal_that_answers_has_a_frame_when_it_says_so() -> None:
    freed: list[int] = []
    flow = Flow()
    flow.when_free = lambda: freed.append(1)
    assert not flow.answered(), "the query at the start stands behind no frame"
    frame(flow)
    flow.wrote()
    assert not flow.is_free
    assert not freed
    assert flow.answered()
    assert flow.is_free
    assert freed == [1]


def test_small_frames_need_not_wait_for_a_far_terminal() -> None:
    flow = Flow()
    flow.answered()
    for _ in range(4):
        frame(flow, UNANSWERED_BYTES // 4)
        flow.wrote()
        assert flow.is_free
    frame(flow, 1)
    flow.wrote()
    assert not flow.is_free


def test_the_terminal_rests_as_long_as_a_frame_took() -> None:
    clock = Clock()
    flow = Flow(clock)
    frame(flow)
    clock.now += 1
    flow.wrote()
    assert flow.is_free
    assert not flow.is_rested
    clock.now += 1
    assert flow.is_rested


def test_an_answer_that_does_not_come_is_not_awaited_for_ever() -> None:
    clock = Clock()
    flow = Flow(clock)
    flow.answered()
    frame(flow)
    flow.wrote()
    assert not flow.is_rested
    clock.now += LONGEST_ANSWER + 1
    assert flow.is_rested
    frame(flow)
    flow.wrote()
    flow.await_answers(0)
    assert flow.is_free
    flow.gave()
    flow.begin()
    assert flow.is_free


def answered_in(flow: Flow, clock: Clock, seconds: float, size: int = 20_000) -> None:
    frame(flow, size)
    flow.wrote()
    clock.now += seconds
    assert flow.answered()


def test_a_fast_terminal_stands_still_for_a_second_at_most_when_it_loses_an_answer() -> None:
    clock = Clock()
    flow = Flow(clock)
    flow.answered()
    answered_in(flow, clock, 0.02)
    frame(flow)
    flow.wrote()
    clock.now += LEAST_ANSWER
    assert not flow.is_rested
    clock.now += 0.2
    assert flow.is_rested
    assert flow.answers, "one lost answer may be a chance"


def test_no_answer_is_awaited_any_more_of_a_terminal_that_loses_them() -> None:
    clock = Clock()
    flow = Flow(clock)
    flow.answered()
    for _ in range(2):
        frame(flow)
        flow.wrote()
        clock.now += LONGEST_ANSWER + 1
        assert flow.is_rested
    assert not flow.answers
    frame(flow)
    flow.wrote()
    assert flow.is_free, "what was written counts as taken"
    flow.answered()
    assert flow.answers, "it was only late"


def test_a_slow_line_has_the_time_that_its_frames_take() -> None:
    clock = Clock()
    flow = Flow(clock)
    flow.answered()
    answered_in(flow, clock, 1.0)
    frame(flow, 20_000)
    flow.wrote()
    clock.now += LEAST_ANSWER + 3
    assert not flow.is_rested
    assert flow.answered()
    assert flow.answers
