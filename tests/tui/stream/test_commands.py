from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction
from gvtui.tui.stream.columns import FIXED, TimeMode, field_column
from gvtui.tui.stream.commands import Going, Rows
from tests.trace.recorder import TRACES, Recorder
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from pathlib import Path


def test_following_pauses_and_goes_on_and_so_does_a_replay() -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    clock = ReplayClock(trace, 1)
    viewer = FakeViewer(Going, trace=trace, replay=clock)
    assert viewer.model.following
    viewer.commands.execute("stream.follow")
    assert not clock.is_playing
    viewer.commands.execute("stream.follow")
    assert clock.is_playing
    whole = FakeViewer(Going)
    whole.commands.execute("stream.follow")
    assert whole.model.following
    whole.commands.execute("stream.follow")
    assert not whole.model.following


@pytest.mark.parametrize(("place", "row"), [("#402", 402), ("+0", 1), ("1,204", 1204)])
def test_a_place_is_asked_for_and_gone_to(place: str, row: int) -> None:
    viewer = FakeViewer(Going)
    viewer.commands.execute("stream.goto")
    assert viewer.type(place) is None
    assert viewer.model.cursor == row


def test_what_is_no_place_is_said_and_nothing_leaves_the_reader_there() -> None:
    viewer = FakeViewer(Going)
    viewer.commands.execute("stream.goto")
    problem = viewer.type("nowhere")
    assert problem is not None
    assert "neither a time nor a row" in problem.message
    assert viewer.type(" ") is None
    assert viewer.model.cursor == 0


def test_times_are_counted_three_ways_in_turn() -> None:
    viewer = FakeViewer(Rows)
    look = viewer.feature(Rows).look
    seen = []
    for _ in range(4):
        seen.append(look.time_mode)
        viewer.commands.execute("stream.time")
    assert seen == [*TimeMode, TimeMode.CLOCK]
    assert viewer.drawn == 4


def test_columns_are_switched_in_a_list_that_stays() -> None:
    viewer = FakeViewer(Rows)
    rows = viewer.feature(Rows)
    rows.add_column(field_column("evt.arg.flags"))
    viewer.commands.execute("stream.columns")
    assert viewer.choice is not None
    keys = [entry.key for entry in viewer.choice.entries]
    assert not FIXED & set(keys)
    assert "evt.arg.flags" in keys
    viewer.pick("process")
    assert rows.look.hidden == {"process"}
    assert viewer.choice.switched is not None
    assert viewer.choice.switched("process").startswith("● process")
    assert rows.look.hidden == frozenset()


def test_a_column_is_added_once_and_removed() -> None:
    viewer = FakeViewer(Rows)
    rows = viewer.feature(Rows)
    rows.look.hidden = frozenset({"evt.arg.flags"})
    rows.add_column(field_column("evt.arg.flags"))
    rows.add_column(field_column("evt.arg.flags"))
    assert [column.key for column in rows.look.added] == ["evt.arg.flags"]
    assert not rows.look.hidden
    rows.remove_column("evt.arg.flags")
    assert rows.look.added == ()


def test_a_whole_call_is_selected_by_its_enter() -> None:
    viewer = FakeViewer(Rows, trace="compile-2024")
    model = viewer.model
    while model.refresh(1.0):
        pass
    pairs = model.analysis.pairs
    exit_ = next(
        row
        for row in range(400, model.trace.end_row)
        if model.trace.row(row).direction == Direction.EXIT and pairs.partner(row) is not None
    )
    viewer.jump(exit_)
    viewer.commands.execute("stream.calls")
    assert model.whole_calls
    assert model.cursor == pairs.partner(exit_)
    viewer.commands.execute("stream.calls")
    assert not model.whole_calls


def test_calls_that_cannot_be_paired_are_said(tmp_path: Path) -> None:
    from gvtui.wire.header import build_message
    from gvtui.wire.pb import syscall_pb2

    recorder = Recorder(tmp_path / "a.gvtrace")
    message = syscall_pb2.Open(sysno=257, fd=-100, pathname="/etc/passwd")
    for _ in range(2):
        recorder.writer.message(1, recorder.now, build_message(7, message.SerializeToString(), 0))
    recorder.writer.flush()
    viewer = FakeViewer(Rows, trace=Trace.open(recorder.path))
    viewer.commands.execute("stream.calls")
    assert "Calls without thread_id cannot be paired" in viewer.said


def test_digests_are_shown_in_the_rows_of_programs_and_hidden_again() -> None:
    trace = Trace.open(TRACES.parent / "newest" / "investigation.gvtrace")
    viewer = FakeViewer(Rows, trace=trace)
    texts, row = viewer.model.texts, 26
    assert "3d9f2889" not in texts[row].arguments
    viewer.commands.execute("stream.digests")
    assert texts[row].arguments.startswith("sha256=3d9f2889")
    assert "/tmp/evil2" in texts[row].arguments
    viewer.commands.execute("stream.digests")
    assert "sha256" not in texts[row].arguments
