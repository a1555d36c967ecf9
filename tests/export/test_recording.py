from __future__ import annotations

import errno
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gvtui.export.convert import convert
from gvtui.export.recording import RecordingExport
from gvtui.export.selection import Selection
from gvtui.monitor import ledger
from gvtui.query.analysis import Analysis
from gvtui.query.calls.exec_rules import ExecCode
from gvtui.trace.files import index_path
from gvtui.trace.reader import Trace
from gvtui.trace.records import TraceError
from gvtui.trace.row import Kind
from gvtui.trace.survey import survey
from gvtui.trace.thinned import ThinnedMark
from gvtui.trace.writer import TraceWriter
from tests.export.parts import marks, thinned, thinned_folder
from tests.trace.factory import TIME_NS, read_message, write_trace

DATA = Path(__file__).parents[1] / "data"


def kinds(trace: Trace) -> list[Kind]:
    return [Kind(trace.row(row_id).kind) for row_id in range(trace.end_row)]


def test_it_follows_a_trace_that_grows(tmp_path: Path) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.opened(1, TIME_NS, {"peer_pid": 7})
    writer.flush()
    trace = Trace.open(writer.path)
    recording = RecordingExport(Selection(trace, "fd.num = 4"), tmp_path / "b.gvtrace")
    done = 0
    for step in range(3):
        writer.message(1, TIME_NS + step, read_message(fd=3))
        writer.message(1, TIME_NS + step, read_message(fd=4, count=step))
        writer.flush()
        trace.refresh()
        recording.copy(done, trace.end_row)
        done = trace.end_row
    with_three = Trace.open(tmp_path / "b.gvtrace")
    assert kinds(with_three) == [Kind.OPENED] + [Kind.MESSAGE] * 3
    assert with_three.details(0) == {"peer_pid": 7}
    writer.closed(1, TIME_NS + 9, {})
    writer.close()
    trace.refresh()
    recording.copy(done, trace.end_row)
    recording.close()
    assert recording.messages == 3
    with_three.refresh()
    assert kinds(with_three)[-1] == Kind.CLOSED
    assert [with_three.row(row_id).fd for row_id in (1, 2, 3)] == [4, 4, 4]
    with_three.close()
    trace.close()


@pytest.mark.parametrize("closes", [True, False])
def test_no_drop_is_lost(tmp_path: Path, *, closes: bool) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.opened(1, TIME_NS, {})
    for fd, dropped in ((3, 0), (3, 2), (4, 5), (3, 4), (3, 6), (3, 1505)):
        writer.message(1, TIME_NS, read_message(fd=fd, dropped=dropped))
    if closes:
        writer.closed(1, TIME_NS + 1, {})
    writer.close()
    trace = Trace.open(writer.path)
    recording = RecordingExport(Selection(trace, "fd.num = 4"), tmp_path / "b.gvtrace")
    recording.copy(0, trace.end_row)
    recording.close()
    copied = Trace.open(tmp_path / "b.gvtrace")
    behind = [Kind.DROP, Kind.MARK, *([Kind.CLOSED] if closes else [])]
    expected = [Kind.OPENED, Kind.DROP, Kind.MESSAGE, *behind]
    assert kinds(copied) == expected
    assert [copied.row(row).result for row in (1, 3)] == [5, 1500]
    assert copied.connections.dropped == trace.connections.dropped == 1505
    assert copied.details(4)["text"] == (
        "messages that this recording lacks tell that 1,505 points were dropped so far"
    )
    copied.close()
    trace.close()


def test_an_old_file_stays(tmp_path: Path) -> None:
    out = tmp_path / "b.gvtrace"
    out.write_text("mine")
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.close()
    trace = Trace.open(writer.path)
    with pytest.raises(TraceError, match="exists already"):
        RecordingExport(Selection(trace), out)
    assert out.read_text() == "mine"
    trace.close()


EXECS = [DATA / "execs" / "failed-exec.gvtrace"]
EXECS += [DATA / "traces" / f"{name}.trace" for name in ("newest-2026", "shell-2022", "shell-2024")]
FILTERS = (
    "evt.failed = true",
    "evt.failed = false",
    "evt.dir = X",
    "evt.type = execve",
    "not point.name startswith sentry/",
    "not point.name startswith syscall/sysno/",
)


def told(trace: Trace) -> dict[tuple[bytes, int], ExecCode]:
    """What is known of each message that is an exec's exit, and how often the same came before."""
    execs = Analysis(trace).pairs.execs
    while execs.advance():
        pass
    found: dict[tuple[bytes, int], ExecCode] = {}
    for row in range(trace.first_row, trace.end_row):
        if (code := execs.code(row)) is not ExecCode.NONE:
            payload = trace.payload(row)
            number = sum(key[0] == payload for key in found)
            found[payload, number] = code
    return found


