from __future__ import annotations

from gvtui.limits import AS_THEY_COME
from gvtui.monitor.refusals import TELL_SECONDS, Refusal, Refusals, beyond
from gvtui.trace.marks import RefusedMark


class Told:
    """Refusals with a clock of their own, and what they have told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.lines: list[str] = []
        self.marks: list[RefusedMark] = []
        self.refusals = Refusals(self.tell, lambda: self.now)

    def tell(self, line: str, mark: RefusedMark) -> None:
        self.lines.append(line)
        self.marks.append(mark)

    def add(self, conn: int, count: int = 1, limit: str = "message-size") -> None:
        name = f"connection {conn}"
        why = beyond(AS_THEY_COME, limit)
        self.refusals.add(Refusal(limit, "cut", "message", f"one of {name}", name, why, count))


def test_the_first_is_told_at_once_and_later_ones_together() -> None:
    told = Told()
    for conn in (1, 2, 1):
        told.add(conn)
    told.refusals.keep_house()
    assert told.lines == ["cut one of connection 1: beyond the limit message-size, 1MiB"]
    assert told.marks == [RefusedMark(1, "message-size", told.lines[0])]
    told.now += TELL_SECONDS
    told.refusals.keep_house()
    assert told.lines[1].startswith("cut 2 more messages since ")
    assert told.lines[1].endswith(
        "1 of connection 2, 1 of connection 1: beyond the limit message-size, 1MiB"
    )
    # After a while without any, the next one is the first again.
    for _ in range(2):
        told.now += TELL_SECONDS
        told.refusals.keep_house()
    told.add(3)
    assert told.lines[2] == "cut one of connection 3: beyond the limit message-size, 1MiB"


def test_each_limit_is_told_by_itself() -> None:
    told = Told()
    told.add(1)
    told.add(1, limit="malformed")
    assert told.lines[1] == "cut one of connection 1: beyond the limit malformed, 1,000"


def test_at_the_end_all_is_told_once() -> None:
    told = Told()
    for count in (5, 7, 9):
        told.add(1, count)
    told.refusals.tell_rest()
    told.refusals.tell_rest()
    assert [mark.count for mark in told.marks] == [5, 16]


def test_of_very_many_groups_a_few_are_named() -> None:
    told = Told()
    for conn in range(100_000):
        told.add(conn)
    told.refusals.tell_rest()
    assert sum(mark.count for mark in told.marks) == 100_000
    assert told.lines[1].count(" of connection ") == 3


def test_reasons_have_the_value_with_its_unit() -> None:
    assert beyond(AS_THEY_COME, "new-connections") == (
        "beyond the limit new-connections, 64 a second"
    )
