from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.decode.ascii import IN_ASCII, fit_terminal, fit_text, wants_ascii
from tests.trace.recorder import TRACES
from tests.tui.terminal import OnTerminal


@pytest.mark.parametrize(
    ("environ", "is_ascii"),
    [
        ({}, False),
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "de_DE.utf8", "LC_ALL": ""}, False),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}, False),
        ({"TERM": "linux", "LANG": "en_US.UTF-8"}, True),
        ({"TERM": "vt100"}, True),
    ],
)
def test_terminal_and_locale_decide(environ: dict[str, str], is_ascii: bool) -> None:
    assert wants_ascii("", environ) is is_ascii
    assert wants_ascii("ascii", environ)
    assert not wants_ascii("unicode", environ)


class Terminal(io.TextIOWrapper):
    """A stream that says it leads to a terminal."""

    def isatty(self) -> bool:
        return True


@given(st.text())
def test_a_poor_terminal_gets_ascii(text: str) -> None:
    raw = io.BytesIO()
    stream = Terminal(raw, encoding="utf-8", newline="")
    fit_terminal(stream, "ascii")
    stream.write(text)
    stream.flush()
    shown = raw.getvalue().decode("ascii")
    assert shown == fit_text(text, stream)
    marks = sum(text.count(mark) for mark in "\u2068\u2069")
    assert len(shown) == len(text) - marks
    assert text.encode(stream.encoding, stream.errors or "strict") == raw.getvalue()


def test_signs_have_what_stands_for_them() -> None:
    stream = Terminal(io.BytesIO(), encoding="utf-8")
    assert fit_text("→", stream) == "→"
    fit_terminal(stream, "ascii")
    assert fit_text("3× → … \u2068ש\u2069", stream) == "3x > ~ ?"
    assert fit_text("".join(IN_ASCII), stream) == "".join(IN_ASCII.values())
    fit_terminal(stream, "unicode")
    assert fit_text("→", stream) == "→"


def test_files_and_pipes_get_all_characters() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    fit_terminal(stream, "ascii")
    assert stream.encoding == "utf-8"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["keys"], b"< h   "),
        (["help", "filters"], b"x"),
        (["print", "--format", "strace", str(TRACES / "shell-2024.trace")], b"execve("),
        (["info", "/nonexistent/\u00fc\u2192"], b"/nonexistent/?>"),
    ],
)
def test_commands_write_ascii_where_the_locale_is(
    words: list[str], part: bytes, tmp_path: Path
) -> None:
    environ = {"LC_ALL": "C", "PAGER": "cat", "HOME": str(tmp_path)}
    with OnTerminal(*words, environ=environ) as terminal:
        terminal.end()
        assert part in terminal.output
        assert terminal.output.isascii()
