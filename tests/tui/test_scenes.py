"""The pictures of the README are those that the program draws now."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.tui.scenes import SCENES, Scene, draw

REPO = Path(__file__).parents[2]
PICTURES = REPO / "screenshots"


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_no_picture_is_stale(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPO)
    drawn = asyncio.run(draw(scene))
    kept = (PICTURES / f"{scene.name}.svg").read_text("utf-8")
    assert drawn == kept, "`make screenshots` draws it anew"


def test_every_picture_is_of_a_scene_and_shown() -> None:
    readme = (REPO / "README.md").read_text("utf-8")
    names = {f"{scene.name}.svg" for scene in SCENES}
    assert {path.name for path in PICTURES.iterdir()} == names
    assert not {name for name in names if f"screenshots/{name}" not in readme}
