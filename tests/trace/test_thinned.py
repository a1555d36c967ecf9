from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.marks import read_mark
from gvtui.trace.summary import ConnectionCounts, SummaryCounts
from gvtui.trace.thinned import ThinnedMark, combined, connected_in, standing_in, thinned_in

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
