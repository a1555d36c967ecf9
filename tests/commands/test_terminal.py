from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from gvtui.commands.terminal import (
    NoTerminalError,
    fit_encoding,
    need_terminal,
    say_progress,
    write_lines,
)
from gvtui.saying import say


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def pretend(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in place of all three streams."""
    made = Terminal()
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, made)
    monkeypatch.setenv("TERM", "xterm-256color")
    return made


def test_a_terminal_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    need_terminal("gvtui print")


def test_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(NoTerminalError, match="use: gvtui print"):
        need_terminal("gvtui print")


def test_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch)
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(NoTerminalError, match="TERM is dumb"):
        need_terminal("gvtui print")
    monkeypatch.delenv("TERM")
    with pytest.raises(NoTerminalError, match="TERM is not set"):
        need_terminal("gvtui print")


def test_progress_is_shown_to_people_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = pretend(monkeypatch)
    say_progress(1, 4)
    assert terminal.getvalue().endswith("25%")
    say_progress(4, 4)
    assert terminal.getvalue().endswith("\r\033[K")
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    say_progress(1, 4)
    assert file.getvalue() == ""


def test_a_letter_that_the_encoding_lacks_is_escaped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    with path.open("w", encoding="ascii") as file:
        monkeypatch.setattr(sys, "stdout", file)
        fit_encoding()
        write_lines(["a", "\u00e4"])
    assert path.read_bytes() == b"a\n\\xe4\n"


def test_say(capsys: pytest.CaptureFixture[str]) -> None:
    say("hello")
    assert capsys.readouterr().err == "hello\n"
