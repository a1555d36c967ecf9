"""Another process reads a recording through, and what it finds out is taken up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.python import python
from gvtui.query import through
from gvtui.query.activity.reader import ActivityReader
from gvtui.query.analysis import Analysis
from gvtui.query.kept import keeper
from gvtui.query.kept.keeper import SECTIONS
from gvtui.query.through import ReadingThrough, is_worthwhile, read_through
from gvtui.trace import keptfile
from gvtui.trace.keptfile import identity_of
from gvtui.trace.reader import Trace
from gvtui.trace.sidefiles import beside
from tests.benchmarks.mixed import write_mixed
from tests.monitor.sandbox import wait_until
from tests.trace.factory import recorded_datagrams, write_trace


def test_what_the_process_has_read_need_not_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.gvtrace"
    write_mixed(path, keeper.LEAST_ROWS)
    monkeypatch.setattr(through, "LEAST_ROWS", 1)
    assert wait_until(lambda: identity_of(path, beside(path)) is not None)
    trace = Trace.open(path)
    assert is_worthwhile(Analysis(trace, is_kept=True))
    reading = ReadingThrough(path, "AUDIT")
    reading.wait()
    assert reading.has_kept
    assert not reading.is_running
    reading.close()
    analysis = Analysis(trace, audit_variable="AUDIT", is_kept=True)
    assert analysis.context.advance() == 0
    assert analysis.resolved.position == trace.end_row
    assert not is_worthwhile(analysis)
    assert is_worthwhile(Analysis(trace, is_kept=True)), "another variable, another analysis"
    trace.close()


def test_a_process_that_is_ended_has_kept_nothing(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    reading = ReadingThrough(path, "")
    reading.close()
    assert not reading.has_kept
    reading = ReadingThrough(tmp_path / "absent", "")
    reading.wait()
    assert not reading.has_kept
    reading.close()


def test_the_process_ends_when_its_viewer_has_gone(tmp_path: Path) -> None:
    path = tmp_path / "run.gvtrace"
    write_mixed(path, 50_000)
    assert wait_until(lambda: identity_of(path, beside(path)) is not None)
    command = python("-m", "gvtui.query.through", "spaced", str(path), "")
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    process.communicate()
    assert process.returncode == 1
    assert subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0


def test_it_ends_in_the_middle_of_its_work() -> None:
    words = "import signal; from gvtui.query.through import end_with_viewer as end; end(0)"
    process = subprocess.Popen(
        python("-c", f"{words}; print(flush=True); signal.pause()"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    assert process.poll() is None
    process.communicate()
    assert process.returncode == 1


def test_only_a_pipe_tells_that_the_viewer_has_gone() -> None:
    pid = os.fork()
    if not pid:
        with open(os.devnull) as null:
            through.end_with_viewer(null.fileno())
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


def test_everything_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "LEAST_ROWS", 1)
    monkeypatch.setattr(keptfile, "SETTLED_NS", 0)
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    assert read_through(path, "")
    trace = Trace.open(path)
    analysis = Analysis(trace, audit_variable="", is_kept=True)
    assert analysis.statistics().is_done
    assert analysis.resolved.position == trace.end_row
    assert analysis.kept is not None
    assert set(SECTIONS) - analysis.kept.restored == {"activity", "descriptors"}
    assert analysis.statistics(by_descriptor=True).is_done
    assert ActivityReader(analysis.context).is_done
    assert analysis.kept.restored == set(SECTIONS)
    trace.close()


def test_a_small_recording_is_not_worth_a_process(tmp_path: Path) -> None:
    path = write_trace(tmp_path / "run.gvtrace", [(1, recorded_datagrams("shell-2024"))])
    trace = Trace.open(path)
    assert not is_worthwhile(Analysis(trace, is_kept=True))
    assert not is_worthwhile(Analysis(trace))
    trace.close()


def test_where_no_process_can_be_started_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    reading = ReadingThrough(tmp_path / "run.gvtrace", "AUDIT")
    reading.wait()
    assert (reading.is_running, reading.has_kept) == (False, False)
    reading.close()
