"""What a killed monitor leaves of a real sandbox is finished and compressed by the next one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gvtui.monitor.attached import AttachedMonitor
from gvtui.monitor.former import is_unfinished
from gvtui.monitor.places import traces_in
from gvtui.points.session import REMOTE, Point, Session, Sink
from gvtui.points.tuning import LOSSLESS
from gvtui.trace import files
from gvtui.trace.bytesource import opened_source
from gvtui.trace.reader import Trace
from gvtui.trace.survey import survey
from tests.e2e.containers import WAIT_SECONDS, RunscBinary, wait_until
from tests.e2e.recorded import write_pod_init
from tests.e2e.test_succeeding import last_binary, opened, working
from tests.monitor.sandbox import comes

__all__ = ["last_binary"]

pytestmark = pytest.mark.e2e

MANY = 2000
"""Messages of a kind that become much smaller when they are compressed."""


@contextmanager
def monitor(listen: Path, place: Path) -> Iterator[AttachedMonitor]:
    """`gvtui monitor`, until its end."""
    words = ["monitor", "--listen", listen, "--trace", place, "--compress", "zstd"]
    process = subprocess.Popen([sys.executable, "-m", "gvtui", *map(str, words)])
    found: list[AttachedMonitor] = []

    def answers() -> bool:
        attached = AttachedMonitor.find(listen)
        # One that was killed leaves its socket.
        if attached is not None and attached.hello.keeper == process.pid:
            found.append(attached)
        return bool(found)

    try:
        assert wait_until(answers)
        yield found[0]
        found[0].stop()
        process.terminate()
        process.wait(WAIT_SECONDS)
    finally:
        process.kill()
        process.wait()


def numbers(folder: Path) -> list[int]:
    with closing(Trace.open(folder)) as trace:
        assert survey(trace).problems == []
        assert not trace.damage
        return opened(trace)


def is_small(log: Path) -> bool:
    with opened_source(log) as records, opened_source(files.index_path(log)) as rows:
        return records.is_compressed and rows.is_compressed


def test_the_last_segment_of_a_killed_monitor_is_finished_and_compressed(
    last_binary: RunscBinary, tmp_path: Path
) -> None:
    listen, place = tmp_path / "s", tmp_path / "t"
    session = Session(
        points=(Point("container/start"), Point("syscall/openat/enter")),
        sinks=(Sink(REMOTE, {"endpoint": str(listen), **LOSSLESS.config()}),),
    )
    pod_init = write_pod_init(tmp_path / "init.json", session)
    told = b"".join(b"%d\n" % number for number in range(MANY))
    with monitor(listen, place) as first:
        folder = first.trace_path
        with working(last_binary, tmp_path, pod_init) as lines:
            lines.write(told)
            lines.flush()
            trace = Trace.open(folder)
            assert comes(trace, lambda: len(opened(trace)) > MANY // 2)
            trace.close()
            # In the midst of what comes.
            os.kill(first.hello.pid, signal.SIGKILL)
            os.kill(first.hello.keeper, signal.SIGKILL)
    (log,) = files.logs_of(folder)
    assert is_unfinished(log)
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    with monitor(listen, place) as second:
        assert second.trace_path != folder
        assert wait_until(lambda: is_small(log))
        with working(last_binary, tmp_path, pod_init) as lines:
            lines.write(told)
        trace = Trace.open(second.trace_path)
        assert comes(trace, lambda: len(opened(trace)) == MANY)
        trace.close()
    assert traces_in(place) == [folder, second.trace_path]
    kept = numbers(folder)
    # Each once, in its order, as far as it had come.
    assert kept == list(range(len(kept)))
    assert MANY // 2 < len(kept) <= MANY
    assert numbers(copy) == kept
    assert numbers(second.trace_path) == list(range(MANY))
