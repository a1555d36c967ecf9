from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gvtui.agent.memory import Memory
from gvtui.points.session import Point, Session
from tests.agent.fake import FakeRunsc

FIRST = Session((Point("sentry/clone", (), ("time",)),))


@pytest.fixture
def fake(tmp_path: Path) -> FakeRunsc:
    return FakeRunsc(tmp_path)


def test_notes_are_of_one_sandbox(fake: FakeRunsc, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "notes")
    container = fake.container()
    memory.remember(container, FIRST)
    assert memory.recall(container) == FIRST
    assert memory.recall(replace(container, pid=1)) is None
    assert memory.recall(replace(container, root=Path("/r"))) is None
    Memory(Path("/dev/null/x")).remember(container, FIRST)
