from pathlib import Path

from gvtui.query.compare.side import SidePlan, read_sides
from gvtui.query.compare.things import ThingKey
from gvtui.trace.reader import Trace
from tests.query.compare.sides import opens, recorded, sides_of
from tests.trace.factory import TIME_NS, write_trace


def test_a_side_tells_what_was_done_in_its_rows(tmp_path: Path) -> None:
    path = recorded(tmp_path / "a.gvtrace", opens("/a"), opens("/b", at_ns=TIME_NS + 10**9))
    [side] = sides_of(path)
    assert ThingKey("read", "/a", "") in side.things
    assert side.seconds == 1.000001
    assert (side.lost, side.holes) == (0, ())


def test_two_windows_of_one_trace_are_read_together(tmp_path: Path) -> None:
    path = recorded(tmp_path / "a.gvtrace", opens("/a"), opens("/b", at_ns=TIME_NS + 10**9))
    trace = Trace.open(path)
    middle = TIME_NS + 5 * 10**8
    windows = (f"evt.time < {middle}", f"evt.time >= {middle}")
    first, second = read_sides([SidePlan(trace, each, is_window=True) for each in windows])
    trace.close()
    reads = [{key.what for key in side.things if key.section == "read"} for side in (first, second)]
    assert reads == [{"/a"}, {"/b"}]


def test_a_filter_for_what_was_not_collected_is_a_hole(tmp_path: Path) -> None:
    known = recorded(tmp_path / "a.gvtrace", opens("/a"))
    [side] = sides_of(known, condition="proc.name = sh")
    assert side.holes == ()
    unknown = write_trace(tmp_path / "b.gvtrace", [(1, opens("/a", name=""))])
    [side] = sides_of(unknown, condition="proc.name = sh")
    assert side.holes == (
        "the filter cannot know proc.name: process_name is missing in all 2 messages",
    )


def test_points_that_were_dropped_are_counted(tmp_path: Path) -> None:
    [side] = sides_of(recorded(tmp_path / "a.gvtrace", opens("/a", dropped=3)))
    assert side.lost == 3
