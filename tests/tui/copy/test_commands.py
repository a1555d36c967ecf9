from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gvtui.config import Config, config_path
from gvtui.decode.fields import field_views
from gvtui.trace.reader import Trace
from gvtui.tui.copy.clipboard import TERMINAL_BYTES
from gvtui.tui.copy.commands import Copying
from gvtui.wire.header import build_message
from gvtui.wire.pb import sentry_pb2
from tests.trace.factory import context, write_trace
from tests.trace.recorder import Recorder
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_tmux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def at(row_id: int, **options: Any) -> FakeViewer:
    viewer = FakeViewer(Copying, **options)
    viewer.jump(row_id)
    return viewer


def with_program(tmp_path: Path, script: str) -> Config:
    program = tmp_path / "copy"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return replace(Config(config_path()), copy_command=(str(program), str(tmp_path / "out")))


def test_y_copies_the_row_as_a_line() -> None:
    viewer = at(3)
    assert viewer.commands.keys_of("copy.as line") == "y"
    viewer.commands.execute("copy.as line")
    (line,) = viewer.clipboard
    assert line == (
        "2026-11-23 17:36:47.388781  runsc-749074  pid 1  bash  X ← brk(NULL) = 0x55b0c7d62000"
        "  150 µs"
    )
    assert viewer.said == f"Copied row 3 through the terminal: {len(line)} characters."


@pytest.mark.parametrize(
    ("what", "begins"),
    [
        ("text", "X Syscall context_data { "),
        ("json", '{"row":3,"conn":1,"point":"syscall/sysno/12/exit"'),
        ("strace", "1     1795455407.388631 brk(NULL) = 0x55b0c7d62000"),
        ("command", "/bin/bash -c 'cat /etc/hostname | tr"),
    ],
)
def test_a_row_is_copied_in_other_forms(what: str, begins: str) -> None:
    viewer = at(3)
    viewer.commands.execute(f"copy.as {what}")
    assert viewer.clipboard[0].startswith(begins)
    assert "\n" not in viewer.clipboard[0]


def test_the_command_line_is_that_of_the_process_at_the_cursor_of_the_tree() -> None:
    viewer = at(3)
    tree = viewer.model.analysis.processes.tree
    process = next(each for each in tree if each.name == "tr")
    viewer.picked_process = (process, None)
    viewer.commands.execute("copy.as command")
    assert viewer.clipboard == ["tr a-z A-Z"]
    assert f"the command line of process {process.pid} through" in viewer.said
    viewer.commands.execute("copy.pick")
    assert viewer.choice is not None
    words = {entry.key: entry.words for entry in viewer.choice.entries}
    assert words["command"].endswith("  tr a-z A-Z")
    # As of the program's row, not of the newest.
    viewer.picked_process = (process, process.first_row)
    viewer.commands.execute("copy.as command")
    assert viewer.clipboard[1].startswith("/bin/bash -c ")
    # Without a row too, as where the filters leave none.
    viewer.model.cursor = None
    viewer.picked_process = (process, None)
    viewer.commands.execute("copy.as command")
    assert viewer.clipboard[2] == "tr a-z A-Z"


def test_the_list_shows_what_it_copies() -> None:
    viewer = at(3)
    viewer.commands.execute("copy.pick")
    assert viewer.choice is not None
    words = {entry.key: entry.words for entry in viewer.choice.entries}
    assert list(words) == ["line", "text", "json", "strace", "value", "command", "filter", "rows"]
    assert all(len(line) <= 70 for line in words.values()), "wider than the panel at 80 columns"
    off = [entry.key for entry in viewer.choice.entries if not entry.enabled]
    assert off == ["value", "filter"]
    assert words["value"].endswith("  the cursor is not in the details")
    assert words["rows"].endswith(" 1,735 rows")
    # What was listed is copied, wherever the cursor has gone meanwhile.
    viewer.jump(8)
    viewer.pick("json")
    assert json.loads(viewer.clipboard[0])["point"] == "syscall/sysno/12/exit"


