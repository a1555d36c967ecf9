from __future__ import annotations

import click
import pytest

from gvtui.cli import cli, run
from gvtui.commands.exits import USUAL, own_exit_codes


def test_the_usual_codes_are_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Exit codes: 0 done 1 failed" in text
    assert all(meaning in text for meaning in USUAL.values())


def test_commands_tell_their_own_codes(capsys: pytest.CaptureFixture[str]) -> None:
    own = dict(own_exit_codes(cli, click.Context(cli)))
    assert {"session check", "session apply", "points", "doctor"} <= set(own)
    for name, codes in own.items():
        assert run([*name.split(), "--help"]) == 0
        text = " ".join(capsys.readouterr().out.split())
        assert all(f"{code} {meaning}" in text for code, meaning in codes.items())


def test_the_topic_has_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help", "exit-codes"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for codes in (USUAL, *dict(own_exit_codes(cli, click.Context(cli))).values()):
        assert all(meaning in text for meaning in codes.values())
