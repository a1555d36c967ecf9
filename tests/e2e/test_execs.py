"""A program that executes others in each way, and what gvtui makes of it with each runsc.

The program writes down what became of each exec; its first argument is the exec's number.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gvtui.agent.scratch import scratch_folder
from gvtui.trace.writer import TraceWriter
from gvtui.wire.handshake import build_handshake
from tests.e2e.containers import WAIT_SECONDS, RunscBinary

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
    if shutil.which("gcc") is None:
        if os.environ.get("GVTUI_REQUIRE_RUNSC") == "1":
            pytest.fail("no gcc on this machine")
        pytest.skip("no gcc on this machine")
    built = tmp_path_factory.mktemp("execs") / "exec_program"
    source = Path(__file__).with_name("exec_program.c")
    subprocess.run(["gcc", "-static", "-w", "-pthread", "-o", built, source], check=True)
    return built


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch_folder("gv") as folder:
        yield folder


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


def printed(path: Path, *words: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "gvtui", "print", path, *words],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout


def exits(path: Path, *words: str) -> list[dict[str, Any]]:
    """The decoded exits of execs, as JSON lines tell them."""
    lines = printed(path, "--format", "json", *words).splitlines()
    return [shown for shown in map(json.loads, lines) if shown["point"] in _EXITS]


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
    lines = printed(path, "--format", "strace").splitlines()
    for line in lines:
        if " execve" in line and "[" in line and " sentry/" not in line:
            key = int(line.split('["')[1].split('"')[0])
            assert (") = 0" in line) == (told[key] == 0), line
    counted = json.loads(printed(path, "--stats", "--format", "json"))["total"]
    if "syscall/pwrite64/enter" not in points:
        assert counted["errors"] == sum(error != 0 for error in told.values())


def test_the_order_tells_nothing_without_the_point(
    binary: RunscBinary, program: Path, folder: Path
) -> None:
    path, told = record(binary, program, folder, EXECS)
    for shown in exits(path):
        assert shown["outcome"] in ("asked", result(told[number(shown)]))


def test_drops_make_no_outcome_wrong(binary: RunscBinary, program: Path, folder: Path) -> None:
    points = [*EXECS, INFO, *EVENTS, *WRITES]
    path, told = record(binary, program, folder, points, rounds=40, writes=300, rest_seconds=0.02)
    shown = exits(path)
    dropped = sum(
        row["fields"]["points"]
        for row in map(json.loads, printed(path, "--format", "json").splitlines())
        if row.get("event") == "drop"
    )
    assert dropped > 0
    outcomes = Counter(row["outcome"] for row in shown)
    assert outcomes["done"] > 0
    assert outcomes["failed"] > 0
    wrong = [row for row in shown if row["outcome"] not in ("asked", result(told[number(row)]))]
    assert not wrong