@pytest.mark.parametrize("path", EXECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("filter_text", FILTERS)
def test_a_copy_says_the_same_of_execs(tmp_path: Path, path: Path, filter_text: str) -> None:
    trace = Trace.open(Path(shutil.copy(path, tmp_path)))
    known = told(trace)
    assert known
    first = tmp_path / "a.gvtrace"
    convert(Selection(trace, filter_text), first)
    trace.close()
    copy = Trace.open(first)
    chosen = told(copy)
    assert chosen == {key: known[key] for key in chosen}
    # And a copy of the copy.
    second = tmp_path / "b.gvtrace"
    convert(Selection(copy), second)
    again = Trace.open(second)
    assert told(again) == chosen
    for each in (copy, again):
        each.close()
    if filter_text == "evt.dir = X":
        assert len(chosen) == len(known)


def test_a_copy_without_execs_has_no_more_than_was_chosen(tmp_path: Path) -> None:
    trace = Trace.open(Path(shutil.copy(EXECS[0], tmp_path)))
    convert(Selection(trace, "evt.dir = E"), tmp_path / "b.gvtrace")
    copy = Trace.open(tmp_path / "b.gvtrace")
    assert {"excerpt", "exec"}.isdisjoint(
        str(copy.details(row).get("kind"))
        for row, kind in enumerate(kinds(copy))
        if kind is Kind.MARK
    )
    for each in (trace, copy):
        each.close()


class Hearing:
    """Keeps what is said."""

    def __init__(self, said: list[str]) -> None:
        self._said = said

    def say(self, kind: str, **details: Any) -> None:
        self._said.append(details["text"])


def test_what_cannot_be_written_is_counted_and_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=n) for n in range(9)])])
    trace = Trace.open(source)
    said: list[str] = []
    recording = RecordingExport(Selection(trace), tmp_path / "b.gvtrace", Hearing(said))
    recording.copy(0, 3)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ledger, "RETRY_SECONDS", 0)
    with monkeypatch.context() as patched:
        patched.setattr(TraceWriter, "_append", full)
        recording.copy(3, 6)
        recording.look()
    assert (recording.messages, recording.losses.messages) == (2, 3)
    assert said == [f"cannot write {tmp_path / 'b.gvtrace'}: No space left on device"]
    recording.look()
    recording.copy(6, trace.end_row)
    recording.close()
    copy = Trace.open(tmp_path / "b.gvtrace")
    assert copy.connections.messages == recording.messages == 6
    assert copy.lost.losses.messages == 3
    assert not list(survey(copy).problems)
    for opened in (copy, trace):
        opened.close()


def test_without_anybody_to_tell_a_full_disk_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_trace(tmp_path / "a.gvtrace", [(1, [read_message()])])
    trace = Trace.open(source)
    recording = RecordingExport(Selection(trace), tmp_path / "b.gvtrace")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(TraceWriter, "_append", full)
        with pytest.raises(OSError, match="No space"):
            recording.copy(0, trace.end_row)
    recording.close()
    trace.close()


def test_a_recording_that_is_removed_goes_on_in_a_new_file(tmp_path: Path) -> None:
    source = write_trace(tmp_path / "a.gvtrace", [(1, [read_message(fd=n) for n in range(9)])])
    trace = Trace.open(source)
    out = tmp_path / "b.gvtrace"
    said: list[str] = []
    recording = RecordingExport(Selection(trace), out, Hearing(said))
    recording.copy(0, 6)
    recording.look()
    assert recording.messages == 5
    out.unlink()
    recording.look()
    assert (recording.messages, recording.losses.messages) == (0, 5)
    assert said[0].endswith("it goes on in a new file, and 5 messages are lost")
    recording.copy(6, trace.end_row)
    recording.close()
    copy = Trace.open(out)
    assert copy.connections.messages == recording.messages == 4
    assert copy.lost.losses.messages == 5
    for opened in (copy, trace):
        opened.close()


def test_a_copy_tells_the_drops_that_were_counted_before_once(tmp_path: Path) -> None:
    path, copied = tmp_path / "a.gvtrace", tmp_path / "b.gvtrace"
    writer = TraceWriter(path)
    writer.opened(1, TIME_NS, {"peer_pid": 1, "command": ["runsc"]})
    writer.message(1, TIME_NS, read_message(dropped=7))
    path.unlink()
    fresh = writer.begin_anew()
    writer.close()
    fresh.message(1, TIME_NS, read_message(dropped=9))
    fresh.close()
    with closing(Trace.open(path)) as trace:
        assert trace.connections.dropped == 9
        copy = RecordingExport(Selection(trace), copied)
        copy.copy(0, trace.end_row)
        copy.close()
    for _ in range(2):
        with closing(Trace.open(copied)) as trace:
            assert trace.connections.dropped == survey(trace).accounting.dropped == 9
        # And so once it is made anew.
        index_path(copied).unlink()


def test_a_copy_tells_what_a_flight_recorder_has_let_go(tmp_path: Path) -> None:
    source = thinned_folder(tmp_path / "live")
    told = thinned(source)
    assert sum(each.counts.total().messages for each in told) > 0
    first, second = tmp_path / "a.gvtrace", tmp_path / "b.gvtrace"
    for path, out in ((source, first), (first, second)):
        with closing(Trace.open(path)) as trace:
            convert(Selection(trace), out)
        assert thinned(out) == told
        assert [each for each in marks(out) if isinstance(each, ThinnedMark)] == told
