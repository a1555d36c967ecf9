"""The real program on a terminal that takes nothing for a while."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.color import ColorSystem
from textual._compositor import CompositorUpdate

from gvtui.tui.app import GvtuiApp
from gvtui.tui.kit.image import Image
from tests.monitor.sandbox import wait_until
from tests.trace.recorder import Recorder
from tests.tui.held import Held
from tests.tui.helpers import by_hand, catch_up, drive, live
from tests.tui.settling import settle

if TYPE_CHECKING:
    from textual.pilot import Pilot
    from textual.screen import Screen

BEHIND_BYTES = 48 << 10
"""What may wait on the line: the frame under way, the one that follows it, and what the kernel
holds."""


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    with Held(tmp_path) as terminal:
        assert wait_until(lambda: terminal.shows("container/start")), terminal.screen.display
        yield terminal


def test_a_terminal_that_takes_nothing_is_at_most_a_frame_behind(held: Held) -> None:
    before = held.bytes
    for _ in range(10):
        held.type("2134")
    held.type("1")
    held.type("jm\r")
    # Then all keys have had their effect.
    assert wait_until(held.bookmarks.exists)
    assert wait_until(lambda: held.shows("container/start"))
    assert held.bytes - before < BEHIND_BYTES


PAUSED_BYTES = 512
"""What the screen may send for rows that come while it is paused: a few numbers of it change."""


def test_a_screen_on_which_nothing_changes_sends_nothing_and_a_paused_one_next_to_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, sent = Image(), [0]
    display = GvtuiApp._display

    def counted(self: GvtuiApp, screen: Screen[Any], renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate):
            image.take(renderable)
            sent[0] += len(image.changes(ColorSystem.TRUECOLOR).encode())
        display(self, screen, renderable)

    monkeypatch.setattr(GvtuiApp, "_display", counted)
    by_hand(monkeypatch)
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(200)
    app = live(recorder.path)

    async def script(pilot: Pilot[int]) -> None:
        def drawn() -> None:
            catch_up(app)
            app.show_news()

        drawn()
        await settle()
        whole, sent[0] = sent[0], 0
        assert whole > 10_000
        for _ in range(50):
            drawn()
            await pilot.pause()
        await settle()
        assert not sent[0]
        await pilot.press("space")
        await settle()
        assert not app.model.following
        sent[0] = 0
        for _ in range(10):
            recorder.add(50)
            drawn()
            await pilot.pause()
        await settle()
        assert 0 < sent[0] < 10 * PAUSED_BYTES

    drive(app, script, (200, 50))