def test_a_call_as_one_row_has_two_sides() -> None:
    viewer = at(2)
    viewer.commands.execute("copy.as other-json")
    assert viewer.told == [
        ("Nothing to copy: no call is shown as one row here.", "warning"),
    ]
    viewer.model.whole_calls = True
    viewer.refilter()
    viewer.commands.execute("copy.as other-json")
    viewer.commands.execute("copy.as other-text")
    viewer.commands.execute("copy.as json")
    assert json.loads(viewer.clipboard[0])["dir"] == "X"
    assert viewer.clipboard[1].startswith("X Syscall")
    assert json.loads(viewer.clipboard[2])["dir"] == "E"
    viewer.commands.execute("copy.as line")
    assert "brk(NULL) = 0x55b0c7d62000" in viewer.clipboard[3]


def test_the_value_is_that_of_the_details() -> None:
    viewer = at(3)
    views = field_views(viewer.model.trace.decoded(3), architecture="x86_64")
    viewer.picked_field = next(each for each in views if each.path == "context_data.process_name")
    viewer.commands.execute("copy.as value")
    assert viewer.clipboard == ["bash"]
    assert "the value of context_data.process_name" in viewer.said


def test_in_a_list_its_own_line_is_copied() -> None:
    viewer = at(3)
    viewer.focused_line = "110  bash\x1b  12 calls"
    viewer.commands.execute("copy.as line")
    assert viewer.clipboard == ["110  bash\\x1b  12 calls"]
    assert viewer.said.startswith("Copied this line through the terminal")
    viewer.commands.execute("copy.as strace")
    assert "brk(NULL)" in viewer.clipboard[1]


def test_the_filter_is_copied_and_told_when_there_is_none() -> None:
    viewer = at(3)
    viewer.commands.execute("copy.as filter")
    assert viewer.said == "Nothing to copy: no filter is in force."
    viewer.model.chips.put("proc.name = bash")
    viewer.commands.execute("copy.as filter")
    assert viewer.clipboard == ["proc.name = bash"]


def test_without_a_row_there_is_still_the_filter(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    Recorder(path).writer.close()
    viewer = FakeViewer(Copying, trace=Trace.open(path))
    viewer.model.cursor = None
    viewer.commands.execute("copy.as line")
    assert viewer.said == "Nothing to copy: no row is selected."
    viewer.commands.execute("copy.pick")
    assert viewer.choice is not None
    assert [entry.key for entry in viewer.choice.entries] == ["filter", "rows"]


def test_what_is_longer_than_a_terminal_takes_is_cut_and_told(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1, "/" + "x" * 100_000)
    viewer = at(1, trace=Trace.open(recorder.path))
    viewer.commands.execute("copy.as text")
    assert len(viewer.clipboard[0].encode()) == TERMINAL_BYTES
    assert "the first 74,994 of 100," in viewer.said
    viewer.told.clear()
    viewer.commands.execute("copy.as json")
    assert len(viewer.clipboard) == 1
    assert viewer.said.startswith("Not copied: row 1 as JSON has 100,")
    viewer.config = with_program(tmp_path, 'cat > "$1"')
    viewer.commands.execute("copy.as json")
    told = json.loads((tmp_path / "out").read_text())
    assert len(told["fields"]["pathname"]) == 100_001


def test_a_program_of_the_users_takes_its_place(tmp_path: Path) -> None:
    viewer = at(3, config=with_program(tmp_path, 'cat > "$1"'))
    viewer.commands.execute("copy.as strace")
    text = (tmp_path / "out").read_text()
    assert text.endswith("brk(NULL) = 0x55b0c7d62000")
    assert viewer.clipboard == []
    assert viewer.said.endswith(f": {len(text)} characters.")


def test_a_program_that_fails_is_told(tmp_path: Path) -> None:
    viewer = at(3, config=with_program(tmp_path, "echo no display >&2; exit 1"))
    viewer.commands.execute("copy.as line")
    (told,) = viewer.told
    assert told[0].startswith("Not copied: ")
    assert told[0].endswith("ended with code 1: no display.")
    assert told[1] == "error"


def test_in_a_tmux_that_cannot_be_asked_the_way_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "tmux-256color")
    viewer = at(3)
    viewer.commands.execute("copy.as line")
    assert viewer.said.endswith("In tmux this needs: tmux set -s set-clipboard on")


