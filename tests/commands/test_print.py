from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from gvtui.cli import run
from gvtui.commands import print as print_command
from gvtui.trace.summary import Reception
from gvtui.trace.writer import TraceWriter
from tests.commands.helpers import Running
from tests.monitor.sandbox import FakeSandbox, wait_until
from tests.processes import monitor_of
from tests.trace.factory import TIME_NS, TRACES, read_message, recorded_datagrams, write_trace

if TYPE_CHECKING:
    from collections.abc import Iterator

SHELL = TRACES / "shell-2024.trace"


def test_text_is_the_default(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["print", str(SHELL)]) == 0
    printed = [" ".join(line.split(" ")) for line in capfd.readouterr().out.splitlines()]
    assert len(printed) == len(SHELL.with_suffix(".txt").read_text().splitlines())
    assert printed[0] == "Connection accepted"


def test_json(capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["--format", "json", "--filter", "evt.type = execve and evt.dir = E"]
    assert run(["print", str(SHELL), *arguments]) == 0
    shown = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert {message["dir"] for message in shown} == {"E"}
    assert {message["message"] for message in shown} == {"Execve", "Syscall"}


def test_stats(capfd: pytest.CaptureFixture[str]) -> None:
    trace = str(TRACES / "compile-2024.trace")
    assert run(["print", trace, "--stats", "--filter", "proc.name = ld"]) == 0
    text = capfd.readouterr().out
    assert run(["print", trace, "--stats", "--format", "json", "--filter", "proc.name = ld"]) == 0
    told = json.loads(capfd.readouterr().out)
    arguments = ["--format", "json", "--filter", "proc.name = ld and evt.dir = E"]
    assert run(["print", trace, *arguments]) == 0
    messages = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    reads = sum(message["point"] == "syscall/read/enter" for message in messages)
    assert reads > 100
    assert {line["name"]: line["calls"] for line in told["syscalls"]}["read"] == reads
    assert re.search(rf" {reads} +read$", text, re.MULTILINE)


def test_stats_say_what_became_of_all_that_came(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    writer.reception = Reception(received=6, lost=1, refused={"size": 2})
    for number in range(3):
        writer.message(1, TIME_NS, read_message(fd=number, dropped=2))
    writer.close()
    words = ["print", str(tmp_path / "a.gvtrace"), "--stats"]
    assert run(words) == 0
    account = capfd.readouterr().out.split("\n\n")[-1].splitlines()
    assert [line.split()[:2] for line in account] == [
        ["received", "6"],
        ["logged", "3"],
        ["indexed", "3"],
        ["refused", "2"],
        ["lost", "1"],
        ["dropped", "2"],
    ]
    writer = TraceWriter(tmp_path / "b.gvtrace")
    writer.reception = Reception(received=6)
    writer.message(1, TIME_NS, read_message())
    writer.close()
    words[1] = str(tmp_path / "b.gvtrace")
    assert run(words) == 1
    assert "ALARM       5 messages fewer than were received\n" in capfd.readouterr().out
    assert run([*words, "--format", "json"]) == 1
    assert json.loads(capfd.readouterr().out)["accounting"]["difference"] == 5


@pytest.mark.parametrize("words", [["--stats"], [str(SHELL), "--stats", "--format", "strace"]])
def test_stats_need_a_file(words: list[str]) -> None:
    assert run(["print", *words]) == 2


def test_strace(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["print", str(SHELL), "--format", "strace"]) == 0
    assert 'openat(AT_FDCWD, "/nonexistent", O_RDONLY) = -1 ENOENT' in capfd.readouterr().out


def test_what_was_dropped_is_said_at_the_end(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_trace(tmp_path / "x.gvtrace", [(1, [read_message(dropped=37)])])
    assert run(["print", str(path)]) == 0
    assert capfd.readouterr().err == "gvtui: 37 points dropped by sandbox runsc-123456\n"


def test_a_torn_end_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.trace"
    path.write_bytes(SHELL.read_bytes()[:-5])
    assert run(["print", str(path)]) == 1
    assert "could not be read" in capfd.readouterr().err


def test_a_file_that_is_cut_within_its_head_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.trace"
    path.write_bytes(SHELL.read_bytes()[:18])
    assert run(["print", str(path)]) == 1
    assert capfd.readouterr().err.startswith(f"gvtui: cannot read {path}: ")


def listening(path: Path) -> tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]:
    """`gvtui print` at a socket, its output and its errors, both read by nobody else."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gvtui", "print", "--no-realtime", "--listen", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert b"listening on" in process.stderr.readline()
    return process, process.stdout, process.stderr


def test_a_signal_while_nobody_reads_loses_no_byte(tmp_path: Path) -> None:
    path = tmp_path / "s"
    process, stdout, _ = listening(path)
    sandbox = FakeSandbox(path)
    sandbox.send(*[read_message(fd=number) for number in range(1, 2000)])
    pipe = stdout.fileno()
    assert wait_until(lambda: _is_full(pipe))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    sandbox.close()
    assert [int(fd) for fd in re.findall(r" fd: (\d+)", out.decode())] == list(range(1, 2000))
    assert process.returncode == 0, err


def _is_full(pipe: int) -> bool:
    """Whether a writer to this pipe has to wait."""
    held = fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))
    return int.from_bytes(held, sys.byteorder) > fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ) * 3 // 4


def test_a_recording_while_it_grows(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    writer = TraceWriter(tmp_path / "x.gvtrace")
    writer.message(1, TIME_NS, read_message())
    assert run(["print", str(tmp_path / "x.gvtrace")]) == 0
    assert capfd.readouterr().out.startswith("E Read ")
    writer.close()


def test_a_file_and_options_to_listen_with(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["print", str(SHELL), "--listen", "/tmp/x"]) == 2
    assert "not both" in capfd.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_live_prints_at_once_and_ends_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    with Running(tmp_path, "print", "--no-realtime") as command:
        sandbox = FakeSandbox(command.socket)
        sandbox.send(*recorded_datagrams("upstream-echo"))
        assert wait_until(lambda: command.out.count("\n") == 11)
        sandbox.close()
        assert wait_until(lambda: command.out.count("\n") == 12)
        assert command.end(number) == 0
        folded = [" ".join(line.split()) for line in command.out.splitlines()]
        expected = (TRACES / "upstream-echo.txt").read_text().splitlines()
        assert folded == [" ".join(line.split()) for line in expected]
        assert not command.socket.exists()
        assert "Traceback" not in command.err


def test_live_with_a_filter_and_drops(tmp_path: Path) -> None:
    arguments = ["--no-realtime", "--filter", "evt.dir = X", "--format", "strace"]
    with Running(tmp_path, "print", *arguments) as command:
        sandbox = FakeSandbox(command.socket)
        sandbox.send(read_message(), read_message(result=10, dropped=4))
        assert wait_until(lambda: "read(" in command.out)
        assert command.end() == 0
        assert command.out == "7     1795455436.533277 read(3</etc/passwd>, ..., 10) = 10\n"
        assert command.err.endswith("gvtui: at least 4 points dropped by sandbox runsc-123456\n")
        sandbox.close()


def test_live_ends_when_its_reader_has_gone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    process, stdout, stderr = listening(path)
    stdout.close()
    assert process.wait(120) == 0
    assert stderr.read() == b""
    stderr.close()
    assert not path.exists()


def test_a_second_signal_ends_it_and_says_what_is_not_printed(tmp_path: Path) -> None:
    process, stdout, stderr = listening(tmp_path / "s")
    sandbox = FakeSandbox(tmp_path / "s")
    message = read_message(name="x" * 150_000)
    for _ in range(100):
        sandbox.send(message)
    assert stdout.readline() == b"Connection accepted\n"
    # It prints the first message, of more bytes than the pipe holds, and waits for a reader.
    assert stdout.read(1)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    shown = stdout.read()
    assert process.wait(120) == 1
    printed = shown.count(b"fd_path")
    assert 0 < printed < 100
    told = stderr.read().decode()
    left = 100 - printed
    words = "message came and is" if left == 1 else "messages came and are"
    assert f"gvtui: {left} {words} not printed: a second signal ended it\n" in told
    sandbox.close()
    stdout.close()
    stderr.close()


def test_live_ends_when_the_monitor_dies(tmp_path: Path) -> None:
    with Running(tmp_path, "print", "--no-realtime") as command:
        os.kill(monitor_of(command.process.pid), signal.SIGKILL)
        assert command.process.wait(120) == 1
        assert "gvtui: the monitor has ended: it was killed by SIGKILL" in command.err


def test_a_socket_that_is_taken(tmp_path: Path) -> None:
    with Running(tmp_path, "print", "--no-realtime") as command:
        assert run(["print", "--listen", str(command.socket)]) == 1
        command.end()


def test_lines_of_any_length_are_written_a_few_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    monkeypatch.setattr(print_command, "write_out", lambda text: sizes.append(len(text)))
    line = "x" * 100_000

    class Long:
        def lines(self, start: int, stop: int) -> Iterator[str]:
            for _ in range(start, stop):
                yield line

    print_command.write_rows(Long(), 0, 100)
    assert sum(sizes) == 100 * (len(line) + 1)
    assert max(sizes) < 400_000
