"""The point features over a stand-in for runsc, without a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.agent.agent import Agent
from gvtui.agent.memory import Memory
from gvtui.agent.pod_init import SessionFile
from gvtui.agent.targets import Keeper
from gvtui.monitor.options import MonitorOptions
from gvtui.points.library import Library
from gvtui.trace.reader import Trace
from gvtui.tui.features import FEATURES, PANES
from gvtui.tui.options import LiveOptions
from gvtui.tui.points.survey import Targets
from tests.agent.fake import FakeRunsc
from tests.trace.recorder import Recorder
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.tui.points.state import PointsState

OPEN = "syscall/open/enter"


class PointsBench:
    """A viewer that watches one container of a stand-in for runsc."""

    def __init__(
        self, folder: Path, *, file: Path | None = None, policy: Any = "ask", readonly: bool = False
    ) -> None:
        (folder / "runsc").mkdir()
        self.runsc = FakeRunsc(folder / "runsc")
        self.recorder = Recorder(folder / "a.gvtrace")
        self.recorder.writer.flush()
        memory = Memory(folder / "memory")
        self.keeper = Keeper(
            Agent([self.runsc.path], [self.runsc.root], memory=memory),
            memory=memory,
            library=Library(folder / "library"),
            file=SessionFile.open(file) if file else None,
            policy=policy,
        )
        self.viewer = FakeViewer(
            *FEATURES,
            trace=Trace.open(self.recorder.path),
            live=LiveOptions(MonitorOptions(listen=folder / "s.sock"), readonly=readonly),
            keeper=self.keeper,
            panes=PANES,
        )

    @property
    def targets(self) -> Targets:
        return self.viewer.feature(Targets)

    @property
    def state(self) -> PointsState:
        return self.targets.state

    def run(self, line: str) -> None:
        self.viewer.commands.execute(line)
