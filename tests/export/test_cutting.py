from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtui.errors import UsageError
from gvtui.export.convert import convert
from gvtui.export.cutting import CutError, cut
from gvtui.export.selection import Selection
from gvtui.trace.bookmarks import Bookmarks
from gvtui.trace.carried import CarriedMark
from gvtui.trace.marks import BinaryMark, GapMark, LostMark, SessionMark
from gvtui.trace.origin import OriginMark
from gvtui.trace.procfs import ProcessesMark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.thinned import ThinnedMark
from gvtui.trace.writer import TraceWriter
from tests.export.parts import (
    ENTRY,
    GAP,
    SECOND,
    SESSION,
    dropped,
    make_cut,
    make_merge,
    marks,
    payloads,
    recording,
    thinned,
    thinned_folder,
)
from tests.trace.factory import CONTAINER, TIME_NS, exit_message, read_message, start_message


def test_the_parts_have_each_message_and_each_drop_once(tmp_path: Path) -> None:
    whole = recording(tmp_path / "whole.gvtrace")
    for step in range(0, 10, 3):
        border = TIME_NS + step * SECOND + 1
        first = make_cut(whole, tmp_path / f"a{step}.gvtrace", to_ns=border)
        if step < 9:
            second = make_cut(whole, tmp_path / f"b{step}.gvtrace", from_ns=border)
            assert payloads(first) + payloads(second) == payloads(whole)
            assert dropped(first) + dropped(second) == dropped(whole) == 30
    span = "it goes from 2026-11-23 .* to 2026-11-23 "
    with pytest.raises(CutError, match=f"has nothing of that time: {span}"):
        make_cut(whole, tmp_path / "c.gvtrace", from_ns=TIME_NS + 99 * SECOND)
    assert not (tmp_path / "c.gvtrace").exists()


