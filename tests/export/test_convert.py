from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gvtui.errors import UsageError
from gvtui.export.convert import convert
from gvtui.export.formats import BY_SUFFIX
from gvtui.export.newrecording import ConvertError
from gvtui.export.selection import Selection
from gvtui.trace.reader import Trace
from gvtui.trace.row import Flag, Kind
from gvtui.trace.writer import TraceWriter
from gvtui.wire.messagetype import MessageType
from tests.trace.factory import TIME_NS, TRACES, read_message, write_trace

SHELL = TRACES / "shell-2024.trace"
EXECVE = 59
"""The sysno of execve on x86_64."""


def converted(source: Path, out: Path, filter_text: str = "") -> int:
    trace = Trace.open(source)
    try:
        return convert(Selection(trace, filter_text), out)
    finally:
        trace.close()


def test_to_a_recording_and_back(tmp_path: Path) -> None:
    converted(SHELL, tmp_path / "x.gvtrace")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "x.gvtrace",
        "x.gvtrace.index",
        "x.gvtrace.strings",
    ]
    converted(tmp_path / "x.gvtrace", tmp_path / "x.trace")
    assert (tmp_path / "x.trace").read_bytes() == SHELL.read_bytes()


@pytest.mark.parametrize("suffix", [".txt", ".jsonl", ".json", ".strace"])
def test_to_lines(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"x{suffix}"
    assert converted(SHELL, out) == len(out.read_text().splitlines()) > 900
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_a_recording_keeps_all_there_is(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace", architecture="arm64")
    writer.opened(1, TIME_NS, {"container_id": "c0ffee"})
    writer.message(1, TIME_NS + 1, read_message(dropped=3, sysno=63))
    writer.truncated(1, TIME_NS + 2, read_message(dropped=3, sysno=63), 2 << 20)
    writer.mark(TIME_NS + 3, {"kind": "session"})
    writer.closed(1, TIME_NS + 4, {"reason": "gone"})
    writer.close()
    assert converted(tmp_path / "a.gvtrace", tmp_path / "b.gvtrace") == 2
    before, after = Trace.open(tmp_path / "a.gvtrace"), Trace.open(tmp_path / "b.gvtrace")
    assert after.architecture == "arm64"
    assert after.end_row == before.end_row == 6
    for row_id in range(before.end_row):
        old, new = before.row(row_id), after.row(row_id)
        assert old._replace(offset=0) == new._replace(offset=0)
        if old.kind != Kind.DROP:
            assert before.payload(row_id) == after.payload(row_id)
    assert after.row(3).flags & Flag.TRUNCATED
    before.close()
    after.close()


def test_filtered_rows_keep_their_connections(tmp_path: Path) -> None:
    written = converted(SHELL, tmp_path / "x.gvtrace", "proc.name = cat")
    trace = Trace.open(tmp_path / "x.gvtrace")
    rows = trace.rows(0, trace.end_row)
    messages = rows[rows["kind"] == Kind.MESSAGE]
    assert len(messages) == written
    assert rows["kind"][0] == Kind.OPENED
    assert rows["kind"][-1] == Kind.CLOSED
    is_cat = np.array([trace.string(int(number)) == "cat" for number in messages["process"]])
    is_exec = (messages["type"] == MessageType.SENTRY_EXEC) | (messages["sysno"] == EXECVE)
    # The rows of the exec itself have the name from before.
    assert is_exec[~is_cat].all()
    assert is_cat.any()
    trace.close()


def test_a_save_file_holds_one_connection(tmp_path: Path) -> None:
    source = write_trace(tmp_path / "x.gvtrace", [(1, [read_message()]), (2, [read_message()])])
    with pytest.raises(ConvertError, match=r"conn\.num = 1"):
        converted(source, tmp_path / "x.trace")
    assert not (tmp_path / "x.trace").exists()
    assert converted(source, tmp_path / "x.trace", "conn.num = 2") == 1


def test_a_suffix_that_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        converted(SHELL, tmp_path / "x.pcap")
    assert all(suffix in str(caught.value) for suffix in BY_SUFFIX)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("mine")
    with pytest.raises(ConvertError, match="exists already"):
        converted(SHELL, tmp_path / "x.txt")
    assert (tmp_path / "x.txt").read_text() == "mine"


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConvertError, match="No such file or directory"):
        converted(SHELL, tmp_path / "missing" / "x.txt")


def test_progress(tmp_path: Path) -> None:
    trace = Trace.open(SHELL)
    told: list[tuple[int, int]] = []
    convert(Selection(trace), tmp_path / "x.txt", progress=lambda *what: told.append(what))
    trace.close()
    assert told[0][1] == 2171
    assert told[-1] == (1, 1)
