from __future__ import annotations

import pytest

from gvtui.tui.search.match import MAX_TEXT, CallWords, RowMatcher, pattern_of
from gvtui.tui.stream.columns import RowLook, TimeMode, field_column
from tests.tui.fake import FakeViewer


@pytest.mark.parametrize(
    ("text", "finds", "misses"),
    [("bash", "BASH", "ash "), ("Bash", "Bash", "bash"), ("a.c", "a.c", "abc")],
)
def test_case_counts_if_there_is_upper_case(text: str, finds: str, misses: str) -> None:
    assert pattern_of(text).search(finds)
    assert not pattern_of(text).search(misses)


def test_a_text_has_a_greatest_length() -> None:
    assert len(pattern_of("x" * 10_000).pattern) == MAX_TEXT


def found(look: RowLook, text: str) -> int:
    model = FakeViewer(trace="shell-2024").model
    while model.refresh(1.0):
        pass
    matcher = RowMatcher(model, look, text, CallWords())
    return sum(
        matcher.match(row, row - 1 if row else None).found for row in range(model.trace.end_row)
    )


def test_columns_that_are_switched_off_are_not_looked_at() -> None:
    assert found(RowLook(), "tr") > found(RowLook(hidden=frozenset({"process"})), "tr")
    assert found(RowLook(), "ENOENT") > 0
    assert found(RowLook(hidden=frozenset({"result"})), "ENOENT") == 0


def test_times_and_added_columns_are_looked_at_as_they_are_shown() -> None:
    assert found(RowLook(), "17:36:47") > 1000
    assert found(RowLook(time_mode=TimeMode.SINCE_FIRST), "17:36:47") == 0
    without = RowLook(hidden=frozenset({"sandbox"}))
    added = RowLook(without.time_mode, without.hidden, (field_column("context.container_id"),))
    assert found(added, "runsc-749074") > found(without, "runsc-749074")


def test_a_row_that_is_gone_is_an_error() -> None:
    model = FakeViewer().model
    with pytest.raises(IndexError):
        RowMatcher(model, RowLook(), "x", CallWords()).match(10**9, None)
