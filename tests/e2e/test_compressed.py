"""What a real sandbox has sent is printed alike whether its segments are compressed or not."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.trace.reader import Trace
from tests.commands.test_compressed import READING
from tests.e2e.containers import WAIT_SECONDS, RunscBinary, wait_until
from tests.e2e.recorded import everything, run_do, write_pod_init
from tests.trace.shrunk import shrink_folder

pytestmark = pytest.mark.e2e

KEEP = 200_000
"""Bytes that the monitor keeps: there are several segments."""


def printed(folder: Path, words: tuple[str, ...]) -> bytes:
    command = [sys.executable, "-m", "gvtui", words[0], str(folder), *words[1:]]
    done = subprocess.run(command, capture_output=True, check=True, timeout=WAIT_SECONDS)
    return done.stdout.replace(bytes(folder), b"")


def test_a_folder_of_a_real_sandbox_is_printed_alike(binary: RunscBinary, tmp_path: Path) -> None:
    place = tmp_path / "traces"
    options = MonitorOptions(listen=tmp_path / "s", place=place, keep_bytes=KEEP, realtime=False)
    monitor = MonitorProcess.start(options)
    try:
        pod_init = write_pod_init(tmp_path / "init.json", everything(options.listen))
        code = "for each in 1 2 3 4 5; do /bin/cat /proc/self/status; done"
        run_do(binary, tmp_path, pod_init, "/bin/sh", "-c", code)
        plain = monitor.trace_path
        with contextlib.closing(Trace.open(plain)) as trace:

            def ended() -> bool:
                trace.refresh()
                known = trace.connections.values()
                return bool(known) and not any(each.connected for each in known)

            assert wait_until(ended)
    finally:
        monitor.stop()
    packed = tmp_path / "packed" / plain.name
    shutil.copytree(plain, packed)
    shrink_folder(packed)
    with contextlib.closing(Trace.open(packed)) as trace:
        assert trace.compressed.segments
        assert trace.connections.messages > 100
    for each in READING:
        assert printed(packed, each) == printed(plain, each), each
