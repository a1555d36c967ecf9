from __future__ import annotations

from gvtui.tui.kit.flow import LONGEST_ANSWER, UNANSWERED_BYTES, Flow


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
