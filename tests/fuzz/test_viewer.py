"""A few short walks; `make fuzz` takes long ones."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from textual.strip import Strip

from tests.fuzz.viewer import fault_of, go


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_the_viewer_holds_on_a_short_walk(seed: int) -> None:
    assert go(seed, 40) >= 40


@pytest.mark.parametrize(
    "text",
    [
        "a\x1b[2J",
        "a\x9bm",
        "\u202eb",
        "\ud800",
        "\u2068c",
        "a\u200bb",
        "line\nbreak",
        "wider than ten cells",
        "\U0001f44d\U0001f3fd" * 4,
        "short",
    ],
)
def test_wrong_cells_are_found(text: str) -> None:
    assert fault_of([Strip([Segment("ten cells.")]), Strip([Segment(text)])], 10)


def test_right_cells_are_right() -> None:
    lines = ["ten cells.", "\u2068\u05d0\u05d1\u2069        ", "漢字 e\u0301    "]
    assert fault_of([Strip([Segment(line)]) for line in lines], 10) == ""
