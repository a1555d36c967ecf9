from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.trace.reader import Trace
from tests.commands.helpers import TIMEOUT, Running
from tests.monitor.sandbox import FakeSandbox
from tests.trace.factory import read_message, recorded_datagrams


def test_everything_that_came_is_in_the_recording(tmp_path: Path) -> None:
    out = tmp_path / "x.gvtrace"
    datagrams = recorded_datagrams("shell-2024")
    with Running(tmp_path, "record", "--out", str(out), "--no-realtime") as command:
        sandbox = FakeSandbox(command.socket)
        sandbox.send(*datagrams)
        sandbox.close()
        assert command.end() == 0
        assert f"recorded {len(datagrams):,} messages of 1 connection, 0 dropped" in command.err
        assert command.out == ""
    trace = Trace.open(out)
    assert [trace.payload(row) for row in range(1, trace.end_row - 1)] == datagrams
    assert trace.connections[1].close_reason
    trace.close()


def test_for_a_time(tmp_path: Path) -> None:
    out = tmp_path / "x.gvtrace"
    arguments = ["--out", str(out), "--for", "0.3", "--no-realtime"]
    with Running(tmp_path, "record", *arguments) as command:
        assert command.process.wait(TIMEOUT) == 0
        assert "recorded 0 messages of 0 connections" in command.err
    assert out.exists()


def test_what_comes_just_before_the_end_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "x.gvtrace"
    with Running(tmp_path, "record", "--out", str(out), "--no-realtime") as command:
        sandbox = FakeSandbox(command.socket)
        sandbox.send(read_message())
        assert command.end() == 0
        sandbox.close()
        assert "recorded 1 message of 1 connection" in command.err


def test_an_old_recording_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.gvtrace"
    out.write_text("mine")
    assert run(["record", "--out", str(out), "--listen", str(tmp_path / "s")]) == 1
    assert "exists already" in capsys.readouterr().err
    assert out.read_text() == "mine"


def test_a_recording_needs_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["record"]) == 2
    assert "--out" in capsys.readouterr().err
