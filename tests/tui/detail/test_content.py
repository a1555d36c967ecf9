from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from gvtui.trace.reader import Trace
from gvtui.tui.detail.content import NO_FIELD, Content, grounds, pair_words
from gvtui.tui.kit.cells import width_of
from gvtui.tui.kit.times import span_text
from gvtui.wire.pb import common_pb2
from tests.query.processes.box import Box
from tests.trace.recorder import Recorder
from tests.tui.fake import FakeViewer
from tests.tui.stream.test_pane import HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.tui.model.model import Model

WIDE = 160


def model_of(trace: str | Recorder, row: int | None) -> Model:
    given = trace if isinstance(trace, str) else Trace.open(trace.path)
    model = FakeViewer(trace=given).model
    model.cursor = row
    return model


def content_of(
    trace: str | Recorder, row: int | None, width: int = WIDE, *, shows_bytes: bool = False
) -> Content:
    return Content(model_of(trace, row), width, shows_bytes=shows_bytes)


def heading(content: Content) -> str:
    return "".join(text for text, _ in content.heading)


def words(content: Content) -> str:
    """All lines as a text."""
    return "\n".join(
        "".join(text for (parts, _), _ in content.columns(place) for text, _ in parts)
        for place in range(content.height)
    )


def test_all_times_are_in_the_zone_of_the_list() -> None:
    model = model_of("compile-2024", 402)
    model.zone = ZoneInfo("Asia/Tokyo")
    text = words(Content(model, WIDE, shows_bytes=False))
    assert "2026-11-24 02:37:16.713806332" in text
    assert "2026-11-23" not in text


def test_every_field_is_there_decoded_and_raw() -> None:
    content = content_of("compile-2024", 402)
    assert heading(content).startswith(" syscall/openat/enter   row 402")
    text = words(content)
    assert '"/usr/local/include/bits/floatn.h"' in text
    assert "O_RDONLY|O_NOCTTY   256" in text
    assert "AT_FDCWD   -100" in text
    assert "2026-11-23 17:37:16.713806332" in text
    assert content.data == []


def test_without_a_row_there_is_nothing_to_say() -> None:
    content = content_of("compile-2024", None)
    assert heading(content) == " Details   of the selected row"
    assert (content.height, content.views, content.data) == (0, [], [])


def test_a_row_that_is_gone_is_told() -> None:
    content = content_of("compile-2024", 10**9)
    assert heading(content) == " Row 1,000,000,000 is gone"
    assert content.height == 0


def test_long_values_are_wrapped_not_cut(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1, path="/a" * 150)
    content = content_of(recorder, 1, 80)
    assert "/a" * 150 in "".join(line.strip() for line in words(content).splitlines())


@pytest.mark.parametrize("width", [12, 40, 79, 80, 139, 140, 300])
def test_every_field_has_lines_and_every_line_its_field(width: int) -> None:
    content = content_of("compile-2024", 402, width)
    for place in range(content.height):
        assert sum(cells for _, cells in content.columns(place)) == width
        for (parts, _), cells in content.columns(place):
            # Where there is no room for a value at all, its first cell sticks out.
            assert sum(width_of(text) for text, _ in parts) <= max(cells, 24)
    for owner in range(len(content.views)):
        places = content.places_of(owner)
        assert places
        for place in places:
            columns = content.columns(place)
            x = 0 if columns[0][0][1] == owner else width - 1
            assert content.owner_at(x, place) == owner
    assert content.owner_at(0, -1) == content.owner_at(0, content.height) == NO_FIELD


def test_the_exec_session_of_the_process_is_there_with_terminal_and_audit_id(
    tmp_path: Path,
) -> None:
    box = Box(tmp_path / "a.gvtrace")
    session = box.context(7, is_exec_session=True)
    environment = ["KUBERNETES_EXEC_AUDIT_ID=abc\x1b-1"]
    stdin = common_pb2.FdInfo(mode=0o20600, path="host:[7]")
    box.executed(session, "/bin/sh", env=environment, stdin=stdin)
    box.read(box.context(8, is_exec_session=True, parent_thread_group_id=7))
    box.read(box.context(1))
    box.writer.close()
    model = FakeViewer(trace=Trace.open(box.path)).model
    model.cursor = model.trace.end_row - 1
    assert "exec session" not in words(Content(model, WIDE, shows_bytes=False))
    model.cursor = next(row for row in range(model.trace.end_row) if model.trace.row(row).pid == 8)
    assert ("7 sh, tty", "abc\\x1b-1") in grounds(model, WIDE, shows_bytes=False)
    for width in (WIDE, 80):
        text = " ".join(words(Content(model, width, shows_bytes=False)).split())
        assert "exec session 7 sh, tty" in text
        assert "audit ID abc\\x1b-1 from the environment: a program can forge it" in text


