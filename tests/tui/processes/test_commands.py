from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, cast

from gvtui.agent.entering import Entering
from gvtui.errors import GvtuiError
from gvtui.monitor.options import MonitorOptions
from gvtui.query.processes.process import Evidence
from gvtui.trace.reader import Trace
from gvtui.tui.features import FEATURES, PANES
from gvtui.tui.options import LiveOptions
from gvtui.tui.processes.commands import Earlier
from gvtui.wire.pb import common_pb2
from tests.trace.recorder import Recorder
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from gvtui.agent.targets import Keeper
    from gvtui.monitor.watch import Watch


class Container:
    """What a keeper finds for a connection."""

    sandbox_id, sandbox_key, short = "c1", ("/r", "c1"), "c1"


class Agent:
    """Answers, or refuses to, when it is asked for the processes of a container."""

    def __init__(self) -> None:
        self.asked = 0
        self.refuses = ""

    def processes(self, container: Container) -> object:
        self.asked += 1
        if self.refuses:
            raise GvtuiError(self.refuses)
        return object()


class Keeping:
    """A hold on one container, and a monitor that notes marks."""

    def __init__(self) -> None:
        self.agent = Agent()
        self.knows = True
        self.dead = self.is_shared = False
        self.marks: list[tuple[Any, int]] = []

    @property
    def monitor(self) -> Keeping:
        return self

    def send_mark(self, mark: Any, conn: int = 0) -> bool:
        self.marks.append((mark, conn))
        return True

    def container_of(self, connection: object) -> Container | None:
        return Container() if self.knows else None


class Mark:
    text = "3 processes ran before the session"


def watched(
    folder: Path, monkeypatch: pytest.MonkeyPatch, keeping: Keeping
) -> tuple[FakeViewer, Earlier]:
    monkeypatch.setattr("gvtui.agent.earlier.marks_of", lambda *_: [Mark()])
    recorder = Recorder(folder / "a.gvtrace")
    recorder.add(2)
    viewer = FakeViewer(
        Earlier,
        trace=Trace.open(recorder.path),
        live=LiveOptions(MonitorOptions(listen=folder / "s")),
        keeper=cast("Keeper", keeping),
        monitor=cast("Watch", keeping),
        panes=PANES,
    )
    return viewer, viewer.feature(Earlier)


def test_each_sandbox_is_asked_once_without_being_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping()
    viewer, earlier = watched(tmp_path, monkeypatch, keeping)
    earlier.tick()
    earlier.tick()
    assert keeping.agent.asked == 1
    assert [conn for _, conn in keeping.marks] == [1]
    assert not viewer.told
    assert earlier.note == ""


def test_when_told_it_asks_again_and_says_what_was_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping()
    viewer, earlier = watched(tmp_path, monkeypatch, keeping)
    earlier.tick()
    earlier.ask_all()
    assert keeping.agent.asked == 2
    assert "3 processes ran before the session." in viewer.said


def test_a_sandbox_that_does_not_answer_is_named_with_the_key_that_asks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping()
    keeping.agent.refuses = "runsc has refused"
    viewer, earlier = watched(tmp_path, monkeypatch, keeping)
    earlier.tick()
    assert earlier.note == "! c1: earlier processes are not known: runsc has refused; L asks again"
    assert "runsc has refused." in viewer.said
    keeping.agent.refuses = ""
    earlier.ask_all()
    assert earlier.note == ""


def test_in_a_recording_nobody_is_asked() -> None:
    viewer = FakeViewer(*FEATURES, panes=PANES)
    viewer.feature(Earlier).ask_all()
    assert re.search("recording: its sandboxes cannot be asked", viewer.said)


def test_an_exec_session_is_asked_about_at_once_for_gvisor_tells_no_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping()
    viewer, earlier = watched(tmp_path, monkeypatch, keeping)
    earlier.tick()
    assert keeping.agent.asked == 1
    tree = viewer.model.analysis.processes.tree
    context = common_pb2.ContextData(thread_group_id=58, is_exec_session=True)
    tree.ensure(1, 1, context, "c1", Evidence.CONTEXT)
    earlier.tick()
    earlier.tick()
    assert keeping.agent.asked == 2
    # Others that come within the second wait for it to end.
    context.thread_group_id = 59
    tree.ensure(1, 1, context, "c1", Evidence.CONTEXT)
    earlier.tick()
    assert keeping.agent.asked == 2
    later = time.monotonic() + 2
    monkeypatch.setattr("gvtui.tui.processes.commands.time.monotonic", lambda: later)
    earlier.tick()
    earlier.tick()
    assert keeping.agent.asked == 3


def test_processes_from_within_are_not_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping()
    viewer, earlier = watched(tmp_path, monkeypatch, keeping)
    earlier.tick()
    tree = viewer.model.analysis.processes.tree
    context = common_pb2.ContextData(thread_group_id=58, parent_thread_group_id=1)
    tree.ensure(1, 1, context, "c1", Evidence.CONTEXT)
    earlier.tick()
    assert keeping.agent.asked == 1


def test_an_exec_session_that_makes_no_call_is_asked_about_as_its_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping()
    viewer, earlier = watched(tmp_path, monkeypatch, keeping)
    earlier.tick()
    assert keeping.agent.asked == 1
    (connection,) = viewer.model.trace.connections.values()
    proc = tmp_path / "proc"
    (proc / "7").mkdir(parents=True)
    words = ["runsc", "exec", connection.container_id, "sleep", "9"]
    (proc / "7" / "cmdline").write_text("\0".join(words))
    earlier._entering = Entering(proc)
    for _ in range(3):
        earlier._looked_at = -1e9
        earlier.tick()
    assert keeping.agent.asked == 2


def test_who_keeps_the_monitor_for_others_asks_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping()
    keeping.is_shared = True
    viewer, earlier = watched(tmp_path, monkeypatch, keeping)
    (connection,) = viewer.model.trace.connections.values()
    connection.opened_ns = time.time_ns()
    earlier.tick()
    assert keeping.agent.asked == 0
    # What is noted by then of its processes was asked by whoever keeps it.
    connection.opened_ns = 5
    tree = viewer.model.analysis.processes.tree
    process = tree.ensure(1, 1, common_pb2.ContextData(thread_group_id=58), "c1", Evidence.CONTEXT)
    assert process is not None
    process.listed_ns = 6
    earlier.tick()
    process.listed_ns = 0
    earlier.tick()
    assert keeping.agent.asked == 0


def test_a_sandbox_that_nobody_has_asked_is_asked_by_a_viewer_that_attaches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping()
    keeping.is_shared = True
    viewer, earlier = watched(tmp_path, monkeypatch, keeping)
    (connection,) = viewer.model.trace.connections.values()
    connection.opened_ns = 5
    earlier.tick()
    assert keeping.agent.asked == 1
