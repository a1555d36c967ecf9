from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, cast

import pytest
import trio
import trio.testing

from gvtui.monitor.control import Control
from gvtui.monitor.ledger import Ledger
from gvtui.monitor.ondisk import keep_on_disk
from gvtui.monitor.options import MonitorOptions
from gvtui.trace.writer import TraceWriter
from tests.monitor.sandbox import wait_until


class Saying:
    """Stands for the control channel."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def log(self, level: str, text: str) -> None:
        self.lines.append((level, text))


def test_the_log_is_brought_onto_the_disk_and_a_fault_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = TraceWriter(tmp_path / "a.gvtrace")
    saying = Saying()
    synced: list[str] = []
    enough = trio.Event()
    open_before = len(os.listdir("/proc/self/fd"))

    def sync(fd: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{fd}"))
        if len(synced) == 4:
            trio.from_thread.run_sync(enough.set)
        if len(synced) > 1:
            raise OSError(errno.EIO, "Input/output error")

    async def main() -> None:
        ledger = Ledger(writer, cast("Any", saying))
        options = MonitorOptions(sync_seconds=2.0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep_on_disk, ledger, cast("Control", saying), options)
            await enough.wait()
            nursery.cancel_scope.cancel()

    monkeypatch.setattr(os, "fdatasync", sync)
    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0.01))
    assert set(synced) == {str(writer.path)}
    assert saying.lines == [
        ("error", f"cannot bring {writer.path} onto the disk: Input/output error")
    ]
    # The last thread was left to itself.
    assert wait_until(lambda: len(os.listdir("/proc/self/fd")) == open_before)
    writer.close()