def test_bytes_are_those_of_the_message() -> None:
    model = model_of("compile-2024", 402)
    assert Content(model, WIDE, shows_bytes=True).data == [model.trace.payload(402)]


def test_a_message_that_cannot_be_read_shows_why_and_its_bytes(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    broken = b"\x08\x00\x07\x00\x00\x00\x00\x00\xff\xff"
    unknown = b"\x08\x00\xe7\x03\x00\x00\x00\x00\x08\x01"
    for payload in (broken, unknown):
        recorder.writer.message(1, recorder.now, payload)
    recorder.writer.flush()
    content = content_of(recorder, 1)
    assert "This message cannot be read: the payload is no valid Open message" in words(content)
    assert content.data == [broken]
    content = content_of(recorder, 2)
    assert "Message type 999 is not known" in words(content)
    assert content.data == [unknown]
    assert content.views == []


def test_rows_that_are_no_messages_say_what_they_are(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1)
    content = content_of(recorder, 0)
    assert "connected (by pid 4242)" in heading(content)
    assert "peer_uid" in words(content)
    assert content.views == []


def test_what_the_heading_has_no_room_for_is_told_below_it() -> None:
    model = model_of("shell-2024", None)
    model.cursor = model.trace.end_row - 1
    rule = model.texts[model.cursor].rule
    assert rule.endswith(" disconnected")
    roomy, narrow = (
        Content(model, width, shows_bytes=False) for width in (len(rule) + 1, len(rule))
    )
    assert [each.entries[0][1].split()[0] for each in (roomy, narrow)] == ["received", "in"]
    assert rule in narrow.entries[0][1]


def test_the_other_side_of_a_call_is_named() -> None:
    model = model_of("compile-2024", 402)
    pairs = model.analysis.pairs
    leave, took = pairs.partner(402), pairs.duration_ns(402)
    assert leave is not None
    assert took is not None
    assert pair_words(model, 402) == f"   exit: row {leave}, {span_text(took)}"
    assert pair_words(model, leave) == f"   enter: row 402, {span_text(-took)}"
    assert pair_words(model, None) == pair_words(model, 0) == pair_words(model, 10**9) == ""
    assert pair_words(model, 402) in heading(Content(model, WIDE, shows_bytes=False))


def test_a_whole_call_shows_both_sides_and_what_differs(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(path="/etc/passwd")
    recorder.add(path="/etc/shadow", result=3)
    recorder.add(path="/same")
    recorder.add(path="/same", errno=2)
    recorder.add(path="/running")
    model = model_of(recorder, 1)
    model.whole_calls = True
    content = Content(model, 200, shows_bytes=True)
    head, text = heading(content), words(content)
    assert "syscall/openat   ⚠ enter and exit differ: pathname   rows 1 and 2" in head
    assert "took 1 ms" in head
    assert '⚠→pathname                   "/etc/passwd"' in text
    assert '⚠←pathname                   "/etc/shadow"' in text
    assert text.count(" sysno ") == 1
    assert "exit.result" in text
    assert text.count("←time_ns") == text.count("→time_ns") == 1
    assert content.data == [model.trace.payload(1), model.trace.payload(2)]
    model.cursor = 3
    text = words(Content(model, 200, shows_bytes=False))
    assert "⚠" not in text
    assert "ENOENT" in text
    model.cursor = 5
    assert "syscall/openat/enter   row 5" in heading(Content(model, 200, shows_bytes=False))


def test_the_grounds_change_with_what_the_content_says(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1)
    viewer = FakeViewer(trace=Trace.open(recorder.path))
    model = viewer.model
    model.following, model.cursor = False, 1
    seen = [grounds(model, 80, shows_bytes=False)]
    assert grounds(model, 80, shows_bytes=False) == seen[0]
    seen.append(grounds(model, 81, shows_bytes=False))
    seen.append(grounds(model, 80, shows_bytes=True))
    assert "still running" in pair_words(model, 1)
    recorder.add(1, result=3)
    viewer.catch_up()
    seen.append(grounds(model, 80, shows_bytes=False))
    assert pair_words(model, 1) == "   exit: row 2, +1 ms"
    model.whole_calls = True
    seen.append(grounds(model, 80, shows_bytes=False))
    assert {each[0] for each in seen} == {seen[0][0]}
    model.cursor = 2
    seen.append(grounds(model, 80, shows_bytes=False))
    assert len(set(seen)) == len(seen)
    assert seen[-1][0] != seen[0][0]


@pytest.mark.parametrize("width", [20, 100, 200])
def test_nothing_hostile_reaches_the_screen(tmp_path: Path, width: int) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1, path=HOSTILE, process=HOSTILE, container=HOSTILE)
    content = content_of(recorder, 1, width)
    assert (heading(content) + words(content)).replace("\n", "").isprintable()
