from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.marks import read_mark
from gvtui.trace.summary import ConnectionCounts, SummaryCounts
from gvtui.trace.thinned import (
    LetGoFrom,
    ThinnedMark,
    combined,
    connected_in,
    messages_in,
    standing_in,
    thinned_in,
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


def mark(conn: int, messages: int, from_ns: int, to_ns: int) -> ThinnedMark:
    counts = ConnectionCounts({conn: SummaryCounts(messages, messages * 100)})
    return ThinnedMark(counts, from_ns, to_ns)


def test_it_is_read_as_it_was_written() -> None:
    told = mark(3, 1200, 2_000_000_000, 63_000_000_000)
    assert read_mark(told.details()) == told
    assert told.text == (
        "of the 61.0 s from here on, 1,200 messages of 1 connection were let go, whose sandboxes "
        "held more than an equal share of the disk; what others sent is here"
    )


def test_both_together() -> None:
    both = mark(1, 5, 30, 40).and_also(mark(1, 6, 10, 20)).and_also(ThinnedMark())
    assert (both.from_ns, both.to_ns) == (10, 40)
    assert both.counts.by_conn == {1: SummaryCounts(11, 1100)}


def test_what_was_let_go_counts_as_before() -> None:
    first = {
        "before": ConnectionCounts({1: SummaryCounts(7)}).packed(),
        "connections": [[1, 5, {}, 0]],
        "thinned": {**mark(2, 9, 1, 2).details(), "standing": [2, 4]},
    }
    second = {"connections": [[1, 5, {}, 3], [2, 6, {"a": 1}, 4]], "thinned": {"standing": [4]}}
    third = {"connections": [[1, 5, {}, 3], [2, 6, {}, 4], [4, 8, {}, 0]]}
    head = combined([first, second, third])
    before = ConnectionCounts.read(head["before"])
    assert {conn: counts.messages for conn, counts in before.by_conn.items()} == {1: 7, 2: 9}
    assert head["connections"] == [[1, 5, {}, 0], [2, 6, {"a": 1}, 4], [4, 8, {}, 0]]


@given(
    heads=st.lists(
        st.dictionaries(
            st.sampled_from(["before", "connections", "thinned", "processes"]), anything
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_header_is_read(heads: list[dict[str, object]]) -> None:
    combined(heads)
    for head in heads:
        thinned_in(head)
        standing_in(head)
        connected_in(head)


def test_a_copy_of_a_part_is_told_what_concerns_its_time() -> None:
    told = mark(3, 9, 100, 200)
    assert told.copied() == told
    assert told.copied(from_ns=201) is told.copied(to_ns=100) is None
    assert told.copied(from_ns=200) == ThinnedMark(told.counts, 200, 200, is_at_most=True)
    assert told.copied(from_ns=100, to_ns=201) == told
    part = told.copied(from_ns=50, to_ns=150)
    assert part == ThinnedMark(told.counts, 100, 149, is_at_most=True)
    assert "at most 9 messages of 1 connection" in part.text
    assert ThinnedMark.read(part.details()) == part
    assert ThinnedMark().copied() is None


def test_a_copy_of_some_connections_is_told_of_these_alone() -> None:
    told = mark(3, 9, 100, 200).and_also(mark(4, 5, 100, 200))
    told.counts.other_connections = 2
    known = told.known_as(b"\1\2")
    assert known.known_as(b"\3").of == LetGoFrom("0102", 100, 200)
    part = known.copied(shift=2, from_ns=150)
    assert part is not None
    assert ThinnedMark.read(part.details()).of == known.of
    assert told.copied(conns=[3]) == mark(3, 9, 100, 200)
    assert told.copied(conns=[5]) is None


def test_messages_of_several_marks_are_added_up() -> None:
    marks = [mark(3, 9, 100, 200), mark(4, 5, 100, 200)]
    assert messages_in(marks) == (14, False)
    assert messages_in([*marks, replace(marks[0], is_at_most=True)]) == (23, True)
    assert messages_in([]) == (0, False)
