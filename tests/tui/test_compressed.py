"""A folder of segments looks the same in the viewer whether it is compressed or not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import pytest

from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.tui.app import GvtuiApp
from tests.trace.twins import twins
from tests.tui.helpers import catch_up, screen_text
from tests.tui.scenes import settle

KEYS: Sequence[tuple[str, Sequence[str]]] = (
    ("the newest rows", ("G",)),
    ("the first rows with details", ("g", "enter")),
    ("a row in the middle", ("g", *"]]]]", "down")),
    ("processes", ("2",)),
    ("numbers", ("3",)),
    ("the next bookmark", ("1", "'")),
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folders = twins(tmp_path_factory.mktemp("twins"))
    for folder, is_compressed in zip(folders, (False, True), strict=True):
        trace = Trace.open(folder)
        assert (trace.compressed.segments > 2) is is_compressed
        trace.close()
    return folders


def seen(folder: Path, *, is_replayed: bool) -> dict[str, str]:
    """What the screen shows of it, by the words of `KEYS`."""
    found: dict[str, str] = {}

    async def look() -> None:
        trace = Trace.open(folder)
        replay = None
        if is_replayed:
            now = 0
            replay = ReplayClock(trace, 1.0, lambda: now)
            now = 1_000_000
            replay.advance()
            replay.pause()
        app = GvtuiApp(trace, replay=replay, zone=UTC)
        async with app.run_test(size=(140, 40)) as pilot:
            for words, keys in KEYS:
                for key in keys:
                    await pilot.press(key)
                catch_up(app)
                await settle(pilot)
                found[words] = screen_text(app)
        trace.close()

    asyncio.run(look())
    return found


@pytest.mark.parametrize("is_replayed", [False, True], ids=["opened", "replayed"])
def test_each_screen_is_the_same(folders: list[Path], *, is_replayed: bool) -> None:
    plain, packed = (seen(folder, is_replayed=is_replayed) for folder in folders)
    assert len(set(plain.values())) == len(KEYS)
    assert "here" in plain["the next bookmark"]
    for words, _ in KEYS:
        assert packed[words].replace("/small/", "/plain/") == plain[words], words
