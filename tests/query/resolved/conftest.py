"""A sandbox of made-up messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.query.resolved.world import World

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One whose first process has started."""
    made = World(tmp_path / "made-up.gvtrace")
    made.start()
    return made
