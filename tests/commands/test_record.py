from __future__ import annotations

import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gvtui.cli import run
from gvtui.export.selection import Selection
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.places import socket_of, traces_in
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from tests.commands.helpers import TIMEOUT, Running
from tests.monitor.sandbox import FakeSandbox, comes, wait_until
from tests.trace.factory import TRACES, read_message, recorded_datagrams


def test_everything_that_came_is_in_the_recording(tmp_path: Path) -> None:
    out = tmp_path / "x.gvtrace"
    datagrams = recorded_datagrams("shell-2024")
    with Running(tmp_path, "record", "--out", str(out), "--no-realtime") as command:
        sandbox = FakeSandbox(command.socket)
        sandbox.send(*datagrams)
        sandbox.close()
        assert command.end() == 0
        assert (
            f"recorded {len(datagrams):,} messages of 1 connection, at least 0 dropped"
            in command.err
        )
        assert command.out == ""
    trace = Trace.open(out)
    assert [trace.payload(row) for row in range(1, trace.end_row - 1)] == datagrams
    assert trace.connections[1].close_reason
    trace.close()


def test_what_nothing_accounts_for_is_an_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "2 messages fewer than were received"
    monkeypatch.setattr(MonitorProcess, "unaccounted", words)
    out = ["--out", str(tmp_path / "x.gvtrace"), "--for", "0.2"]
    assert run(["record", *out, "--listen", str(tmp_path / "s"), "--no-realtime"]) == 1
    assert words in capsys.readouterr().err


def test_connections_that_are_summed_up_count(tmp_path: Path) -> None:
    out = tmp_path / "x.gvtrace"
    # On a busy machine those that have closed are still there for a while.
    limits = [f"{new}connections-per-process=60000" for new in ("", "new-")]
    words = ["--no-realtime", *(word for each in limits for word in ("--limit", each))]
    with Running(tmp_path, "record", "--out", str(out), *words) as command:
        for _ in range(1100):
            FakeSandbox(command.socket).close()
        assert command.end() == 0
        assert "recorded 0 messages of 1,100 connections, 0 dropped" in command.err


@pytest.mark.parametrize("is_there", [False, True])
def test_a_folder_gets_a_trace_at_each_start(tmp_path: Path, is_there: bool) -> None:
    out = tmp_path / "traces"
    if is_there:
        out.mkdir(mode=0o700)
    for number in range(2):
        given = str(out) if is_there or number else f"{out}/"
        with Running(tmp_path, "record", "--out", given, "--no-realtime") as command:
            sandbox = FakeSandbox(command.socket)
            sandbox.send(read_message(fd=number))
            sandbox.close()
            trace = traces_in(out)[-1]
            assert socket_of(trace) == command.socket
            assert command.end() == 0
            assert f"recording to {trace}" in command.err
            assert "recorded 1 message of 1 connection" in command.err
    fds = []
    for each in traces_in(out):
        reader = Trace.open(each)
        fds.append(reader.row(1).fd)
        reader.close()
    assert fds == [0, 1]
    assert socket_of(out) is None


@pytest.mark.parametrize("compress", [None, "zstd", "none"])
def test_a_folder_is_compressed_unless_it_is_not_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compress: str | None
) -> None:
    found: list[MonitorOptions] = []
    real = MonitorProcess.start.__func__  # type: ignore[attr-defined]

    def start(options: MonitorOptions) -> MonitorProcess:
        found.append(options)
        started: MonitorProcess = real(MonitorProcess, options)
        return started

    monkeypatch.setattr(MonitorProcess, "start", start)
    words = ["--listen", str(tmp_path / "s"), "--no-realtime", "--for", "0.1", "--keep", "64MiB"]
    words += ["--compress", compress] if compress is not None else []
    assert run(["record", "--out", f"{tmp_path / 't'}/", *words]) == 0
    assert found[0].compresses is (compress != "none")
    assert (found[0].keep_bytes, found[0].place) == (64 << 20, tmp_path / "t")


@pytest.mark.parametrize(
    ("out", "words", "told"),
    [
        ("t/", ["--filter", "fd.num = 1"], "--filter goes with a file"),
        ("x.gvtrace", ["--compress", "zstd"], "--compress goes with a folder"),
        ("x.gvtrace", ["--keep", "1GiB"], "--keep goes with --filter or a folder"),
    ],
)
def test_what_does_not_go_together_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str, words: list[str], told: str
) -> None:
    place = f"{tmp_path}/{out}"
    assert run(["record", "--out", place, "--listen", str(tmp_path / "s"), *words]) == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


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


