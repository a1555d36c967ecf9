"""Copying out of the real program, in tmux: what its clipboard holds then."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.commands import gvtui
from tests.e2e.containers import wait_until
from tests.e2e.test_terminal import GVTUI, Terminal
from tests.trace.factory import TRACES

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("tmux")]

REPLAY = f"{GVTUI} replay {TRACES / 'shell-2024.trace'}"


@pytest.fixture
def opened() -> Iterator[list[Terminal]]:
    terminals: list[Terminal] = []
    yield terminals
    for terminal in terminals:
        terminal.close()


def viewer(opened: list[Terminal], columns: int = 80, lines: int = 24) -> Terminal:
    terminal = Terminal(REPLAY, columns, lines)
    opened.append(terminal)
    terminal.wait_for("2,171 rows")
    return terminal


def to_row_3(terminal: Terminal) -> None:
    for row_id in (1, 2, 3):
        terminal.keys("Down")
        terminal.wait_for(rf"‖ row {row_id}\b")


@pytest.mark.parametrize("option", ["on", "external"])
def test_what_is_copied_is_in_tmux(opened: list[Terminal], option: str) -> None:
    """With `on`, tmux takes OSC 52; with `external` it throws that away, and is given the text."""
    terminal = viewer(opened)
    terminal.tmux("set-option", "-s", "set-clipboard", option)
    to_row_3(terminal)
    terminal.keys("y")
    terminal.wait_for(rf"Copied row 3 through {'the' if option == 'on' else 'tmux'}")
    assert wait_until(lambda: "brk(NULL) = 0x55b0c7d62000" in terminal.copied)
    assert terminal.copied.count("\n") == 0


def test_the_list_copies_what_is_picked(opened: list[Terminal], tmp_path: Path) -> None:
    terminal = viewer(opened)
    terminal.tmux("set-option", "-s", "set-clipboard", "on")
    to_row_3(terminal)
    # `print` tells all rows.
    terminal.keys("Z")
    terminal.wait_for("Raw rows are shown beside")
    terminal.keys("Y")
    terminal.wait_for("All rows shown, to a file +2,171 rows")
    terminal.keys("Down", "Down", "Enter")
    terminal.wait_for("as JSON through the")
    assert wait_until(lambda: "sysno/12/exit" in terminal.copied)
    assert json.loads(terminal.copied)["process"] == "bash"
    terminal.keys("Y")
    terminal.wait_for("All rows shown, to a file +2,171 rows")
    terminal.keys("End")
    terminal.keys("Enter")
    terminal.wait_for("write the rows shown to")
    out = tmp_path / "all.txt"
    terminal.keys("C-u")
    terminal.wait_for("write the rows shown to .gvtrace")
    terminal.keys(str(out), "Enter")
    terminal.wait_for(r"Wrote [0-9,]+")
    printed, _ = gvtui("print", TRACES / "shell-2024.trace")
    assert out.read_text() == printed


def test_a_program_of_the_users_has_the_text(
    opened: list[Terminal], tmp_path: Path, own_home: Path
) -> None:
    program = tmp_path / "my copy"
    program.write_text('#!/bin/sh\ncat > "$1"\n')
    program.chmod(0o755)
    out = tmp_path / "copied"
    config = own_home / "config" / "gvtui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"copy-command = {json.dumps([str(program), str(out)])}\n")
    terminal = viewer(opened)
    to_row_3(terminal)
    terminal.keys("y")
    terminal.wait_for("Copied row 3 through")
    assert "brk(NULL) = 0x55b0c7d62000" in out.read_text()
    program.write_text("#!/bin/sh\necho no display >&2; exit 3\n")
    terminal.keys("y")
    terminal.wait_for("Not copied")


def test_what_is_pasted_into_a_shell_runs_nothing(opened: list[Terminal], tmp_path: Path) -> None:
    """The command line of a process, with a line break and control characters in an argument."""
    from gvtui.wire.header import build_message
    from gvtui.wire.pb import sentry_pb2
    from tests.trace.recorder import Recorder

    ran = tmp_path / "ran"
    argument = f"a\n\x15touch {ran}\n\x03"
    message = sentry_pb2.ExecveInfo(argv=["printf", "%s", argument], binary_path="/bin/printf")
    message.context_data.thread_id = message.context_data.thread_group_id = 5
    message.context_data.container_id = "c0ffee"
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.writer.message(1, recorder.now, build_message(3, message.SerializeToString()))
    recorder.writer.flush()

    terminal = Terminal(f"{GVTUI} replay {recorder.path}", 80, 24)
    opened.append(terminal)
    terminal.wait_for("2 rows")
    terminal.tmux("set-option", "-s", "set-clipboard", "on")
    terminal.keys("End")
    terminal.wait_for("row 1")
    terminal.tmux("send-keys", "-l", ":")
    terminal.keys("copy.as command", "Enter")
    terminal.wait_for("Copied the command line")
    assert wait_until(lambda: "printf" in terminal.copied)
    shell = uuid.uuid4().hex
    terminal.tmux("new-window", "-n", shell, "bash --norc --noediting")
    terminal.tmux("paste-buffer", "-t", shell)
    terminal.wait_for("printf %s")
    terminal.keys(f" > {tmp_path / 'out'}", "Enter")
    assert wait_until(lambda: (tmp_path / "out").exists() and (tmp_path / "out").read_text() != "")
    assert (tmp_path / "out").read_text() == argument
    assert not ran.exists()
