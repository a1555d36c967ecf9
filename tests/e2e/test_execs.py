"""A program that executes others in each way, and what gvtui makes of it with each runsc.

The program writes down what became of each exec; its first argument is the exec's number.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gvtui.trace.writer import TraceWriter
from gvtui.wire.handshake import build_handshake
from tests.e2e.commands import gvtui, json_lines
from tests.e2e.containers import WAIT_SECONDS, RunscBinary
from tests.e2e.tools import compiled

pytestmark = pytest.mark.e2e

FIELDS = ["time", "thread_id", "group_id", "thread_group_start_time", "process_name"]
EXECS = [f"syscall/{name}/{side}" for name in ("execve", "execveat") for side in ("enter", "exit")]
RAW_EXECS = [f"syscall/sysno/{number}/{side}" for number in (59, 322) for side in ("enter", "exit")]
EVENTS = ["sentry/clone", "sentry/task_exit", "container/start"]
WRITES = ["syscall/pwrite64/enter", "syscall/pwrite64/exit"]
INFO = "sentry/execve"
_ENTERS, _EXITS = EXECS[0::2], EXECS[1::2]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled("exec_program.c", tmp_path_factory.mktemp("execs") / "exec_program", "-pthread")


class Recorder:
    """Records one connection, and rests between its turns, so that a sandbox must drop."""

    def __init__(self, folder: Path, rest_seconds: float) -> None:
        self.path = folder / "execs.gvtrace"
        self.endpoint = folder / "s"
        self._rest_seconds = rest_seconds
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.bind(str(self.endpoint))
        self._server.listen()
        self._server.settimeout(WAIT_SECONDS)
        self._thread = threading.Thread(target=self._record, daemon=True)
        self._thread.start()

    def _record(self) -> None:
        connection, _ = self._server.accept()
        writer = TraceWriter(self.path)
        with connection, self._server:
            connection.recv(1 << 16)
            connection.send(build_handshake())
            writer.opened(1, time.time_ns(), {})
            ended = False
            while not ended:
                taken: list[bytes] = []
                while len(taken) < 400 and not ended:
                    datagram = connection.recv(1 << 20)
                    ended = not datagram
                    taken.append(datagram)
                writer.messages(1, [(time.time_ns(), datagram) for datagram in taken if datagram])
                time.sleep(self._rest_seconds)
            writer.closed(1, time.time_ns(), {"reason": "closed by the sandbox"})
        writer.close()

    def end(self) -> Path:
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive()
        return self.path


def record(
    binary: RunscBinary,
    program: Path,
    folder: Path,
    points: list[str],
    *,
    rounds: int = 2,
    writes: int = 0,
    rest_seconds: float = 0.0,
) -> tuple[Path, dict[int, int]]:
    """A recording of the program, and the error of each of its execs by number; 0 for none."""
    recorder = Recorder(folder, rest_seconds)
    sink = {
        "name": "remote",
        "config": {"endpoint": str(recorder.endpoint), "retries": 0 if rest_seconds else 20},
    }
    session = {
        "name": "Default",
        "points": [{"name": name, "context_fields": FIELDS} for name in points],
        "sinks": [sink],
    }
    config = folder / "session.json"
    config.write_text(json.dumps({"trace_session": session}))
    command = [binary.path, f"--root={folder / 'root'}", f"--platform={binary.platform}"]
    command += ["--network=none", "--ignore-cgroups", f"--pod-init-config={config}", "do"]
    done = subprocess.run(
        [*command, str(program), str(rounds), str(writes)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=4 * WAIT_SECONDS,
        start_new_session=True,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    told = {int(number): int(error) for number, error in lines}
    assert sorted(told) == list(range(11 * rounds))
    return recorder.end(), told


def exits(path: Path, *words: str) -> list[dict[str, Any]]:
    """The decoded exits of execs, as JSON lines tell them."""
    return [shown for shown in json_lines(path, *words) if shown["point"] in _EXITS]


def number(shown: dict[str, Any]) -> int:
    return int(shown["fields"]["argv"][0])


def result(error: int) -> str:
    return "failed" if error else "done"


@pytest.mark.parametrize(
    "points",
    [
        pytest.param([*EXECS, INFO, *EVENTS], id="all"),
        pytest.param([*RAW_EXECS, *EXECS, INFO, *EVENTS, *WRITES], id="raw-too"),
        pytest.param([*_EXITS, INFO, "sentry/task_exit"], id="exits-alone"),
    ],
)
def test_outcomes_are_what_the_program_saw(
    binary: RunscBinary, program: Path, folder: Path, points: list[str]
) -> None:
    path, told = record(binary, program, folder, points, writes=20)
    found = {number(shown): shown for shown in exits(path)}
    assert sorted(found) == sorted(told)
    wrong = {
        key: (shown["outcome"], told[key])
        for key, shown in found.items()
        if shown["outcome"] != result(told[key])
    }
    assert not wrong
    for key, shown in found.items():
        sent = shown["fields"]["exit"]["errorno"]
        assert sent == told[key] or (sent is None and told[key])
    failed = {number(shown) for shown in exits(path, "--filter", "evt.failed = true")}
    assert failed == {key for key, error in told.items() if error}
    lines, _ = gvtui("print", path, "--format", "strace")
    for line in lines.splitlines():
        if " execve" in line and "[" in line and " sentry/" not in line:
            first = line.split('["')[1].split('"')[0]
            if first == str(program):
                # The line of the container's start.
                continue
            key = int(first)
            assert (") = 0" in line) == (told[key] == 0), line
    counted = json.loads(gvtui("print", path, "--stats", "--format", "json")[0])["total"]
    if "syscall/pwrite64/enter" not in points:
        assert counted["errors"] == sum(error != 0 for error in told.values())


def test_the_order_tells_nothing_without_the_point(
    binary: RunscBinary, program: Path, folder: Path
) -> None:
    path, told = record(binary, program, folder, EXECS)
    for shown in exits(path):
        assert shown["outcome"] in ("asked", result(told[number(shown)]))


class Listening:
    """A gvtui command that listens and writes what comes to a file, until it is told to end."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.endpoint = folder / "listening"
        self.out = folder / "out"
        with self.out.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gvtui", *words, "--listen", self.endpoint],
                stdout=out,
                stderr=subprocess.PIPE,
                text=True,
            )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if "listening on" in line:
                return
        pytest.fail("it does not listen")

    def end(self) -> str:
        self._process.send_signal(signal.SIGINT)
        _, said = self._process.communicate(timeout=WAIT_SECONDS)
        assert self._process.returncode == 0, said
        return self.out.read_text()


