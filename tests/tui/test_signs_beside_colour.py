"""What a colour says, a sign or a word beside it says too: a screen without colours tells it."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from gvtui.tui.kit.lines import LineWidget
from tests.tui.scenes import SCENES, draw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.strip import Strip

    from gvtui.tui.kit.cells import Part

SAID = {
    "sandboxes--good": "●|connected|open",
    "sandboxes--gone": "○|exited|killed|cut off|closed|summed",
    "sandboxes--alarm": "▲|gone|says it is|not believed",
    "numbers--error": "✗",
    "numbers--alarm": "▲",
    "points--added": r"\+",
    "points--removed": "−",
    "points--on": r"\[[●◐EX]\]",
    "points--off": r"\[[ ?]\]",
    "points--staged": "staged",
}
"""For each look that means something, what its words contain where they are not blank."""


def test_each_look_with_a_meaning_has_its_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, set[str]] = defaultdict(set)
    strip = LineWidget.strip

    def noted(self: LineWidget, parts: Iterable[Part], width: int, *, ground: str = "") -> Strip:
        parts = list(parts)
        for text, look in parts:
            if text.strip():
                seen[f"{self.PREFIX}--{look}"].add(text)
        return strip(self, parts, width, ground=ground)

    monkeypatch.setattr(LineWidget, "strip", noted)
    for scene in SCENES:
        if scene.name in ("live", "points", "numbers"):
            asyncio.run(draw(scene))
    assert {"sandboxes--good", "sandboxes--gone", "sandboxes--alarm", "points--added"} <= set(seen)
    silent = {
        look: texts
        for look, sign in SAID.items()
        if (texts := {text for text in seen[look] if not re.search(sign, text)})
    }
    assert not silent
