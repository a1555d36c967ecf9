from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.details import pack_details, unpack_details
from gvtui.trace.letgo import LetGo, before_in, together
from gvtui.trace.summary import ConnectionCounts, SummaryCounts
from tests.trace.test_thinned import anything, mark


def test_what_a_header_tells_of_a_copy_is_read() -> None:
    told = [mark(1, 5, 10, 20), mark(2, 6, 20, 30)]
    before = replace(mark(3, 7, 0, 9), from_ns=0)
    head = LetGo(told, [before]).details()
    assert LetGo.read(head) == (told, [before])
    shifted = LetGo.read(head, shift=4)
    assert [each.counts.by_conn for each in (*shifted.since, *shifted.before)] == [
        {5: SummaryCounts(5, 500)},
        {6: SummaryCounts(6, 600)},
        {7: SummaryCounts(7, 700)},
    ]
    assert LetGo.read({}) == ([], [])
    assert LetGo().details() == {}


def test_what_came_before_the_first_row_concerns_who_goes_back_to_it() -> None:
    head = {"before": ConnectionCounts({1: SummaryCounts(7), 2: SummaryCounts(3)}).packed()}
    (told,) = before_in(head, 100)
    assert (told.counts.total().messages, told.from_ns, told.to_ns) == (10, 0, 99)
    told_all = LetGo([], [told])
    assert told_all.copied() == ([], [told])
    (one,) = told_all.copied(conns=[2]).before
    assert one.counts.by_conn == {2: SummaryCounts(3)}
    assert not told_all.copied(from_ns=100).before
    (part,) = told_all.copied(from_ns=50).before
    assert part.is_at_most
    # Of files that were made anew drops are told, and no messages.
    drops = ConnectionCounts({1: SummaryCounts(dropped=3)})
    assert before_in({"before": drops.packed()}, 100) == before_in({}, 100) == []


def test_of_very_many_connections_a_header_adds_up() -> None:
    told = [mark(conn, 1, conn, conn + 1) for conn in range(1, 5001)]
    (both,) = LetGo.read(LetGo(told).details()).since
    assert (both.counts.total().messages, both.from_ns, both.to_ns) == (5000, 1, 5001)


@given(anything, st.integers(0, 1 << 32), st.integers(0, 99), st.integers(0, 99))
def test_any_header_of_a_copy_is_read(entry: object, conn: int, from_ns: int, to_ns: int) -> None:
    head = {"let_go": [entry, {"counts": [[conn, 1]], "from_ns": from_ns, "to_ns": to_ns}]}
    for shift in (0, 1, (1 << 32) - 1):
        packed = pack_details(LetGo.read(head, shift).details())
        for each in LetGo.read(unpack_details(packed)).since:
            assert all(0 < each_conn < 1 << 32 for each_conn in each.counts.by_conn)
    assert LetGo.read({"let_go": entry}).since == [] or isinstance(entry, list)


def messages(told: LetGo) -> tuple[int, int]:
    since, before = (sum(each.counts.total().messages for each in marks) for marks in told)
    return since, before


def part(told: LetGo, from_ns: int = 0, to_ns: int = 0) -> LetGo:
    copied = told.copied(from_ns=from_ns, to_ns=to_ns)
    return LetGo.read(unpack_details(pack_details(copied.details())))


def test_what_two_parts_of_a_flight_recorder_tell_counts_once() -> None:
    since = [mark(2, 9, 100, 200).known_as(b"a"), mark(2, 9, 201, 300).known_as(b"a")]
    whole = LetGo(since, [mark(1, 7, 0, 99).known_as(b"a")])
    first, second = part(whole, to_ns=150), part(whole, from_ns=150)
    both = together([(first, 0), (second, 5)])
    assert messages(both) == messages(whole) == (18, 7)
    assert messages(first) == (9, 7)
    # Of whom, is known under both numbers.
    assert [set(each.counts.by_conn) for each in both.since] == [{2}, {7}, {7}]
    # Which of the first came in which part, is not.
    assert [each.is_at_most for each in both.since] == [True, True, False]
    assert [each.is_at_most for each in both.before] == [False]
    # The whole, twice.
    assert messages(together([(whole, 0), (whole, 5)])) == (18, 7)
    assert not any(each.is_at_most for each in together([(whole, 0), (whole, 5)]).since)


def test_where_two_parts_tell_something_else_it_is_the_most() -> None:
    early = LetGo([mark(2, 9, 100, 200).known_as(b"a"), mark(3, 4, 201, 300).known_as(b"a")])
    late = LetGo([mark(2, 9, 100, 200).and_also(mark(3, 5, 201, 310)).known_as(b"a")])
    both = together([(early, 0), (late, 5)])
    assert messages(both) == (27, 0)
    assert all(each.is_at_most for each in both.since)
    # Of two flight recorders both count.
    other = LetGo([mark(2, 9, 100, 200).known_as(b"b")])
    both = together([(early, 0), (other, 5)])
    assert messages(both) == (22, 0)
    assert not any(each.is_at_most for each in both.since)
    # So do they where nothing tells whose they are.
    unknown = LetGo([mark(2, 9, 100, 200)])
    assert messages(together([(unknown, 0), (unknown, 5)])) == (18, 0)


@given(entry=anything)
def test_any_origin_is_read(entry: object) -> None:
    told = LetGo.read({"let_go": [{**mark(1, 1, 1, 2).details(), "of": entry}]})
    assert messages(together([(told, 0), (told, 1)])) in ((1, 0), (2, 0))