def test_only_what_meets_a_filter(tmp_path: Path) -> None:
    out = tmp_path / "x.gvtrace"
    datagrams = recorded_datagrams("shell-2024")
    condition = "evt.failed = true and evt.latency > 1us"
    arguments = ["--out", str(out), "--filter", condition, "--no-realtime"]
    with Running(tmp_path, "record", *arguments) as command:
        sandbox = FakeSandbox(command.socket)
        sandbox.send(*datagrams)
        sandbox.close()
        assert command.end() == 0
    whole = Trace.open(TRACES / "shell-2024.trace")
    selection = Selection(whole, condition)
    expected = [
        whole.payload(row_id) for row_id in selection.row_ids(whole.first_row, whole.end_row)
    ]
    assert expected
    assert f"recorded {len(expected)} of {len(datagrams):,} messages of 1 connection" in command.err
    trace = Trace.open(out)
    rows = [trace.row(row_id) for row_id in range(trace.end_row)]
    assert [row.kind for row in (rows[0], rows[-1])] == [Kind.OPENED, Kind.CLOSED]
    assert [trace.payload(row_id) for row_id in range(1, trace.end_row - 1)] == expected
    whole.close()
    trace.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--filter", "proc.nam = x"], "no field 'proc.nam'"),
        (["--keep", "1GiB"], "--keep goes with --filter"),
    ],
)
def test_options_that_do_not_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    out = tmp_path / "x.gvtrace"
    assert run(["record", "--out", str(out), *words]) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_an_old_recording_is_not_overwritten_by_what_meets_a_filter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.gvtrace"
    out.write_text("mine")
    words = ["record", "--out", str(out), "--listen", str(tmp_path / "s"), "--filter", "fd.num = 1"]
    assert run(words) == 1
    assert "exists already" in capsys.readouterr().err
    assert out.read_text() == "mine"


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


@pytest.mark.parametrize(
    ("place", "words", "became"),
    [
        ("gvtui.commands.record._summary", [], "is complete;"),
        (
            "gvtui.export.recording.RecordingExport.copy",
            ["--filter", "fd.num = 1"],
            "is complete up to then;",
        ),
    ],
)
def test_a_fault_leaves_a_whole_recording(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    words: list[str],
    became: str,
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(place, fail)
    out = tmp_path / "x.gvtrace"
    assert run(["record", "--out", str(out), "--listen", str(tmp_path / "s"), *words]) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("gvtui: a fault of gvtui's own, ZeroDivisionError; the recording")
    assert f"{out} {became}" in said
    Trace.open(out).close()
    assert not (tmp_path / "s").exists()


def said_at_the_end(command: subprocess.Popen[str], out: Path) -> str:
    """What a recording says that is ended once its sandbox's connection has closed."""
    trace = Trace.open(out)
    assert comes(trace, lambda: any(not each.connected for each in trace.connections.values()))
    trace.close()
    command.send_signal(signal.SIGINT)
    return command.communicate(timeout=TIMEOUT)[1]


def test_a_disk_that_is_full_is_a_failure(tmp_path: Path) -> None:
    """A limit on the size of files is what a disk is here, and it does not get larger."""
    if shutil.which("prlimit") is None:
        pytest.skip("no prlimit on this machine")
    out, socket = tmp_path / "x.gvtrace", tmp_path / "s"
    words = ["record", "--out", str(out), "--listen", str(socket)]
    with subprocess.Popen(
        ["prlimit", "--fsize=20000", sys.executable, "-m", "gvtui", *words],
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        assert wait_until(socket.exists)
        sandbox = FakeSandbox(socket)
        sandbox.send(*(read_message(fd=number) for number in range(400)))
        sandbox.close()
        said = said_at_the_end(command, out)
    assert command.returncode == 1
    # All within one second, or not; in one piece, or several.
    when = r"(, \d+ times)? (at|from) .*"
    lost = rf"; \d+ were lost that could not be written{when}: File too large\n$"
    assert re.search(lost, said), said


def test_what_meets_a_filter_goes_on_behind_a_full_disk(tmp_path: Path) -> None:
    """A limit on the size of files, of this process alone, is what a disk is here."""
    out, socket = tmp_path / "x.gvtrace", tmp_path / "s"
    words = ["record", "--out", str(out), "--listen", str(socket), "--filter", "evt.type = read"]
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "gvtui", *words], stderr=subprocess.PIPE, text=True
    ) as command:
        assert command.stderr is not None
        assert "what passes the filter" in command.stderr.readline()
        _, most = resource.prlimit(command.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(command.pid, resource.RLIMIT_FSIZE, (20_000, most))
        sandbox = FakeSandbox(socket)
        sandbox.send(*(read_message(fd=number) for number in range(400)))
        assert "cannot write" in command.stderr.readline()
        resource.prlimit(command.pid, resource.RLIMIT_FSIZE, (most, most))
        sandbox.send(*(read_message(fd=number) for number in range(400)))
        sandbox.close()
        said = said_at_the_end(command, out)
    assert command.returncode == 1
    found = re.search(r"recorded ([\d,]+) of 800 messages .*; (\d+) were lost that could not", said)
    assert found is not None, said
    trace = Trace.open(out)
    assert trace.connections.messages == int(found[1])
    assert trace.lost.losses.messages == int(found[2]) == 800 - int(found[1])
    trace.close()


def test_numbers_are_right_and_the_end_in_time_where_reading_is_far_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As under full load: what the command itself has read by then is not what was recorded."""
    asked: list[float | None] = []

    def refresh(_: Trace, seconds: float | None = None) -> bool:
        asked.append(seconds)
        return False

    def send() -> None:
        assert wait_until((tmp_path / "s").exists)
        sandbox = FakeSandbox(tmp_path / "s")
        sandbox.send(*(read_message(fd=number, dropped=2) for number in range(5)))
        sandbox.close()

    sender = threading.Thread(target=send)
    sender.start()
    out = tmp_path / "x.gvtrace"
    with monkeypatch.context() as patch:
        patch.setattr(Trace, "refresh", refresh)
        assert (
            run(["record", "--out", str(out), "--listen", str(tmp_path / "s"), "--for", "6"]) == 0
        )
    sender.join()
    assert "recorded 5 messages of 1 connection, 2 dropped" in capsys.readouterr().err
    assert all(seconds is not None for seconds in asked[1:])
