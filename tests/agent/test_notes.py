from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from gvtui.agent import running
from gvtui.agent.notes import ConnectionNotes
from gvtui.agent.running import SandboxProcess
from gvtui.trace.connections import CLOSED_BY_SANDBOX
from gvtui.trace.marks import GoneMark, Mark
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from tests.trace.factory import TIME_NS

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_found_out_at_the_end_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sandbox whose process is there while it is connected, and has gone when gvtui leaves."""
    noted: list[tuple[Mark, int]] = []

    def note(mark: Mark, conn: int) -> bool:
        noted.append((mark, conn))
        return True

    here = [SandboxProcess(1, tmp_path, "web")]
    monkeypatch.setattr(running, "sandbox_processes", lambda: here)
    starts = {1: 5}
    monkeypatch.setattr("gvtui.agent.endings.process_start", lambda pid: starts.get(pid, 0))
    writer = TraceWriter(tmp_path / "a.gvtrace")
    command = ["runsc", f"--root={tmp_path}", "run", "web"]
    event = {"peer_pid": 7, "command": command, "container_id": "web"}
    writer.opened(1, TIME_NS, event)
    writer.flush()
    trace = Trace.open(writer.path)
    notes = ConnectionNotes(note, ("/bin/true",))
    notes.opened({"conn": 1, **event})
    notes.look(trace.connections, time.monotonic())
    notes.ask_all(trace.connections)
    assert not any(isinstance(mark, GoneMark) for mark, _ in noted)
    writer.closed(1, TIME_NS + 1, {"reason": CLOSED_BY_SANDBOX})
    writer.flush()
    trace.refresh()
    starts.clear()
    notes.ask_all(trace.connections)
    notes.finish()
    assert (GoneMark(1), 1) in noted
    trace.close()
    writer.close()
