from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.trace.marks import GapMark, LostMark
from gvtui.trace.names import Names, NamesMark
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS, TRACES, read_message, start_message

ECHO = str(TRACES / "upstream-echo.trace")


def test_converts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["convert", ECHO, str(tmp_path / "x.gvtrace")]) == 0
    assert "wrote 10 messages to " in capsys.readouterr().err
    lines = tmp_path / "x.jsonl"
    assert run(["convert", str(tmp_path / "x.gvtrace"), str(lines), "--filter", "fd.num = 3"]) == 0
    assert "wrote 4 lines to " in capsys.readouterr().err
    assert len(lines.read_text().splitlines()) == 4


def test_a_recording_for_each_sandbox_tells_nothing_of_the_others(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "two.gvtrace")
    for conn, container in ((1, "aaaa"), (2, "bbbb")):
        writer.opened(conn, TIME_NS, {"container_id": container, "command": [f"peer-{conn}"]})
        writer.mark(TIME_NS, GapMark(f"gap-{container}", container, 1, 2).details())
        writer.mark(TIME_NS, NamesMark(container, Names("docker", f"name-{conn}")).details(), conn)
        writer.message(conn, TIME_NS, read_message(dropped=10 * conn))
        writer.closed(conn, TIME_NS, {})
    writer.mark(TIME_NS, LostMark(7, TIME_NS, TIME_NS, "disk").details())
    writer.close()
    assert run(["convert", str(writer.path), str(tmp_path / "x.gvtrace"), "--split"]) == 1
    for conn, container, other in ((1, "aaaa", b"bbbb"), (2, "bbbb", b"aaaa")):
        part = tmp_path / f"x-{container}.gvtrace"
        data = part.read_bytes()
        assert b"gap-%s" % container.encode() in data
        assert other not in data
        assert b"peer-%d" % (3 - conn) not in data
        assert b"name-%d" % (3 - conn) not in data
        trace = Trace.open(part)
        assert [each.conn for each in trace.connections.values()] == [conn]
        assert trace.connections.dropped == 10 * conn
        assert trace.lost.losses.messages == 7
        trace.close()


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