@pytest.mark.parametrize(
    ("from_ns", "begin"),
    [
        (TIME_NS - 3600 * SECOND, TIME_NS),
        (TIME_NS + SECOND // 2, TIME_NS + SECOND // 2),
    ],
)
def test_a_part_begins_no_earlier_than_its_recording(
    tmp_path: Path, from_ns: int, begin: int
) -> None:
    whole = recording(tmp_path / "whole.gvtrace")
    trace = Trace.open(make_cut(whole, tmp_path / "part.gvtrace", from_ns=from_ns))
    try:
        assert trace.row(0).recv_ns == begin
    finally:
        trace.close()


def test_a_part_tells_what_was_before(tmp_path: Path) -> None:
    whole = recording(tmp_path / "whole.gvtrace")
    begin, end = TIME_NS + 5 * SECOND, TIME_NS + 7 * SECOND
    part = make_cut(whole, tmp_path / "part.gvtrace", from_ns=begin, to_ns=end)
    trace, before = Trace.open(part), Trace.open(whole)
    assert trace.host == before.host != {}
    first = trace.connections[1]
    assert (first.peer_pid, first.container_id, first.opened_ns) == (101, CONTAINER, TIME_NS)
    assert first.dropped == 6
    assert trace.connections.names(1, CONTAINER).name == "web"
    assert trace.connections[2].peer_pid == 102
    trace.close()
    before.close()
    found = marks(part)
    origin = found[0]
    assert isinstance(origin, OriginMark)
    assert origin.how == "cut"
    (source,) = origin.sources
    assert (source.name, source.from_ns, source.to_ns) == ("whole.gvtrace", begin, end)
    assert [each for each in found if isinstance(each, SessionMark)] == [SESSION]
    assert [each.path for each in found if isinstance(each, BinaryMark)] == ["/usr/bin/runsc"]
    (procfs,) = (each for each in found if isinstance(each, ProcessesMark))
    assert procfs.processes == (ENTRY,)
    carried = {each.processes[0].pid: each for each in found if isinstance(each, CarriedMark)}
    assert carried[7].processes[0].args == ["bash", "-i"]
    assert GAP in found
    assert [each.messages for each in found if isinstance(each, LostMark)] == [4]


def test_a_gap_at_the_border_is_told_in_both_parts_and_once_again_when_they_are_merged(
    tmp_path: Path,
) -> None:
    whole = recording(tmp_path / "whole.gvtrace")
    border = TIME_NS + 5 * SECOND
    first = make_cut(whole, tmp_path / "a.gvtrace", to_ns=border)
    second = make_cut(whole, tmp_path / "b.gvtrace", from_ns=border)
    merged = make_merge(tmp_path / "c.gvtrace", first, second)
    for path in (whole, first, second, merged):
        found = marks(path)
        assert found.count(GAP) == 1
        assert [each.messages for each in found if isinstance(each, LostMark)] == [4]
    assert payloads(merged) == payloads(whole)
    assert dropped(merged) == dropped(whole)


def test_a_session_that_changed_behind_the_part_leaves_its_gap(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, {"container_id": CONTAINER})
    writer.message(1, TIME_NS, read_message())
    gap = (TIME_NS + SECOND, TIME_NS + 3 * SECOND)
    writer.mark(
        TIME_NS + 3 * SECOND, SessionMark("new", "applied", CONTAINER, "/", "{}", 0, *gap).details()
    )
    writer.message(1, TIME_NS + 4 * SECOND, read_message(fd=4))
    writer.close()
    border = TIME_NS + 2 * SECOND
    first = make_cut(path, tmp_path / "b.gvtrace", to_ns=border)
    assert [each for each in marks(first) if isinstance(each, SessionMark)] == []
    assert GapMark("new", CONTAINER, *gap) in marks(first)
    second = make_cut(path, tmp_path / "c.gvtrace", from_ns=border)
    merged = marks(make_merge(tmp_path / "d.gvtrace", first, second))
    assert [each for each in merged if isinstance(each, GapMark)] == []
    assert len([each for each in merged if isinstance(each, SessionMark)]) == 1


def test_drops_that_only_left_out_messages_tell_are_counted_in_their_part(tmp_path: Path) -> None:
    whole = recording(tmp_path / "whole.gvtrace")
    border = TIME_NS + 5 * SECOND
    first = make_cut(whole, tmp_path / "a.gvtrace", "fd.num = 2", to_ns=border)
    second = make_cut(whole, tmp_path / "b.gvtrace", "fd.num = 6", from_ns=border)
    assert (dropped(first), dropped(second)) == (15, 15)
    # And what they say of it is carried on.
    again = make_cut(first, tmp_path / "c.gvtrace", "fd.num = 1")
    assert dropped(again) == 15


def test_a_copy_of_a_part_counts_no_drop_that_came_before(tmp_path: Path) -> None:
    whole = recording(tmp_path / "whole.gvtrace")
    part = make_cut(whole, tmp_path / "a.gvtrace", from_ns=TIME_NS + 5 * SECOND)
    trace = Trace.open(part)
    convert(Selection(trace), tmp_path / "b.gvtrace")
    trace.close()
    assert dropped(tmp_path / "b.gvtrace") == dropped(part) == 15
    # Its index can be made again.
    for suffix in (".index", ".strings"):
        (tmp_path / f"b.gvtrace{suffix}").unlink()
    assert dropped(tmp_path / "b.gvtrace") == 15


def test_bookmarks_go_along(tmp_path: Path) -> None:
    whole = recording(tmp_path / "whole.gvtrace")
    trace = Trace.open(whole)
    bookmarks = Bookmarks(trace)
    for row in range(trace.end_row):
        bookmarks.set(row, f"row {row}")
    convert(Selection(trace), tmp_path / "copy.gvtrace")
    made = cut(Selection(trace), tmp_path / "part.gvtrace", from_ns=TIME_NS + 5 * SECOND)
    assert made.lost_bookmarks == 0
    notes = {
        (row.kind, row.conn, row.recv_ns, row.length): bookmarks.note(number)
        for number in range(trace.end_row)
        for row in [trace.row(number)]
    }
    trace.close()
    merged = make_merge(tmp_path / "merged.gvtrace", whole, tmp_path / "part.gvtrace")
    for path, least in ((tmp_path / "copy.gvtrace", 36), (tmp_path / "part.gvtrace", 15)):
        copy = Trace.open(path)
        kept = list(Bookmarks(copy))
        assert len(kept) >= least
        for each in kept:
            found = copy.row(each.row)
            if found.kind in (Kind.MESSAGE, Kind.DROP, Kind.CLOSED):
                key = (found.kind, found.conn, found.recv_ns, found.length)
                assert notes[key] == each.note
        copy.close()
    both = Trace.open(merged)
    assert {each.conn for each in Bookmarks(both)} == {0, 1, 2, 3, 4}
    both.close()


def test_what_a_flight_recorder_let_go_is_told_in_a_copy(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "ring", keep_bytes=1 << 16, segment_bytes=1 << 13)
    writer.opened(1, TIME_NS, {"peer_pid": 101, "container_id": CONTAINER})
    writer.message(1, TIME_NS, start_message())
    for step in range(2000):
        writer.message(1, TIME_NS + step, read_message(fd=step, dropped=step))
    writer.close()
    trace = Trace.open(tmp_path / "ring")
    assert trace.first_row > 0
    convert(Selection(trace), tmp_path / "copy.gvtrace")
    cut(Selection(trace), tmp_path / "part.gvtrace", from_ns=TIME_NS + 1999)
    drops = trace.connections.dropped
    trace.close()
    for name in ("copy", "part"):
        copy = Trace.open(tmp_path / f"{name}.gvtrace")
        assert copy.connections[1].peer_pid == 101
        if name == "copy":
            assert copy.connections.dropped == drops == 1999
        else:
            assert copy.connections.dropped == 1
        copy.close()


def test_a_name_of_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="gvtrace"):
        make_cut(recording(tmp_path / "whole.gvtrace"), tmp_path / "a.jsonl")
    assert not (tmp_path / "a.jsonl").exists()


