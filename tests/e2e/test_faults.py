"""Faults played against the running program, with real sandboxes; `gvtui help faults` lists them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gvtui.trace.reader import Trace
from tests.disks import filled, small_disk
from tests.e2e.commands import called, play
from tests.e2e.containers import WAIT_SECONDS, RunscBinary, wait_until
from tests.e2e.recorded import Recording, everything, recording, run_do, start_do, write_pod_init
from tests.e2e.test_terminal import GVTUI, Terminal, rows
from tests.processes import monitor_of
from tests.trace.factory import TRACES

pytestmark = pytest.mark.e2e

BUSY = "n=0; while [ $n -lt 60 ]; do cat /etc/hostname > /dev/null; n=$((n+1)); done"
FOREVER = "while :; do cat /etc/hostname > /dev/null; done"


@contextmanager
def busy_sandbox(binary: RunscBinary, folder: Path, socket: Path) -> Iterator[None]:
    """A sandbox that reports without end."""
    pod_init = write_pod_init(folder / "init.json", everything(socket))
    process = start_do(binary, folder, pod_init, "/bin/sh", "-c", FOREVER)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(WAIT_SECONDS)


def ended(one: Recording) -> tuple[int, str]:
    """End a recording; gives its exit code and its last line."""
    one.process.terminate()
    code = one.process.wait(WAIT_SECONDS)
    return code, one.said.splitlines()[-1]


def messages(path: Path) -> int:
    """How many messages a recording has by now; 0 if it is not there."""
    if not path.exists():
        return 0
    trace = Trace.open(path)
    count = trace.connections.messages
    trace.close()
    return count


@contextmanager
def viewer(folder: Path, *, cache: Path | None = None, columns: int = 130) -> Iterator[Terminal]:
    """The viewer, listening at `s` in a folder."""
    socket = folder / "s"
    command = f"XDG_CACHE_HOME={cache or folder / 'cache'} {GVTUI} --listen {socket}"
    terminal = Terminal(command, columns, 40)
    try:
        assert wait_until(socket.exists), terminal.screen
        terminal.wait_for(r"No sandbox has connected")
        yield terminal
    finally:
        terminal.close()


def test_a_recording_on_a_full_disk(binary: RunscBinary, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "4m") as disk, recording(disk) as one:
        with filled(disk):
            pod_init = write_pod_init(tmp_path / "init.json", everything(one.socket))
            run_do(binary, tmp_path, pod_init, "/bin/sh", "-c", BUSY)
            assert wait_until(lambda: "No space left on device" in one.said), one.said
        code, said = ended(one)
        assert code == 1
        told = r"recorded [\d,]+ messages? of 1 connection.*; ([\d,]+) were lost while the disk was full"
        found = re.search(rf"{told} (at|from \d\d:\d\d:\d\d to) \d\d:\d\d:\d\d$", said)
        assert found, said
        trace = Trace.open(one.path)
        assert f"{trace.lost.losses.messages:,}" == found[1]
        trace.close()
        for style in ("text", "strace"):
            done = called("print", one.path, "--format", style)
            assert done.code == 1
            assert f"{found[1]} messages were lost while the disk was full" in done.out
            assert f"{found[1]} messages were lost while the disk was full" in done.err


def test_a_live_view_on_a_full_disk(tmux: None, tmp_path: Path) -> None:
    socket = tmp_path / "s"
    with small_disk(tmp_path / "disk", "16m") as disk, viewer(tmp_path, cache=disk) as terminal:
        play(socket, "shell-2024")
        terminal.wait_for(rows(2171))
        words = ["send", str(TRACES / "shell-2024.trace"), "--endpoint", str(socket)]
        with filled(disk, 3 << 20):
            with subprocess.Popen(
                [sys.executable, "-m", "gvtui", *words, "--fast", "--loop"]
            ) as send:
                # Far more than fits: the oldest goes, and the newest is on the screen.
                # The head says it in short where it has much to say.
                terminal.wait_for(r"(rows before [\d,]{6,} are|<[\d.]+[kM]) gone")
                send.terminate()
            terminal.wait_for(r"disconnected")
            play(socket, "upstream-echo")
            # A sandbox that comes now is seen.
            terminal.wait_for(r"sandbox \S+ disconnected")
            terminal.keys("2")
            terminal.wait_for(r"echo")


def test_a_recording_that_is_removed(binary: RunscBinary, tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    with (
        recording(tmp_path, path=folder / "r.gvtrace") as one,
        busy_sandbox(binary, tmp_path, one.socket),
    ):
        assert wait_until(lambda: messages(one.path) > 100)
        # It may be there anew before its folder has gone.
        shutil.rmtree(folder, ignore_errors=True)
        # In the same place, with its folder; the sandbox stays connected.
        assert wait_until(lambda: messages(one.path) > 100), one.said
        assert wait_until(lambda: "was removed while it was written" in one.said), one.said
        code, _ = ended(one)
        assert code == 1
        trace = Trace.open(one.path)
        assert "lost with files that were removed" in trace.lost.words()
        trace.close()


def test_a_socket_that_is_removed(binary: RunscBinary, tmp_path: Path) -> None:
    with recording(tmp_path) as one:
        one.socket.unlink()
        assert wait_until(lambda: "is made anew" in one.said), one.said
        pod_init = write_pod_init(tmp_path / "init.json", everything(one.socket))
        run_do(binary, tmp_path, pod_init, "/bin/sh", "-c", BUSY)
        one.wait_for(1)
        code, said = ended(one)
        assert code == 1
        assert "sandboxes could not connect, for the socket was removed" in said
        assert messages(one.path) > 100


def test_what_a_killed_viewer_has_seen_is_offered(tmux: None, tmp_path: Path) -> None:
    with viewer(tmp_path) as terminal:
        play(tmp_path / "s")
        terminal.wait_for(rows(12))
        os.kill(terminal.program, signal.SIGKILL)
        terminal.wait_for(r"ended 137")
    assert wait_until(lambda: not (tmp_path / "s").exists())
    with viewer(tmp_path) as terminal:
        terminal.wait_for(r"B opens, saves or deletes")
        terminal.keys("B")
        terminal.wait_for(r"until \d{4}-\d\d-\d\d \d\d:\d\d +1[2-9] rows")
        terminal.keys("Enter")
        terminal.wait_for(r"Open it; leaving it leads back here")
        terminal.keys("Enter")
        terminal.wait_for(r"‖ row 0")
        terminal.keys("q")
        terminal.wait_for(r"No sandbox has connected")
        terminal.keys("B")
        terminal.wait_for(r"until \d{4}-\d\d-\d\d")
        terminal.keys("Enter")
        terminal.wait_for(r"Delete it")
        terminal.keys("End", "Enter")
        terminal.wait_for(r"is deleted\.")
        (living,) = (tmp_path / "cache" / "gvtui" / "live").iterdir()
        assert living.is_dir()


def test_what_was_seen_is_kept_when_a_signal_ends_the_viewer(tmux: None, tmp_path: Path) -> None:
    with viewer(tmp_path, columns=200) as terminal:
        play(tmp_path / "s")
        terminal.wait_for(rows(12))
        os.kill(terminal.program, signal.SIGTERM)
        terminal.wait_for(r"what was seen is kept \(gvtui replay .*\) and is complete")
        terminal.wait_for(r"ended 143")
    with viewer(tmp_path) as terminal:
        terminal.wait_for(r"B opens, saves or deletes")
        play(tmp_path / "s")
        terminal.wait_for(rows(12))
        program = Path(f"/proc/{terminal.program}")
    assert wait_until(lambda: not program.exists())
    with viewer(tmp_path) as terminal:
        terminal.wait_for(r"What 2 viewers that were cut off have seen")


def test_a_monitor_that_is_stopped(tmux: None, tmp_path: Path) -> None:
    with viewer(tmp_path, columns=200) as terminal:
        monitor = monitor_of(terminal.program)
        os.kill(monitor, signal.SIGSTOP)
        terminal.wait_for(r"monitor silent")
        terminal.wait_for(rf"process {monitor}\) is stopped \(kill -CONT {monitor} ")
        os.kill(monitor, signal.SIGCONT)
        terminal.wait_for(r"○ 0 sandboxes")
        play(tmp_path / "s")
        terminal.wait_for(rows(12))
        terminal.keys("g")
        terminal.wait_for(r"the monitor stood still for [\d.]+ s")


def test_a_thousand_sizes_of_the_terminal(tmux: None, tmp_path: Path) -> None:
    with viewer(tmp_path) as terminal:
        play(tmp_path / "s")
        terminal.wait_for(rows(12))
        for number in range(1000):
            size = ["-x", str(60 + number * 37 % 140), "-y", str(15 + number * 11 % 45)]
            terminal.tmux("resize-window", *size)
        terminal.tmux("resize-window", "-x", "130", "-y", "40")
        screen = terminal.wait_for(rows(12))
        assert "1 Stream" in screen
        terminal.keys("q")
        terminal.wait_for(r"ended 0")
