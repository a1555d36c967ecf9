from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from gvtui.faults import reports_folder
from gvtui.monitor.client import MonitorError, MonitorProcess
from gvtui.monitor.folder import left_behind
from gvtui.monitor.options import MonitorOptions
from gvtui.trace.marks import NoteMark, SessionMark, read_mark
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.monitor.sandbox import FakeSandbox, comes, wait_until
from tests.trace.factory import read_message


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Path(platformdirs.user_cache_dir("gvtui"), "live")


@pytest.fixture
def options(tmp_path: Path) -> MonitorOptions:
    return MonitorOptions(listen=tmp_path / "s.sock", realtime=False)


@pytest.fixture
def monitor(options: MonitorOptions) -> Iterator[MonitorProcess]:
    process = MonitorProcess.start(options)
    yield process
    process.stop()


def gather(monitor: MonitorProcess, kind: str) -> dict[str, Any]:
    """Wait for an event of a kind."""
    found: list[dict[str, Any]] = []

    def came() -> bool:
        found.extend(event for event in monitor.read_events() if event["kind"] == kind)
        return bool(found)

    assert wait_until(came), f"no {kind}"
    return found[0]


def test_what_a_sandbox_sends_is_in_the_trace(
    monitor: MonitorProcess, options: MonitorOptions
) -> None:
    trace = Trace.open(monitor.trace_path)
    sandbox = FakeSandbox(options.listen)
    sandbox.send(*(read_message(fd=n) for n in range(100)))
    assert comes(trace, lambda: trace.connections.messages == 100)
    assert trace.rows(1, 101)["fd"].tolist() == list(range(100))
    assert trace.connections[1].peer_pid == os.getpid()
    sandbox.close()
    assert comes(trace, lambda: not trace.connections[1].connected)
    assert trace.connections[1].close_reason == "closed by the sandbox"
    trace.close()


def test_once_it_has_ended_all_that_came_is_written(
    monitor: MonitorProcess, options: MonitorOptions
) -> None:
    trace = Trace.open(monitor.trace_path)
    sandbox = FakeSandbox(options.listen)
    sandbox.send(*(read_message(fd=n) for n in range(100)))
    monitor.end()
    trace.refresh()
    assert trace.connections.messages == 100
    trace.close()
    assert monitor.trace_path.exists()
    monitor.stop()
    assert not monitor.trace_path.exists()
    sandbox.close()


def test_what_came_is_accounted_for_and_what_is_missing_is_an_alarm(
    monitor: MonitorProcess, options: MonitorOptions
) -> None:
    sandbox = FakeSandbox(options.listen)
    sandbox.send(*(read_message(fd=n, dropped=4) for n in range(5)))

    def is_told() -> bool:
        monitor.read_events()
        return monitor.account.logged == 5 == monitor.account_of(0).indexed + 5

    # Twice, for who reads the index may be behind by what came since.
    assert wait_until(is_told)
    assert (monitor.account.received, monitor.account.dropped) == (5, 4)
    assert (monitor.unaccounted, list(monitor.account_of(5).problems())) == ("", [])
    assert list(monitor.account_of(0, is_all=False).problems()) == []
    assert list(monitor.account_of(3).problems()) == ["the log has 5 messages, its index 3"]
    monitor.account = replace(monitor.account, received=7)
    assert monitor.unaccounted == "2 messages fewer than were received"
    sandbox.close()


def test_it_is_in_a_session_of_its_own(monitor: MonitorProcess) -> None:
    assert os.getsid(monitor.pid) == monitor.pid != os.getsid(0)


def test_it_cleans_up_behind_itself(monitor: MonitorProcess, options: MonitorOptions) -> None:
    assert options.listen.exists()
    assert monitor.trace_path.is_dir()
    monitor.stop()
    assert not options.listen.exists()
    assert not monitor.trace_path.exists()
    assert not monitor.alive


def test_a_recording_stays(tmp_path: Path, options: MonitorOptions) -> None:
    path = tmp_path / "run.gvtrace"
    monitor = MonitorProcess.start(
        MonitorOptions(listen=options.listen, record=path, realtime=False)
    )
    sandbox = FakeSandbox(options.listen)
    sandbox.send(read_message())
    gather(monitor, "opened")
    monitor.stop()
    assert sandbox.was_closed()
    sandbox.close()
    trace = Trace.open(path)
    assert trace.connections.messages == 1
    assert trace.connections[1].close_reason == "the monitor stopped"
    trace.close()


def test_a_path_in_use_is_refused_with_the_reason(
    monitor: MonitorProcess, options: MonitorOptions, cache: Path
) -> None:
    with pytest.raises(MonitorError, match="another program listens"):
        MonitorProcess.start(options)
    assert monitor.alive
    assert [path.name for path in cache.iterdir()] == [monitor.trace_path.name]


def test_a_recording_that_exists_is_refused(tmp_path: Path, options: MonitorOptions) -> None:
    (tmp_path / "x.gvtrace").touch()
    with pytest.raises(MonitorError, match="exists already"):
        MonitorProcess.start(
            MonitorOptions(listen=options.listen, record=tmp_path / "x.gvtrace", realtime=False)
        )
    assert not options.listen.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_stop_it_cleanly(
    monitor: MonitorProcess, options: MonitorOptions, number: signal.Signals
) -> None:
    os.kill(monitor.pid, number)
    assert wait_until(lambda: not monitor.alive)
    assert not options.listen.exists()
    assert "stopped" in [event["kind"] for event in monitor.read_events()]


