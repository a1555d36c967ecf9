"""A runsc that is none, and a session file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.fake import FakeRunsc
from tests.commands.session_runs import GOOD


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRunsc:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return FakeRunsc(tmp_path)


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good.json"
    path.write_text(GOOD)
    return str(path)
