from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest

from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction, Kind
from gvtui.tui.copy.texts import Piece, command_line, filter_in_force, printed
from gvtui.wire.header import build_message
from gvtui.wire.pb import container_pb2, sentry_pb2
from tests.trace.recorder import TRACES, Recorder
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.tui.model.model import Model


def shell() -> Model:
    return FakeViewer().model


def named(model: Model, name: str, direction: Direction = Direction.ENTER) -> int:
    """The first row of a call."""
    return next(
        row_id
        for row_id in range(model.trace.end_row)
        if model.trace.string(model.trace.row(row_id).point).startswith(f"syscall/{name}")
        and model.trace.row(row_id).direction == direction
    )


def test_the_text_is_what_gvisors_server_prints() -> None:
    model = shell()
    lines = (TRACES / "shell-2024.txt").read_text().splitlines()
    messages = [n for n in range(model.trace.end_row) if model.trace.row(n).kind == Kind.MESSAGE]
    for row_id in messages[:200]:
        piece = printed(model, row_id, "text")
        assert piece.text in lines
        assert piece.may_be_cut
    assert printed(model, messages[0], "text").what == f"row {messages[0]:,} as text"


def test_json_is_an_object_in_ascii() -> None:
    model = shell()
    row_id = named(model, "openat")
    piece = printed(model, row_id, "json")
    assert json.loads(piece.text)["point"] == "syscall/openat/enter"
    assert piece.text.isascii()
    assert not piece.may_be_cut


@pytest.mark.parametrize("direction", [Direction.ENTER, Direction.EXIT])
def test_both_sides_of_a_call_give_its_strace_line(direction: Direction) -> None:
    model = shell()
    enter = named(model, "openat")
    other = model.analysis.pairs.partner(enter)
    assert other is not None
    row_id = enter if direction == Direction.ENTER else other
    piece = printed(model, row_id, "strace")
    assert "openat(AT_FDCWD, " in piece.text
    assert " = " in piece.text
    assert piece.what == f"row {row_id:,} as strace writes it"


def test_a_call_that_may_yet_be_paired_is_not_called_unfinished() -> None:
    viewer = FakeViewer()
    viewer.model.trace.close()
    viewer.model.replace_trace(Trace.open(TRACES / "shell-2024.trace"))
    model = viewer.model
    row_id = named(model, "openat")
    piece = printed(model, row_id, "strace")
    assert piece.problem == "the calls are still being paired up to this row"
    assert not piece.text
    assert command_line(model, row_id).problem == "it is not known yet which process that is"
    viewer.catch_up()
    assert command_line(model, row_id).text
    assert printed(model, row_id, "strace").text


def test_what_no_format_has_a_line_for_is_told(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.writer.flush()
    viewer = FakeViewer(trace=Trace.open(recorder.path))
    assert printed(viewer.model, 0, "text").text == "Connection accepted"
    assert printed(viewer.model, 0, "strace").problem == "it is no message of a sandbox"


def test_hostile_text_stays_one_harmless_line(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    path = "/a\nrm -rf /\x1b[2J\x7f\u202e"
    recorder.add(1, path, process="evil\r\x15", container="c\n")
    viewer = FakeViewer(trace=Trace.open(recorder.path))
    for style in ("text", "json", "strace"):
        piece = printed(viewer.model, 1, style)
        assert piece.text
        assert piece.text.isprintable(), style
    told = json.loads(printed(viewer.model, 1, "json").text)
    assert told["fields"]["pathname"] == path


def test_the_command_line_is_that_of_the_rows_process() -> None:
    model = shell()
    lines = set()
    for row_id in range(model.trace.end_row):
        if model.trace.row(row_id).kind == Kind.MESSAGE:
            lines.add(command_line(model, row_id).text)
    assert "ls -la /usr" in lines
    assert any(line.startswith("/bin/bash -c 'cat /etc/hostname | ") for line in lines)
    for line in lines - {""}:
        assert shlex.join(shlex.split(line)) == line


LONG = ["sh", "-c", "x" * 9000, *map(str, range(600)), "a\nb"]


def executed(tmp_path: Path, message: sentry_pb2.ExecveInfo | container_pb2.Start) -> FakeViewer:
    """A process that begins with this message, then one that it forks."""
    number = 1 if isinstance(message, container_pb2.Start) else 3
    context = message.context_data
    context.container_id, context.process_name = "c0ffee", "sh"
    context.thread_id = context.thread_group_id = 5
    forked = sentry_pb2.CloneInfo(created_thread_id=6, created_thread_group_id=6)
    forked.context_data.CopyFrom(context)
    recorder = Recorder(tmp_path / "a.gvtrace")
    for kind, each in ((number, message), (2, forked)):
        recorder.writer.message(1, recorder.now, build_message(kind, each.SerializeToString()))
    recorder.add(1, pid=6)
    return FakeViewer(trace=Trace.open(recorder.path))


@pytest.mark.parametrize(
    "message", [sentry_pb2.ExecveInfo(argv=LONG), container_pb2.Start(args=LONG)]
)
def test_a_long_command_line_is_whole(
    tmp_path: Path, message: sentry_pb2.ExecveInfo | container_pb2.Start
) -> None:
    model = executed(tmp_path, message).model
    for row_id in (1, 3):
        piece = command_line(model, row_id)
        assert piece.text == f"{shlex.join(LONG[:-1])} $'a\\nb'"
        assert not piece.may_be_cut


def test_a_command_line_known_in_part_is_not_copied(tmp_path: Path) -> None:
    model = executed(tmp_path, sentry_pb2.ExecveInfo(argv=["x"])).model
    process = next(each for each in model.analysis.processes.tree if each.pid == 6)
    process.begin_with(LONG)
    piece = command_line(model, 3)
    assert piece.problem == "only the beginning of this command line is known"


def test_a_process_that_is_not_known_has_no_command_line() -> None:
    model = shell()
    mark = next(n for n in range(model.trace.end_row) if model.trace.row(n).kind != Kind.MESSAGE)
    assert command_line(model, mark).problem == "the process of this row is not known"


def test_the_filters_in_force_are_one() -> None:
    viewer = FakeViewer()
    assert filter_in_force(viewer.model) == Piece(
        "the filter in force", problem="no filter is in force"
    )
    viewer.model.chips.put("proc.name = bash")
    viewer.model.chips.put("evt.failed = true or\n\tevt.latency > 1ms")
    viewer.refilter()
    assert filter_in_force(viewer.model).text == (
        "proc.name = bash and (evt.failed = true or  evt.latency > 1ms)"
    )


def test_a_value_with_a_line_break_is_not_changed_on_the_way() -> None:
    viewer = FakeViewer()
    viewer.model.chips.put('proc.name = "a\nb"')
    assert filter_in_force(viewer.model).problem
    viewer.model.chips.suspended = True
    assert filter_in_force(viewer.model).problem == "no filter is in force"
