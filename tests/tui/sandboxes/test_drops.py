from __future__ import annotations

import pytest

from gvtui.trace.connection import ConnectionSums
from gvtui.tui.sandboxes.drops import drops_words
from gvtui.tui.sandboxes.pane import earlier_lines


@pytest.mark.parametrize(
    ("dropped", "is_least", "words"),
    [
        (0, False, ""),
        (0, True, ""),
        (7, False, "  ▲ 7"),
        (7, True, "  ▲ ≥7"),
        (1_200_000, True, "  ▲ ≥1.2M"),
    ],
)
def test_a_bound_is_told_as_one(dropped: int, is_least: bool, words: str) -> None:
    assert drops_words(dropped, is_least=is_least) == words


def test_what_is_summed_up_may_be_a_bound_too() -> None:
    for lack_drops, words in ((False, "  ▲ 5"), (True, "  ▲ ≥5")):
        _, second = earlier_lines(ConnectionSums(3, 9, 5, lack_drops), 40)
        assert second[-1] == (words, "alarm")
