from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

from gvtui.export.convert import convert
from gvtui.export.info import info_document, info_text, is_sound
from gvtui.export.repairing import repair
from gvtui.export.selection import Selection
from gvtui.query.activity.letgo import let_go_before
from gvtui.trace.losses import FULL
from gvtui.trace.marks import LostMark
from gvtui.trace.reader import Trace
from gvtui.trace.summary import Reception
from gvtui.trace.survey import survey
from gvtui.trace.writer import TraceWriter
from tests.export.parts import make_cut, make_merge, recording, thinned, thinned_folder, worn_folder
from tests.trace.factory import TIME_NS, read_message
from tests.trace.test_survey import recorded


def said(path: Path) -> tuple[dict[str, str], list[str], bool]:
    """The facts by their headings, the lines of connections, and whether all is well."""
    trace = Trace.open(path)
    try:
        found = survey(trace)
        lines = list(info_text(trace, found))
        sound = is_sound(trace, found)
        document = json.loads(json.dumps(info_document(trace, found)))
    finally:
        trace.close()
    assert document["sound"] == sound
    end = lines.index("") if "" in lines else len(lines)
    facts = {line[:12].strip(): line[12:] for line in lines[1:end]}
    return facts, lines[end + 1 :], sound


def test_a_sound_recording(tmp_path: Path) -> None:
    facts, connections, sound = said(recorded(tmp_path / "a.gvtrace", Reception(70)))
    assert sound
    assert facts["damage"] == "none"
    assert (facts["received"], facts["logged"], facts["indexed"]) == ("70", "70", "70")
    assert facts["closed"] == "1 of 1 segment"
    size = sum(len(read_message(fd=fd, dropped=2)) for fd in range(70))
    assert connections[1].split() == ["1", "70", f"{size:,}", "2", "c1"]


def test_what_was_lost_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    writer.reception = Reception(9, 5, {"rate": 3})
    writer.message(1, TIME_NS, read_message())
    writer.mark(TIME_NS, LostMark(5, TIME_NS, TIME_NS, FULL).details())
    writer.close()
    facts, _, sound = said(path)
    assert not sound
    assert facts["refused"] == "3 by limits: rate 3"
    assert facts["lost"] == "5"
    assert facts[""].startswith("5 messages were lost while the disk was full at ")
    assert "ALARM" not in facts


def test_a_difference_is_an_alarm(tmp_path: Path) -> None:
    facts, _, sound = said(recorded(tmp_path / "a.gvtrace", Reception(71)))
    assert not sound
    assert facts["ALARM"] == "1 message fewer than were received"


def test_a_damaged_byte_is_told(tmp_path: Path) -> None:
    path = recorded(tmp_path / "a.gvtrace", None)
    trace = Trace.open(path)
    offset = trace.row(9).offset
    trace.close()
    log = bytearray(path.read_bytes())
    log[offset + 3] ^= 1
    path.write_bytes(log)
    facts, _, sound = said(path)
    assert not sound
    assert facts["damage"] == f"1 message damaged at offset {offset}"


def test_a_copy_tells_what_was_let_go_as_the_flight_recorder_does(tmp_path: Path) -> None:
    source = thinned_folder(tmp_path / "live")
    messages = sum(each.counts.total().messages for each in thinned(source))
    facts, of_source, _ = said(source)
    assert facts[""].startswith(f"{messages:,} of those let go came since then")
    facts, of_copy, _ = said(make_cut(source, tmp_path / "a.gvtrace"))
    words = "by the flight recorder that this is a copy of: their sandboxes held too much"
    assert facts["let go"] == f"{messages:,} {words}"
    whole = [line.partition(", whole after ")[2] for line in of_source if "whole after" in line]
    assert [
        each.partition(", whole after ")[2] for each in of_copy if "whole after" in each
    ] == whole
    first = thinned(source)[0]
    facts, _, _ = said(make_cut(source, tmp_path / "b.gvtrace", to_ns=first.to_ns))
    assert facts["let go"] == f"at most {first.counts.total().messages:,} {words}"


def test_a_folder_that_is_shown_in_part_tells_the_most_that_was_let_go_as_a_copy_does(
    tmp_path: Path,
) -> None:
    with closing(Trace.open(thinned_folder(tmp_path / "live"))) as trace:
        first = trace.thinned[0]
        middle = trace.row_at_time((first.from_ns + first.to_ns) // 2)
        trace.go_back(middle)
        trace.refresh()
        lines = list(info_text(trace, survey(trace)))
    count = first.counts.total().messages
    words = f"at most {count:,} of those let go came since then: their sandboxes held too much"
    assert f"{'':12}{words}" in lines


def make_convert(source: Path, out: Path) -> Path:
    with closing(Trace.open(source)) as trace:
        convert(Selection(trace), out)
    return out


def test_copies_tell_what_came_before_the_oldest_row(tmp_path: Path) -> None:
    source = worn_folder(tmp_path / "live")
    with closing(Trace.open(source)) as trace:
        first_ns = trace.row(trace.first_row).recv_ns
        gone = survey(trace).accounting.let_go
        gone -= sum(each.counts.total().messages for each in trace.thinned)
        assert trace.told_before == []
        assert list(let_go_before(trace)) == []
    assert gone > 0
    other = recording(tmp_path / "other.gvtrace")
    cut = make_cut(source, tmp_path / "cut.gvtrace")
    repair(source, tmp_path / "repaired.gvtrace")
    copies = [
        cut,
        make_convert(source, tmp_path / "converted.gvtrace"),
        tmp_path / "repaired.gvtrace",
        make_merge(tmp_path / "merged.gvtrace", other, source),
        make_merge(tmp_path / "again.gvtrace", other, cut),
        # In both it is the same.
        make_merge(tmp_path / "twice.gvtrace", source, cut),
        make_cut(cut, tmp_path / "further.gvtrace", to_ns=first_ns + 1000_000),
    ]
    words = "before the oldest row of the flight recorder that this is a copy of"
    for copy in copies:
        with closing(Trace.open(copy)) as trace:
            lines = list(info_text(trace, survey(trace)))
            assert f"{'':12}{gone:,} {words}" in lines, copy
            document = info_document(trace, survey(trace))
            assert document["let_go_before_copied"] == {"messages": gone, "at_most": False}
            (told,) = let_go_before(trace)
            assert (told.count, told.text) == (gone, f"{gone:,} messages were let go {words}")
    later = make_cut(source, tmp_path / "later.gvtrace", from_ns=first_ns + 1)
    with closing(Trace.open(later)) as trace:
        assert trace.told_before == []
    earlier = make_cut(source, tmp_path / "earlier.gvtrace", from_ns=first_ns - 9)
    assert f"at most {gone:,} {words}" in "\n".join(said(earlier)[0].values())


def test_two_parts_of_a_folder_that_are_merged_tell_once_what_was_let_go(tmp_path: Path) -> None:
    source = thinned_folder(tmp_path / "live")
    messages = sum(each.counts.total().messages for each in thinned(source))
    # In the midst of what one mark tells of.
    middle = (thinned(source)[2].from_ns + thinned(source)[2].to_ns) // 2
    first = make_cut(source, tmp_path / "a.gvtrace", to_ns=middle)
    second = make_cut(source, tmp_path / "b.gvtrace", from_ns=middle)
    facts, lines, _ = said(make_merge(tmp_path / "c.gvtrace", first, second))
    assert facts["let go"].startswith(f"at most {messages:,} by the flight recorder")
    assert sum(", whole after " in line for line in lines) == 2
