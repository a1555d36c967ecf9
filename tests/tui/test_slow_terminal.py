"""The real program on a terminal that takes nothing for a while."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.monitor.sandbox import wait_until
from tests.tui.held import Held

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
