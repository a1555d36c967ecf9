from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, TRACES, start_message

ECHO = str(TRACES / "upstream-echo.trace")


def test_converts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["convert", ECHO, str(tmp_path / "x.gvtrace")]) == 0
    assert "wrote 10 messages to " in capsys.readouterr().err
    lines = tmp_path / "x.jsonl"
    assert run(["convert", str(tmp_path / "x.gvtrace"), str(lines), "--filter", "fd.num = 3"]) == 0
    assert "wrote 4 lines to " in capsys.readouterr().err
    assert len(lines.read_text().splitlines()) == 4


def test_fails_with_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["convert", ECHO, str(tmp_path / "x.pcap")]) == 2
    assert capsys.readouterr().err.startswith("gvtui: what to write to ")


def test_a_file_for_each_sandbox(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    writer = TraceWriter(tmp_path / "two.gvtrace")
    for conn, container in ((1, "dee0da1eafc6ff00"), (2, "../we b"), (3, "dee0da1eafc6ff00")):
        writer.opened(conn, TIME_NS, {"container_id": container})
        writer.message(conn, TIME_NS, start_message(container))
        writer.closed(conn, TIME_NS, {})
    writer.close()
    two = str(tmp_path / "two.gvtrace")
    assert run(["convert", two, str(tmp_path / "x.strace"), "--split"]) == 0
    assert "wrote 4 lines to " in capsys.readouterr().err
    first, second = tmp_path / "x-dee0da1eafc6.strace", tmp_path / "x-.._we_b.strace"
    assert sorted(tmp_path.glob("x*")) == sorted((first, second))
    # Programs that read strace's output want the thread in front.
    assert all(line[:6] == "0     " for line in first.read_text().splitlines())
    assert len(second.read_text().splitlines()) == 2
    assert run(["convert", two, str(tmp_path / "x.strace"), "--split"]) == 1
    assert "exists already" in capsys.readouterr().err
