from __future__ import annotations

import click
import pytest

from gvtui.cli import cli, run
from gvtui.commands.recording_help import RECORDINGS, explain


def test_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", "recordings"]) == 0
    assert capsys.readouterr().out.strip() == explain().strip()


@pytest.mark.parametrize("width", [60, 80, 100])
def test_each_thing_is_told_within_the_terminal(width: int) -> None:
    lines = explain(width).splitlines()
    assert all(each.name in lines for each in RECORDINGS)
    shown = [line for line in lines[1:] if "gvtui " not in line]
    assert max(map(len, shown)) <= width


@pytest.mark.parametrize("words", [one for each in RECORDINGS for one in each.commands])
def test_each_example_is_one_that_gvtui_takes(words: str) -> None:
    program, *rest = words.split()
    assert program == "gvtui"
    if rest[0].startswith("-"):
        cli.make_context("gvtui", rest)
        return
    ctx = click.Context(cli, info_name="gvtui")
    command = cli.get_command(ctx, rest[0])
    assert command is not None
    made = command.make_context(rest[0], rest[1:], parent=ctx)
    assert made.params
