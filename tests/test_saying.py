"""Nothing that comes from outside steers the terminal, whatever way it leaves the program."""

from __future__ import annotations

import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import click
import pytest

from gvtui.cli import cli, run
from gvtui.saying import say
from gvtui.trace.details import pack_details
from gvtui.trace.records import LogKind, pack_record
from gvtui.trace.seal import seal_path
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
    other = write_trace(
        tmp_path / "other.gvtrace",
        [(1, [start_message(name, (f"{name}2",)), read_message(errno=9, name=f"{name}2")])],
    )
    later = tmp_path / "later.gvtrace"
    head = {"format": 99, "program": name, "id": bytes(16)}
    later.write_bytes(pack_record(LogKind.HEADER, 0, 1, pack_details(head)))
    session = tmp_path / "session.json"
    session.write_text(json.dumps({name: 1, "name": "Default", "points": [{"name": name}]}))
    sealed = tmp_path / "sealed.gvtrace"
    sealed.write_bytes(Path(other).read_bytes())
    link = {"log": name, "offset": 0, "size": 1, "sha256": "0" * 64, "chain": name}
    seal = {"schema": "gvtui-seal", "version": 1, "file": name, "segments": [link]}
    seal_path(sealed).write_text(json.dumps(seal))
    runsc = tmp_path / "runsc"
    runsc.write_text(f"#!/bin/sh\nprintf '%s' '{name}'; printf '%s' '{name}' >&2; exit 1\n")
    runsc.chmod(0o700)
    return {
        "log": str(log),
        "other": str(other),
        "later": str(later),
        "session": str(session),
        "runsc": str(runsc),
        "sealed": str(sealed),
        "out": str(tmp_path / f"{name}made"),
        "name": name,
        "missing": str(tmp_path / name / "x"),
    }


SINKS = [
    "print {log}",
    "print {log} --format json",
    "print {log} --format strace",
    "print {log} --stats",
    "print {log} --stats --format json",
    "info {log}",
    "info {log} --json",
    "info {later}",
    "info {missing}",
    "report {log}",
    "report {log} --format markdown",
    "report {log} --format html",
    "report {log} --format json",
    "report {log} --container {name}",
    "report {missing}",
    "diff {log} {other}",
    "diff {log} {other} --format markdown",
    "diff {log} {other} --format html",
    "diff {log} {other} --format json",
    "diff {log} {missing}",
    "print {later}",
    "print {missing}",
    "print --filter {name} {log}",
    "print --format {name} {log}",
    "replay {missing}",
    "convert {log} {missing}",
    "convert {log} {log}",
    "send {log} --endpoint {missing}",
    "convert {log} {out}.txt --redact --rules {name}",
    "convert {log} {out}.strace --redact",
    "cut {log} -o {out}.gvtrace --filter proc.name={name}",
    "cut {log} -o {out}.gvtrace --from {name}",
    "cut {log} -o {log}",
    "cut {later} -o {out}.gvtrace",
    "cut {missing} -o {missing}",
    "merge {log} {other} -o {out}2.gvtrace",
    "merge {log} {missing} -o {missing}",
    "merge {later} {log} -o {out}3.gvtrace",
    "repair {log} -o {out}4.gvtrace",
    "repair {later} -o {out}5.gvtrace",
    "repair {missing} -o {missing}",
    "repair {session} -o {missing}",
    "seal {log}",
    "seal {missing}",
    "verify {log}",
    "verify {log} --expect {name}",
    "verify {sealed}",
    "verify {missing}",
    "monitor --listen {missing} --trace {missing}",
    "monitor --listen {log} --trace {log}",
    "monitor --listen {name} --trace {missing} --metrics {name}",
    "monitor --listen {missing} --print-unit {name}",
    "attach {missing}",
    "attach {log}",
    "status {missing}",
    "status {log} --json",
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


def test_every_command_is_tried() -> None:
    tried = {" ".join(line.split()[:depth]) for line in SINKS for depth in (1, 2)}
    context = click.Context(cli)
    assert set(cli.list_commands(context)) <= tried
    session = cli.get_command(context, "session")
    assert isinstance(session, click.Group)
    assert {f"session {name}" for name in session.list_commands(context)} <= tried


@pytest.mark.parametrize("line", SINKS)
def test_no_command_lets_anything_through(
    theirs: dict[str, str], line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    run([word.format(**theirs) for word in line.split()])
    out, err = capfd.readouterr()
    check_output(out)
    check(err)


def check_output(shown: str) -> None:
    """As `check`, of output that another program reads: letters are as they came."""
    assert not RAW.search(shown.replace("\t", "")), RAW.search(shown)


IN_TURN = """
import sys
from gvtui.cli import run
for line in sys.stdin.read().splitlines():
    sys.stdout.reconfigure(errors="strict")
    run(line.split("\\t"))
    print("\\n== done", flush=True)
"""


def test_a_terminal_gets_every_letter_in_its_place(theirs: dict[str, str]) -> None:
    lines = ["\t".join(word.format(**theirs) for word in line.split()) for line in SINKS]
    here, there = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", IN_TURN], stdin=subprocess.PIPE, stdout=there, stderr=there
    )
    os.close(there)
    assert process.stdin is not None
    # What splits lines cannot be in a line.
    process.stdin.write(
        "\n".join(
            line.replace("\u2028", "").replace("\x85", "").replace("\r", "") for line in lines
        ).encode()
    )
    process.stdin.close()
    shown = read_all(here)
    assert process.wait() == 0, shown
    parts = shown.split("== done\n")
    assert len(parts) == len(SINKS) + 1
    for part in parts:
        # What gvtui itself sends: the line of progress, written over and emptied.
        check(re.sub("\r(\x1b\\[K)?([0-9]+%)?", "", part))


def read_all(terminal: int, data: bytes = b"") -> str:
    """What programs write to a terminal until the last has ended, behind what is read already."""
    while True:
        try:
            data += os.read(terminal, 1 << 16)
        except OSError:
            os.close(terminal)
            return data.decode().replace("\r\n", "\n")


def test_the_viewer_s_cells_keep_letters_in_their_place(theirs: dict[str, str]) -> None:
    here, there = os.openpty()
    fcntl.ioctl(here, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
    words = ["replay", "--fresh", theirs["log"]]
    process = subprocess.Popen(
        [sys.executable, "-m", "gvtui", *words],
        stdin=there,
        stdout=there,
        stderr=there,
        env={**os.environ, "TERM": "xterm-256color"},
    )
    os.close(there)
    data = b""
    # A row shows the name, so keys are taken.
    while b"PWN" not in data:
        data += os.read(here, 1 << 16)
    os.write(here, b"q")
    shown = read_all(here, data)
    assert process.wait() == 0
    assert "PWN" in shown
    assert "\x1b]0;" not in shown
    # What the viewer sends to move, to colour and to ask the terminal.
    own = "\\[[0-9;?<>=]*[ -/]*[@-~]|[P_][^\x1b]*\x1b\\\\|]22;[a-z]*\x07|[=>78]"
    check(re.sub(f"\x1b({own})|[\r\x0f]", "", shown))
