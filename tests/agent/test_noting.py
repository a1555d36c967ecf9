from __future__ import annotations

from gvtui.agent.noting import note_patiently


def test_a_busy_monitor_is_asked_again() -> None:
    asked: list[tuple[str, int]] = []

    def note(mark: str, conn: int) -> bool:
        asked.append((mark, conn))
        return len(asked) == 3

    assert note_patiently(note, "mark", 7)
    assert asked == [("mark", 7)] * 3


def test_one_that_never_can_is_given_up() -> None:
    assert not note_patiently(lambda *_: False, "mark", 7, seconds=0.0)
