"""Nothing that comes from outside steers the terminal, whatever way it leaves the program."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.saying import say
from gvtui.trace.details import pack_details
from gvtui.trace.records import LogKind, pack_record
from tests.trace.factory import read_message, start_message, write_trace

HOSTILE = (
    "\x1b]0;PWN\x07\x1b]52;c;UFdO\x07\x1b[2J\x1b[31mPWN\x9b31m\x9d0;x\x9c"
    "\u202ePWN\u2066x\u200b\ufeff\u00ad\r\x08\x7f\u2028\u0085"
)
RIGHT_TO_LEFT = "\u05d0\u05d1-\u0627\u0628"

RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2067\ufeff]")


def check(shown: str) -> None:
    assert not RAW.search(shown), RAW.search(shown)
    inside = 0
    for character in shown:
        inside += {"\u2068": 1, "\u2069": -1}.get(character, 0)
        assert inside in (0, 1)
        if character in RIGHT_TO_LEFT and character != "-":
            assert inside == 1
    assert inside == 0


@pytest.mark.parametrize("text", [HOSTILE, RIGHT_TO_LEFT, f"a {RIGHT_TO_LEFT} b\n{HOSTILE}"])
def test_what_is_said_is_harmless(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    say(text)
    shown = capfd.readouterr().err
    check(shown)
    assert shown.count("\n") == text.count("\n") + 1


@pytest.fixture
def theirs(tmp_path: Path) -> dict[str, str]:
    """Files of a stranger's, with hostile words inside and as their names."""
    name = HOSTILE + RIGHT_TO_LEFT
    log = write_trace(
        tmp_path / f"{name}.gvtrace",
        [(1, [start_message(name, (name,)), read_message(dropped=3, name=name)])],
    )
    later = tmp_path / "later.gvtrace"
    head = {"format": 99, "program": name, "id": bytes(16)}
    later.write_bytes(pack_record(LogKind.HEADER, 0, 1, pack_details(head)))
    session = tmp_path / "session.json"
    session.write_text(json.dumps({name: 1, "name": "Default", "points": [{"name": name}]}))
    runsc = tmp_path / "runsc"
    runsc.write_text(f"#!/bin/sh\nprintf '%s' '{name}'; printf '%s' '{name}' >&2; exit 1\n")
    runsc.chmod(0o700)
    return {
        "log": str(log),
        "later": str(later),
        "session": str(session),
        "runsc": str(runsc),
        "name": name,
        "missing": str(tmp_path / name / "x"),
    }


SINKS = [
    "print {log}",
    "print {log} --format json",
    "print {log} --format strace",
    "print {log} --stats",
    "print {log} --stats --format json",
    "print {later}",
    "print {missing}",
    "print --filter {name} {log}",
    "print --format {name} {log}",
    "replay {missing}",
    "convert {log} {missing}",
    "convert {log} {log}",
    "send {log} --endpoint {missing}",
    "send {missing} --endpoint {missing}",
    "record --out {missing} --listen {missing} --for 0.1",
    "session check {session}",
    "session check {session} --json",
    "session check {missing}",
    "session check {session} --runsc {runsc}",
    "session apply {session} {name}",
    "session new {name}",
    "session list --runsc {runsc}",
    "session delete {name} --runsc {runsc}",
    "points {name}",
    "points --gvisor {name}",
    "help {name}",
    "completion {name}",
    "keys {name}",
    "{name}",
    "--{name}",
    "demo {name}",
    "doctor --runsc {runsc} --listen {missing}",
]


@pytest.mark.parametrize("line", SINKS)
def test_no_command_lets_anything_through(
    theirs: dict[str, str], line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    run([word.format(**theirs) for word in line.split()])
    out, err = capfd.readouterr()
    check_output(out)
    check(err)


def check_output(shown: str) -> None:
    """As `check`, of an output whose lines may be a format of another's."""
    assert not RAW.search(shown.replace("\t", "")), RAW.search(shown)


@pytest.mark.parametrize("line", ["print {log}", "print {later}", "session check {session}"])
def test_a_terminal_gets_nothing_else(theirs: dict[str, str], line: str) -> None:
    here, there = os.openpty()
    words = [word.format(**theirs) for word in line.split()]
    process = subprocess.Popen(
        [sys.executable, "-m", "gvtui", *words], stdin=there, stdout=there, stderr=there
    )
    os.close(there)
    data = b""
    while True:
        try:
            piece = os.read(here, 1 << 16)
        except OSError:
            break
        data += piece
    os.close(here)
    assert process.wait() in (0, 1)
    # What gvtui itself sends: the end of a line, and the line of progress emptied.
    shown = data.decode().replace("\r\n", "\n").replace("\r\x1b[K", "")
    check_output(shown)