def test_its_violent_death_is_told_and_the_trace_stays(
    monitor: MonitorProcess, options: MonitorOptions
) -> None:
    trace = Trace.open(monitor.trace_path)
    sandbox = FakeSandbox(options.listen)
    sandbox.send(read_message())
    assert comes(trace, lambda: trace.connections.messages == 1)
    os.kill(monitor.pid, signal.SIGKILL)
    assert gather(monitor, "died")["text"] == "it was killed by SIGKILL"
    assert monitor.read_events() == []
    assert trace.payload(1) == read_message()
    trace.close()
    sandbox.close()


SHORT_LIVED_VIEWER = """
import os, sys
from pathlib import Path
from gvtui.faults import reports_folder
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
monitor = MonitorProcess.start(MonitorOptions(listen=Path(sys.argv[1]), realtime=False))
print(monitor.pid, monitor.trace_path, flush=True)
os._exit(1)
"""


LONG_LIVED_VIEWER = SHORT_LIVED_VIEWER.replace("os._exit(1)", "sys.stdin.read()")


def test_the_viewers_death_ends_it(options: MonitorOptions) -> None:
    command = [sys.executable, "-c", SHORT_LIVED_VIEWER, str(options.listen)]
    out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    monitor_pid, folder = out.split()
    assert wait_until(lambda: not options.listen.exists())
    assert wait_until(lambda: not is_running(int(monitor_pid)))
    # Nothing was seen, so nothing is kept.
    assert left_behind() == []
    assert not Path(folder).exists()


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize("also_monitor", [False, True])
def test_what_a_killed_viewer_has_seen_is_kept(
    options: MonitorOptions, *, also_monitor: bool
) -> None:
    command = [sys.executable, "-c", LONG_LIVED_VIEWER, str(options.listen)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as viewer:
        assert viewer.stdout is not None
        monitor_pid, folder = viewer.stdout.readline().split()
        sandbox = FakeSandbox(options.listen)
        sandbox.send(read_message())
        trace = Trace.open(folder)
        assert comes(trace, lambda: trace.connections.messages == 1)
        trace.close()
        for pid in (int(monitor_pid), viewer.pid) if also_monitor else (viewer.pid,):
            os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not is_running(int(monitor_pid)))
    sandbox.close()
    # The start of another takes nothing away.
    MonitorProcess.start(options).stop()
    (found,) = left_behind()
    assert (str(found.path), found.rows) == (folder, 2 if also_monitor else 3)
    trace = Trace.open(found.path)
    assert trace.connections.messages == 1
    trace.close()


def test_what_was_on_its_way_elsewhere_is_removed_by_the_next(
    options: MonitorOptions, cache: Path
) -> None:
    for name in ("spool-20261126", "20261126"):
        folder = cache / name
        folder.mkdir(parents=True)
        (folder / "lock").touch()
        TraceWriter(folder, keep_bytes=1 << 20).close()
    folder = cache / "spool-20261127"
    writer = TraceWriter(folder, keep_bytes=1 << 20)
    writer.message(1, 1, read_message())
    writer.close()
    (folder / "lock").touch()
    MonitorProcess.start(options).stop()
    assert list(cache.iterdir()) == []


def test_marks_reach_the_trace(monitor: MonitorProcess) -> None:
    mark = SessionMark("", "applied", "c1", "/r", "x" * 500_000)
    assert monitor.send_mark(mark)
    trace = Trace.open(monitor.trace_path)
    assert comes(trace, lambda: trace.end_row == 1)
    assert read_mark(trace.details(0)) == mark
    assert trace.row(0).conn == 0
    assert monitor.send_mark(NoteMark("seven"), conn=7)
    assert comes(trace, lambda: trace.end_row == 2)
    assert trace.row(1).conn == 7
    trace.close()


def test_refused_clients_are_told_and_hold_up_nobody(
    monitor: MonitorProcess, options: MonitorOptions
) -> None:
    silent = FakeSandbox(options.listen, greet=False)
    garbage = FakeSandbox(options.listen, greet=False)
    garbage.send(b"\xff\xff\xff\xff")
    assert garbage.was_closed()
    assert "no handshake" in gather(monitor, "log")["text"]
    old = FakeSandbox(options.listen, greet=False)
    old.send(b"\x08\x00")
    assert old.was_closed()
    good = FakeSandbox(options.listen)
    good.send(read_message())
    assert gather(monitor, "opened")["conn"] == 1
    for sandbox in (silent, garbage, old, good):
        sandbox.close()


def test_a_fault_of_the_monitors_is_told_and_its_recording_is_whole(
    tmp_path: Path, options: MonitorOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = """
from gvtui.trace.writer import TraceWriter
def fail(*_):
    raise ZeroDivisionError("nobody foresaw this")
TraceWriter.mark = fail
"""
    (tmp_path / "sitecustomize.py").write_text(patch)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    out = tmp_path / "x.gvtrace"
    monitor = MonitorProcess.start(replace(options, record=out))
    sandbox = FakeSandbox(options.listen)
    sandbox.send(read_message(fd=7))
    trace = Trace.open(out)
    assert comes(trace, lambda: trace.connections.messages == 1)
    assert monitor.send_mark(NoteMark("x"))
    text = gather(monitor, "died")["text"]
    (report,) = reports_folder().iterdir()
    assert text == (
        "it ended with code 1: a fault of gvtui's own, ZeroDivisionError: nobody foresaw this; "
        f"please report it with {report}"
    )
    sandbox.close()
    monitor.stop()
    assert monitor.became == f"the recording {out} lacks the last messages"
    trace.close()
    trace = Trace.open(out)
    assert trace.connections.messages == 1
    trace.close()


def test_a_python_that_cannot_be_run_is_told_and_leaves_nothing(
    options: MonitorOptions, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python").touch(0o644)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(MonitorError, match=r"no monitor can run: .*/python does not start: this"):
        MonitorProcess.start(options)
    assert not list(cache.glob("*/*"))
    assert len(os.listdir("/proc/self/fd")) == descriptors
