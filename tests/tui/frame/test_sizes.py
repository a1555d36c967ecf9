from __future__ import annotations

import pytest

from gvtui.tui.frame.sizes import Sizes
from tests.tui.fake import FakeViewer


def test_parts_grow_and_shrink() -> None:
    viewer = FakeViewer(Sizes)
    viewer.commands.execute("screen.resize detail 1")
    viewer.commands.execute("screen.resize detail 1")
    viewer.commands.execute("screen.resize sidebar -2")
    assert viewer.parts.sizes == {"detail": 14, "sidebar": 30}
    assert viewer.commands.keys_of("screen.resize detail 1") == "Ctrl+↑"
    for _ in range(30):
        viewer.commands.execute("screen.resize detail -1")
    assert viewer.parts.sizes["detail"] == 3
    viewer.commands.execute("screen.reset-sizes")
    assert viewer.parts.sizes == {}


def test_a_part_that_is_hidden_is_shown_first() -> None:
    viewer = FakeViewer(Sizes)
    viewer.parts.shown.clear()
    viewer.parts.sizes["sidebar"] = 0
    viewer.commands.execute("screen.resize sidebar 2")
    assert viewer.parts.shown == {"sidebar"}
    assert viewer.parts.sizes["sidebar"] == 0


def test_sizes_are_remembered() -> None:
    viewer = FakeViewer(Sizes)
    viewer.commands.execute("screen.resize detail 1")
    memory = {"screen": viewer.feature(Sizes).remember()}
    assert memory == {"screen": {"sizes": {"detail": 13}}}
    again = FakeViewer(Sizes, memory=memory)
    assert again.parts.sizes == {"detail": 13}
    again.commands.execute("screen.resize detail 1")
    assert again.parts.sizes == {"detail": 14}


@pytest.mark.parametrize(
    "told", [7, [], {"detail": "9"}, {"detail": 10**9}, {"detail": True}, {"detail": -4}]
)
def test_sizes_that_make_no_sense_are_left(told: object) -> None:
    assert FakeViewer(Sizes, memory={"screen": {"sizes": told}}).parts.sizes == {}
