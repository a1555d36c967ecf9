"""Recordings that nobody could have recorded: each command says what is wrong, and reads the rest."""

from __future__ import annotations

import json
import struct
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvtui.cli import run
from gvtui.trace.details import pack_details
from gvtui.trace.reader import Trace
from gvtui.trace.records import LogKind, pack_record
from gvtui.trace.row import Kind
from gvtui.trace.savefile import SAVED_SIZE, SIGNATURE
from gvtui.tui.app import GvtuiApp
from tests.trace.factory import TIME_NS, read_message
from tests.tui.helpers import catch_up, drive, look_after, screen_text, until

if TYPE_CHECKING:
    from textual.pilot import Pilot

DEEP = b"\x81\xa1x" + b"\x91" * 1000 + b"\xc0"
"""Details in msgpack, nested a thousand deep."""

BOMB = b"\x81\xa1x\xdd\x00\x20\x00\x00" + b"\x80" * (1 << 21)
"""Two million maps in two megabytes, which would take a hundred times as much."""

CLAIM = b"\x81\xa1x\xdd\x7f\xff\xff\xff"
"""A list of two thousand million values, of which none comes."""

LARGEST = (1 << 63) - 1

ODD_MARKS: list[dict[str, object]] = [
    {"kind": "session", "session": "[" * 100_000},
    {"kind": "session", "session": [1], "container_id": {"a": 1}, "root": [1]},
    {"kind": ["x"], "text": {"a": "b"}},
    {
        "kind": "processes",
        "processes": [{"pid": LARGEST, "parent_pid": LARGEST, "start_ns": LARGEST}] * 3,
        "taken_ns": LARGEST,
        "is_whole": True,
    },
    {"kind": "lost", "messages": -5},
    {"kind": "lost", "messages": 1 << 63},
    {"kind": "gap", "start_ns": "x"},
    {"kind": "gone", "pid": "x"},
    {"kind": "drops", "dropped": (1 << 64) - 1},
    {},
]

ODD_PEERS: list[dict[str, object]] = [
    {"peer_pid": -5, "peer_uid": 1 << 40, "command": "x", "container_id": ["a"]},
    {"dropped_before": LARGEST, "drops_before": LARGEST},
]


def marks_of(*payloads: bytes) -> bytes:
    return b"".join(pack_record(LogKind.MARK, 1, TIME_NS, each) for each in payloads)


RECORDINGS: dict[str, bytes] = {
    "a message of a size that no number holds": pack_record(
        LogKind.TRUNCATED, 1, TIME_NS, struct.pack(">Q", 1 << 63) + read_message(fd=77)
    ),
    "details nested very deep": marks_of(DEEP)
    + pack_record(LogKind.OPENED, 2, TIME_NS, DEEP)
    + pack_record(LogKind.CLOSED, 2, TIME_NS, DEEP),
    "a few bytes that would be gigabytes": marks_of(BOMB, CLAIM)
    + pack_record(LogKind.OPENED, 2, TIME_NS, BOMB),
    "bytes that are no details": marks_of(b"\xc1", b"\xdf\xff\xff\xff\xff", b"\x81\xa1x\xd6\xff"),
    "marks of odd values": marks_of(*map(pack_details, ODD_MARKS)),
    "peers of odd values": b"".join(
        pack_record(LogKind.OPENED, conn, TIME_NS, pack_details(details))
        for conn, details in enumerate(ODD_PEERS, 2)
    )
    + pack_record(LogKind.CLOSED, 3, 0, pack_details({"reason": ["a", "b"]})),
}

COMMANDS = [
    "print {log}",
    "print {log} --format json",
    "print {log} --format strace",
    "print {log} --stats",
    "print {log} --stats --format json",
    "info {log}",
    "info {log} --json",
    "report {log}",
    "report {log} --format json",
    "convert {log} {out}.gvtrace",
    "convert {log} {out}.jsonl",
    "convert {log} {out}.txt",
    "convert {log} {out}.strace",
    "convert {log} {out}.jsonl --redact",
    "convert {log} {out}.gvtrace --redact",
    "convert {log} {out}.trace --redact",
    "cut {log} -o {out}.gvtrace",
    "cut {log} -o {out}.gvtrace --filter evt.failed=true",
    "merge {log} {log} -o {out}.gvtrace",
    "repair {log} -o {out}.gvtrace",
    "send {log} --endpoint {out}.sock",
]

THAT_ONLY_HASH = ["seal {log}", "verify {log}"]


@pytest.fixture(params=RECORDINGS)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A message, what is odd, and another message."""
    head = {"format": 1, "program": "x", "id": bytes(16), "arch": "x86_64"}
    path = tmp_path / "odd.gvtrace"
    path.write_bytes(
        pack_record(LogKind.HEADER, 0, TIME_NS, pack_details(head))
        + pack_record(LogKind.OPENED, 1, TIME_NS, pack_details({"peer_pid": 1}))
        + pack_record(LogKind.MESSAGE, 1, TIME_NS, read_message(fd=77))
        + RECORDINGS[request.param]
        + pack_record(LogKind.MESSAGE, 1, TIME_NS + 1, read_message(fd=88))
    )
    return path


@pytest.mark.parametrize("line", [*COMMANDS, *THAT_ONLY_HASH])
def test_no_recording_is_a_fault_of_the_program(
    log: Path, line: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = [word.format(log=log, out=tmp_path / "out") for word in line.split()]
    assert run(words) in (0, 1)
    shown = capfd.readouterr()
    assert "fault of gvtui" not in shown.err
    assert "Traceback" not in shown.err


def test_what_can_be_read_is_read(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["print", str(log), "--format", "json"])
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    told = [line["fields"].get("fd") for line in lines if line["message"] == "Read"]
    assert told == [77, 88]


def test_the_viewer_shows_what_can_be_read(log: Path) -> None:
    app = GvtuiApp(Trace.open(log), zone=UTC)

    async def look(pilot: Pilot[int]) -> None:
        # Each tab, the details of every row among them.
        for key in ("home", "enter", *["down"] * 12, *"2345678", "1", "i"):
            await pilot.press(key)
            catch_up(app)
            look_after(app)
        shown = {
            trace_row.fd
            for row in range(app.model.trace.end_row)
            if (trace_row := app.model.trace.row(row)).kind == Kind.MESSAGE
        }
        assert {77, 88} <= shown
        await until(pilot, lambda: "1 Stream" in screen_text(app))

    drive(app, look)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_save_file_with_a_configuration_nested_very_deep_is_told(
    line: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "deep.trace"
    config = b'{"version":1,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    path.write_bytes(SIGNATURE + SAVED_SIZE.pack(len(config)) + config)
    assert run([word.format(log=path, out=tmp_path / "out") for word in line.split()]) == 1
    assert "no readable configuration" in capfd.readouterr().err
