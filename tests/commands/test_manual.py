from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gvtui
from gvtui.cli import cli
from gvtui.commands.exits import USUAL
from gvtui.commands.manual import escape, page

PAGE = Path(gvtui.__file__).parent / "data" / "gvtui.1"


def groff(source: str) -> str:
    """What a reader sees, on lines long enough for any of them; a warning fails the test."""
    if shutil.which("groff") is None:
        pytest.skip("no groff on this machine")
    done = subprocess.run(
        ["groff", "-ww", "-man", "-Tutf8", "-P-cbou", "-rLL=400n"],
        input=source,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    return done.stdout


def test_the_page_is_what_the_help_says_today() -> None:
    assert PAGE.read_text() == page(cli), "make man makes it anew"


def test_it_is_good_roff_and_tells_everything() -> None:
    shown = groff(page(cli))
    ctx = click.Context(cli)

    def look(command: click.Command, words: str) -> None:
        if isinstance(command, click.Group):
            for name in command.list_commands(ctx):
                inner = command.get_command(ctx, name)
                assert inner is not None
                look(inner, f"{words} {name}")
            return
        _, found, section = shown.partition(f"\n   {words}\n")
        assert found, words
        section = section.split("\n   gvtui ")[0]
        for param in command.params:
            if isinstance(param, click.Option):
                assert all(name in section for name in param.opts), (words, param.name)

    look(cli, "gvtui")
    assert all(meaning in shown for meaning in USUAL.values())
    assert "gvtui print save.trace --filter 'evt.type = openat and evt.failed = true'" in shown
    assert "--session-file FILE" in shown


def test_man_shows_it() -> None:
    if shutil.which("man") is None:
        pytest.skip("no man on this machine")
    done = subprocess.run(
        ["man", "--warnings", "-l", str(PAGE)],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat"},
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert "gvtui - watch what runs inside gVisor sandboxes" in done.stdout


@pytest.mark.parametrize(
    "text", [".TH is no request", "'br", "a\\fBb\\", "--long-option", "`~^\"'…→‖", "\\&"]
)
def test_text_is_shown_as_it_is(text: str) -> None:
    shown = groff(f'.TH X 1 "" "" ""\n.SH A\n.PP\n{escape(text)}\n')
    assert shown.partition("A\n")[2].split("\n")[0].strip() == text


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_no_text_is_a_request(text: str) -> None:
    shown = escape(text)
    assert not shown.startswith((".", "'"))
    assert shown.isascii()
