from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from gvtui.agent.agent import Agent
from gvtui.agent.targets import ExitPolicy, Keeper
from gvtui.monitor.watch import Watch
from gvtui.points.session import Point, Session
from gvtui.points.tuning import remote_sink
from gvtui.tui.run_live import settle
from tests.agent.fake import FakeRunsc

if TYPE_CHECKING:
    from pathlib import Path

    from gvtui.trace.marks import Mark

SESSION = Session((Point("sentry/clone"),), (remote_sink("/tmp/s"),))


class Monitor:
    """Keeps the marks that a monitor would note."""

    def __init__(self) -> None:
        self.marks: list[dict[str, Any]] = []

    @property
    def monitor(self) -> Monitor:
        return self

    def send_mark(self, mark: Mark) -> bool:
        self.marks.append(mark.details())
        return True


@pytest.mark.parametrize(
    ("policy", "left", "said"),
    [
        ("ask", False, "c1: no session runs"),
        ("keep", True, "1 sandbox keeps gvtui's sessions"),
        ("delete", False, "c1: no session runs"),
    ],
)
def test_what_becomes_of_sessions_at_the_end(
    tmp_path: Path, policy: ExitPolicy, left: bool, said: str
) -> None:
    runsc = FakeRunsc(tmp_path)
    keeper = Keeper(Agent([runsc.path], [runsc.root]), policy=policy)
    keeper.survey()
    monitor = Monitor()
    assert settle(keeper, cast("Watch", monitor)) == []
    assert keeper.apply(runsc.container(), SESSION, replace=False).applied
    assert settle(keeper, cast("Watch", monitor)) == [said]
    assert (runsc.session() is not None) is left
    assert [mark["state"] for mark in monitor.marks] == ([] if left else ["deleted"])
