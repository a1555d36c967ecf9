from __future__ import annotations

from gvtui.tui.copy.mouse import Mouse
from tests.tui.fake import FakeViewer


def test_the_mouse_goes_to_the_terminal_and_comes_back() -> None:
    viewer = FakeViewer(Mouse)
    mouse = viewer.feature(Mouse)
    viewer.model.following = True
    assert list(mouse.status()) == []
    viewer.commands.execute("screen.mouse")
    assert not viewer.has_mouse
    assert not viewer.model.following
    (item,) = mouse.status()
    assert item.full == "mouse left to the terminal: V takes it back"
    viewer.commands.execute("screen.mouse")
    assert viewer.has_mouse
    assert list(mouse.status()) == []
