from __future__ import annotations

import json
from pathlib import Path

from gvtui.export.info import info_document, info_text, is_sound
from gvtui.trace.losses import FULL
from gvtui.trace.marks import LostMark
from gvtui.trace.reader import Trace
from gvtui.trace.summary import Reception
from gvtui.trace.survey import survey
from gvtui.trace.writer import TraceWriter
from tests.export.parts import make_cut, thinned, thinned_folder
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
