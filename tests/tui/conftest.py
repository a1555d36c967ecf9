from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tui import settling
from tests.tui.fake import close_all

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _traces_are_closed() -> Iterator[None]:
    """Whatever a viewer without a terminal has opened is closed with the test."""
    yield
    close_all()


@pytest.fixture(autouse=True)
def _pilots_wait_until_all_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    settling.use_in(monkeypatch)
