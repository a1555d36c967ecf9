"""Pictures of whole screens. `pytest tests/tui/test_snapshots.py --snapshot-update` draws them anew."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest

from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.tui.app import GvtuiApp
from tests.trace.recorder import TRACES
from tests.tui.helpers import live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SIZES = [(80, 24), (120, 40), (200, 50)]
_sized = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture
def snap(
    snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Compares an app with its picture and closes its trace."""
    # The status line names the recording as it was opened: from here that is the same everywhere.
    monkeypatch.chdir(TRACES)
    opened: list[GvtuiApp] = []

    def compare(app: GvtuiApp, size: tuple[int, int], *keys: str) -> None:
        opened.append(app)

        async def settle(pilot: Any) -> None:
            # Keys come in here, and not from the plugin, so that all they set off has been done.
            await pilot.press(*keys)
            while app.tick():
                await pilot.pause()
            app.show_news()
            await pilot.pause()

        assert snap_compare(app, terminal_size=size, run_before=settle)

    yield compare
    for app in opened:
        app.model.trace.close()


def _recording(name: str) -> GvtuiApp:
    return GvtuiApp(Trace.open(f"{name}.trace"), zone=UTC)


@_sized
def test_a_recording(snap: Callable[..., None], size: tuple[int, int]) -> None:
    snap(_recording("network-2024"), size)


@_sized
def test_a_filtered_recording_with_details(
    snap: Callable[..., None], size: tuple[int, int]
) -> None:
    app = GvtuiApp(Trace.open("compile-2024.trace"), zone=UTC, filter_text="evt.failed = true")
    snap(app, size, "ctrl+g", *"#402", "enter", "n", "x")


@_sized
def test_waiting_for_sandboxes(
    snap: Callable[..., None], size: tuple[int, int], tmp_path: Path
) -> None:
    TraceWriter(tmp_path / "a.gvtrace").close()
    snap(live(tmp_path / "a.gvtrace"), size)


def test_a_wrong_filter(snap: Callable[..., None]) -> None:
    snap(_recording("shell-2024"), (120, 40), "f", *"evt.type = open and nonsense")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
def test_a_command_that_is_typed(snap: Callable[..., None], size: tuple[int, int]) -> None:
    snap(_recording("shell-2024"), size, "colon", *"filter", "down")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])
def test_a_command_that_is_none(snap: Callable[..., None], size: tuple[int, int]) -> None:
    snap(_recording("shell-2024"), size, "colon", *"filter.pikc", "enter")


def test_the_light_theme(snap: Callable[..., None]) -> None:
    snap(_recording("compile-2024"), (120, 40), "ctrl+t", "end", "p")


@_sized
def test_what_can_be_copied(snap: Callable[..., None], size: tuple[int, int]) -> None:
    snap(_recording("shell-2024"), size, "down", "down", "Y")


def test_help(snap: Callable[..., None]) -> None:
    snap(_recording("shell-2024"), (120, 40), "question_mark")
