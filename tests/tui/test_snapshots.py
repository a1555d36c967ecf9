"""Pictures of whole screens. `pytest tests/tui/test_snapshots.py --snapshot-update` draws them anew."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_textual_snapshot import SVGImageExtension  # type: ignore[import-untyped]
from textual.widgets import Input

from gvtui.tui.app import GvtuiApp
from tests.tui.scenes import press, settle
from tests.tui.walks import WALKS, Walk, keys_of

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

REPO = Path(__file__).parents[2]
SIZES = [(80, 24), (120, 36), (200, 50)]
LONG_SECONDS = 1000
"""Notes stay on the screen for so long, however busy the machine is."""


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
def test_screens(
    walk: Walk,
    size: tuple[int, int],
    snapshot: SnapshotAssertion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The status line names the recording as it was opened: from here that is the same everywhere.
    monkeypatch.chdir(REPO)
    monkeypatch.setattr(GvtuiApp, "NOTIFICATION_TIMEOUT", LONG_SECONDS)
    pictures = snapshot.use_extension(SVGImageExtension)
    other = []
    for name, picture in asyncio.run(pictures_of(walk, size, tmp_path)):
        if picture != pictures(name=name):
            other.append(name)
    assert not other, "these screens look different; --snapshot-update takes them as they are"


async def pictures_of(walk: Walk, size: tuple[int, int], folder: Path) -> list[tuple[str, str]]:
    """The screens of a walk, each with its name, as SVG."""
    drawn = []
    for app in walk.make(folder):
        async with app.run_test(size=size, notifications=True) as pilot:
            await settle(pilot)
            for name, steps in walk.screens.items():
                app.clear_notifications()
                for key in keys_of(steps):
                    await press(pilot, key)
                for entry in app.screen.query(Input):
                    entry.cursor_blink = False
                await settle(pilot)
                drawn.append((name, app.export_screenshot(title="gvtui")))
    return drawn