EVENTS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from(["message", "message", "message", "exit", "close"]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=15, deadline=None)
@given(EVENTS, st.integers(0, 40), st.sampled_from(["", "fd.num = 1"]))
def test_no_recording_loses_a_drop_when_it_is_cut_in_two_and_merged(
    tmp_path_factory: pytest.TempPathFactory,
    events: list[tuple[int, str, int]],
    border: int,
    filter_text: str,
) -> None:
    folder = tmp_path_factory.mktemp("halves")
    writer = TraceWriter(folder / "a.gvtrace")
    number, names, drops = 0, dict[int, int](), dict[int, int]()
    for step, (who, what, more) in enumerate(events):
        now = TIME_NS + step
        if who not in names:
            number += 1
            names[who], drops[who] = number, 0
            writer.opened(number, now, {"peer_pid": who})
        drops[who] += more
        if what == "close":
            writer.closed(names.pop(who), now, {})
        elif what == "exit":
            writer.message(names[who], now, exit_message())
        else:
            writer.message(names[who], now, read_message(fd=more, dropped=drops[who]))
    writer.close()
    when = TIME_NS + border
    parts = []
    for name, limits in (("b", {"to_ns": when}), ("c", {"from_ns": when})):
        try:
            parts.append(make_cut(writer.path, folder / f"{name}.gvtrace", filter_text, **limits))
        except CutError:
            continue
    assert sum(map(dropped, parts)) == dropped(writer.path)
    if not filter_text:
        assert [each for part in parts for each in payloads(part)] == payloads(writer.path)
    if len(parts) == 2:
        merged = make_merge(folder / "d.gvtrace", *parts)
        assert dropped(merged) == dropped(writer.path)
        assert payloads(merged) == [each for part in parts for each in payloads(part)]


@pytest.mark.parametrize("place", [0, 1])
def test_a_part_tells_what_was_let_go_of_its_time(tmp_path: Path, place: int) -> None:
    source = thinned_folder(tmp_path / "live")
    told = thinned(source)
    border = (told[place].from_ns + told[place].to_ns) // 2
    for number, (from_ns, to_ns) in enumerate(((0, border), (border, 0), (told[-1].to_ns + 1, 0))):
        part = make_cut(source, tmp_path / f"{number}.gvtrace", from_ns=from_ns, to_ns=to_ns)
        copied = [each.copied(from_ns=from_ns, to_ns=to_ns) for each in told]
        expected = [each for each in copied if each is not None]
        assert len(expected) == (place + 1, len(told) - place, 0)[number]
        assert sum(each.is_at_most for each in expected) == (1, 1, 0)[number]
        assert thinned(part) == expected
        assert [each for each in marks(part) if isinstance(each, ThinnedMark)] == expected
