"""Standard output on a full device: every command says so in one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.cli import COMMANDS
from tests.trace.factory import TRACES

TRACE = str(TRACES / "shell-2024.trace")

ARGUMENTS: dict[str, list[str]] = {
    "replay": ["--help"],
    "print": [TRACE],
    "info": [TRACE],
    "record": ["--help"],
    "send": ["--help"],
    "convert": ["--help"],
    "session": ["new", "--gvisor", "2026-09"],
    "points": [],
    "doctor": [],
    "keys": [],
    "demo": ["--help"],
    "completion": ["bash"],
    "help": ["filters"],
}
"""What has each command write something."""


@pytest.mark.parametrize("name", [*COMMANDS, "--help", "--version"])
def test_a_full_output_is_one_sentence_and_a_failure(name: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gvtui", name, *ARGUMENTS.get(name, ["--help"])],
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr == "gvtui: cannot write the output: No space left on device\n"
