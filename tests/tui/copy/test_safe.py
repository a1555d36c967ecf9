from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gvtui.tui.copy.safe import json_line, plain_line, shell_line

NASTY = [
    "\n", "\r", "\x1b[2J", "\x15", "\x03", "\x7f", "\x9b", "\u202e", "'", '"', "\\", "!", "!!",
    "$(id)", "`id`", "=ls", "%1", "A=b", "~", "*", "é", "日本", "\udcff", "", " ", "-n", "#", "a'\n!",
]  # fmt: skip

WORDS = st.lists(
    st.one_of(
        st.sampled_from(NASTY),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
    ),
    min_size=1,
    max_size=5,
)


def is_harmless(text: str) -> bool:
    return text.isprintable() and text == plain_line(text)


@given(st.text())
def test_a_line_has_nothing_that_a_shell_obeys(text: str) -> None:
    assert is_harmless(plain_line(text))


@given(st.text())
def test_json_means_what_it_did(text: str) -> None:
    line = json_line(json.dumps({"a": text, text: 1}))
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line) == {"a": text, text: 1}


@given(WORDS)
def test_a_command_line_is_harmless(words: list[str]) -> None:
    assert is_harmless(shell_line(words))


@pytest.mark.parametrize("shell", ["bash", "zsh", "ksh"])
def test_a_shell_reads_the_same_words(shell: str) -> None:
    """Each word on a line of its own goes through the shell; NUL ends what comes back of one."""
    try:
        subprocess.run([shell, "-c", ":"], check=True)
    except OSError:
        pytest.skip(f"no {shell} here")

    @settings(max_examples=60)
    @given(WORDS)
    def check(words: list[str]) -> None:
        script = f"printf '%s\\0' {shell_line(['x', *words])}"
        done = subprocess.run([shell, "-c", script], capture_output=True, check=True)
        expected = [word.encode("utf-8", "surrogateescape") for word in ["x", *words]]
        assert done.stdout.split(b"\0")[:-1] == expected

    check()


def test_what_a_shell_takes_for_something_else_is_quoted() -> None:
    assert shell_line(["LD_PRELOAD=/x", "a=b"]) == "'LD_PRELOAD=/x' a=b"
    assert shell_line(["%1", "=ls"]) == "'%1' '=ls'"
    assert shell_line(["sh", "-c", "echo 'a'\n!id"]) == r"sh -c $'echo \'a\'\n\x21id'"