DONE_FILTER = ("--filter", "evt.failed = false")
GOOD = "/bin/true; /bin/true; exec /bin/true"


def send_good_execs(binary: RunscBinary, folder: Path, endpoint: Path) -> None:
    """Run a sandbox whose session lacks `sentry/execve`, and whose execs all go well."""
    session = {
        "name": "Default",
        "points": [{"name": name, "context_fields": FIELDS} for name in EXECS],
        "sinks": [{"name": "remote", "config": {"endpoint": str(endpoint), "retries": 20}}],
    }
    config = folder / "session.json"
    config.write_text(json.dumps({"trace_session": session}))
    command = [binary.path, f"--root={folder / 'root'}", f"--platform={binary.platform}"]
    command += ["--network=none", "--ignore-cgroups", f"--pod-init-config={config}", "do"]
    done = subprocess.run(
        [*command, "/bin/sh", "-c", GOOD],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=4 * WAIT_SECONDS,
        start_new_session=True,
        cwd="/",
    )
    assert done.returncode == 0, done.stderr


def is_old(binary: RunscBinary) -> bool:
    told = subprocess.run([binary.path, "--version"], capture_output=True, text=True, check=True)
    return "0.0~20221219" in told.stdout or "0.0~20240729" in told.stdout


def test_the_binary_noted_tells_without_the_point(binary: RunscBinary, folder: Path) -> None:
    expected = "done" if is_old(binary) else "asked"
    recording = folder / "r.gvtrace"
    listening = Listening(folder, "record", "--out", str(recording))
    send_good_execs(binary, folder, listening.endpoint)
    listening.end()
    shown = exits(recording)
    assert len(shown) >= 3
    assert {each["outcome"] for each in shown} == {expected}
    marks = [each["fields"] for each in json_lines(recording) if each.get("event") == "mark"]
    # Another may tell that the sandbox is gone, if it went before the recording ended.
    assert [mark["path"] for mark in marks if mark["kind"] == "binary"] == [binary.path]
    # A recording of the rows chosen while they come, and live lines, say the same.
    listening = Listening(folder, "record", "--out", f"{folder}/f.gvtrace", *DONE_FILTER)
    send_good_execs(binary, folder, listening.endpoint)
    listening.end()
    chosen = exits(folder / "f.gvtrace")
    assert [each["outcome"] for each in chosen] == ["done"] * (len(shown) if is_old(binary) else 0)
    listening = Listening(folder, "print", "--format", "json")
    send_good_execs(binary, folder, listening.endpoint)
    live = [json.loads(line) for line in listening.end().splitlines()]
    outcomes = [each["outcome"] for each in live if each["point"] in _EXITS]
    # A line waits for the note of the binary, but not for long on a machine that is busy.
    assert len(outcomes) == len(shown)
    assert set(outcomes) <= {expected, "asked"}


def test_a_recording_of_failed_execs_says_so(
    binary: RunscBinary, program: Path, folder: Path
) -> None:
    path, told = record(binary, program, folder, [*EXECS, INFO, *EVENTS])
    for name, filter_text in (("f", "evt.failed = true"), ("x", "evt.dir = X")):
        out = folder / f"{name}.gvtrace"
        gvtui("convert", path, out, "--filter", filter_text)
        found = {number(shown): shown["outcome"] for shown in exits(out)}
        wanted = {key: result(error) for key, error in told.items() if error or name == "x"}
        assert found == wanted


def test_drops_make_no_outcome_wrong(binary: RunscBinary, program: Path, folder: Path) -> None:
    points = [*EXECS, INFO, *EVENTS, *WRITES]
    path, told = record(binary, program, folder, points, rounds=20, writes=300, rest_seconds=0.02)
    rows = json_lines(path)
    shown = [row for row in rows if row["point"] in _EXITS]
    dropped = sum(row["fields"]["points"] for row in rows if row.get("event") == "drop")
    assert dropped > 0
    outcomes = Counter(row["outcome"] for row in shown)
    assert outcomes["done"] > 0
    assert outcomes["failed"] > 0
    wrong = [row for row in shown if row["outcome"] not in ("asked", result(told[number(row)]))]
    assert not wrong