@pytest.mark.parametrize("suffix", ["txt", "jsonl", "strace", "gvtrace"])
def test_all_rows_shown_go_to_a_file(tmp_path: Path, suffix: str) -> None:
    viewer = at(3)
    viewer.model.chips.put("evt.type = openat")
    viewer.refilter()
    out = tmp_path / f"out.{suffix}"
    viewer.commands.execute("copy.pick")
    viewer.pick("rows")
    assert viewer.question is not None
    assert viewer.type(str(out)) is None
    assert viewer.said.startswith("Wrote ")
    assert viewer.said.endswith(f" to {out}")
    if suffix == "jsonl":
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        assert len(rows) == viewer.model.view.count
        assert {row["point"] for row in rows} <= {
            "syscall/openat/enter", "syscall/openat/exit", "syscall/sysno/257/enter",
            "syscall/sysno/257/exit",
        }  # fmt: skip
        assert f"Wrote {len(rows)} lines" in viewer.said
    if suffix == "gvtrace":
        kept = Trace.open(out)
        assert sum(1 for n in range(kept.end_row) if kept.row(n).sysno == 257) > 0
        kept.close()


def test_json_has_no_values_of_environment_variables(tmp_path: Path) -> None:
    program = sentry_pb2.ExecveInfo(
        context_data=context(), binary_path="/bin/sh", argv=["sh"], env=["TOKEN=swordfish-77"]
    )
    datagram = build_message(3, program.SerializeToString())
    trace = Trace.open(write_trace(tmp_path / "a.gvtrace", [(1, [datagram])]))
    viewer = at(1, trace=trace)
    viewer.commands.execute("copy.as json")
    out = tmp_path / "out.jsonl"
    viewer.commands.execute(f"copy.rows {out}")
    told = [json.loads(text) for text in (viewer.clipboard[0], out.read_text().splitlines()[1])]
    assert [each["fields"]["env"] for each in told] == [["TOKEN=[redacted]"]] * 2


def test_rows_that_come_later_are_not_written(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(5)
    viewer = FakeViewer(Copying, trace=Trace.open(recorder.path))
    recorder.add(5)
    viewer.commands.execute(f"copy.rows {tmp_path / 'out.jsonl'}")
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 6


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    viewer = at(3)
    (tmp_path / "there.txt").write_text("mine")
    viewer.commands.execute("copy.rows")
    for path, words in (
        ("a.doc", "its name must end with .gvtrace, .trace, .txt"),
        ("there.txt", "this file exists already; choose another name"),
        ("nowhere/a.txt", "there is no folder"),
    ):
        problem = viewer.type(str(tmp_path / path))
        assert problem is not None
        assert problem.message.startswith(words)
    viewer.commands.execute(f"copy.rows {tmp_path / 'there.txt'}")
    assert viewer.told == [("Not written: this file exists already; choose another name.", "error")]
    assert (tmp_path / "there.txt").read_text() == "mine"
    if os.geteuid():
        tmp_path.chmod(0o500)
        viewer.commands.execute(f"copy.rows {tmp_path / 'b.txt'}")
        assert "cannot write" in viewer.said


def test_where_no_row_is_shown_none_is_written() -> None:
    viewer = at(3)
    viewer.model.chips.put("proc.name = nobody")
    viewer.refilter()
    viewer.commands.execute("copy.rows /tmp/never.txt")
    assert viewer.said == "No rows to write: the stream shows none."
