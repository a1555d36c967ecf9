from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.tui.copy import clipboard
from gvtui.tui.copy.clipboard import (
    PROGRAM_BYTES,
    TERMINAL,
    CopyError,
    Way,
    cut,
    find_way,
    run_program,
)

if TYPE_CHECKING:
    from pathlib import Path


def script(tmp_path: Path, text: str, name: str = "copy") -> str:
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_program_has_the_text_at_its_input(tmp_path: Path) -> None:
    program = script(tmp_path, 'cat > "$1"')
    out = tmp_path / "out; touch hacked"
    run_program((program, str(out)), "größer".encode())
    assert out.read_text() == "größer"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", out.name]


def test_a_program_may_leave_a_child_that_holds_its_output(tmp_path: Path) -> None:
    """As xclip does, which serves the clipboard from the background."""
    program = script(tmp_path, "cat > /dev/null\nsleep 600 &\necho $!")
    child = int(run_program((program,), b"x" * (1 << 18), seconds=120))
    os.kill(child, 9)


def test_a_program_that_reads_nothing_is_no_fault(tmp_path: Path) -> None:
    run_program((script(tmp_path, "exit 0"),), b"x" * (1 << 20))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exit 3", "copy ended with code 3"),
        ("echo 'no \033[2Jdisplay' >&2; exit 1", r"copy ended with code 1: no \x1b[2Jdisplay"),
        ("kill -9 $$", "copy was ended by signal 9"),
    ],
)
def test_what_a_program_complains_of_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CopyError) as raised:
        run_program((script(tmp_path, text),), b"x")
    assert str(raised.value).endswith(said.removeprefix("copy "))
    assert "copy" in str(raised.value) or "…" in str(raised.value)


def test_a_program_that_never_ends_is_ended(tmp_path: Path) -> None:
    with pytest.raises(CopyError, match=r"did not end within 0\.2 s"):
        run_program((sys.executable, "-c", "import time; time.sleep(60)"), b"x", seconds=0.2)


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(CopyError, match="cannot start wl-copy-of-nobody: No such file"):
        run_program(("wl-copy-of-nobody",), b"x")
    with pytest.raises(CopyError, match="cannot start"):
        run_program(("a\0b",), b"x")


def test_what_is_configured_comes_first() -> None:
    way = find_way(["wl-copy", "-n"], {"TMUX": "/tmp/tmux,1,0"})
    assert way == Way(("wl-copy", "-n"), PROGRAM_BYTES)
    assert way.words == "through wl-copy"


@pytest.mark.parametrize(("option", "words"), [("on", "the terminal"), ("external", "tmux")])
def test_tmux_is_asked_what_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, words: str
) -> None:
    script(tmp_path, f'test "$*" = "show-options -sv set-clipboard" && echo {option}', "tmux")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert find_way((), {"TMUX": "/tmp/tmux,1,0"}).words == f"through {words}"
    assert find_way((), {"TMUX": ""}) == find_way((), {}) == TERMINAL


def test_a_tmux_that_does_not_answer_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path, "echo no server running >&2; exit 1", "tmux")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(CopyError, match="tmux ended with code 1: no server running"):
        find_way((), {"TMUX": "/tmp/tmux,1,0"})


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 40))
def test_what_is_too_long_is_cut_between_characters(text: str, most: int) -> None:
    kept = cut(text, most)
    assert text.startswith(kept)
    assert len(kept.encode()) <= most
    more = text[: len(kept) + 1]
    assert more == kept or len(more.encode()) > most


def test_the_bound_is_that_of_terminals() -> None:
    whole = len("\x1b]52;c;\a") + -(-clipboard.TERMINAL_BYTES // 3) * 4
    assert 99_990 < whole <= 100_000
