"""What a colour says, a sign or a word beside it says too: a screen without colours tells it."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import gvtui.tui
from gvtui.tui.kit.lines import LineWidget
from gvtui.tui.stream.painter import Painter
from tests.tui.scenes import SCENES, draw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.segment import Segment
    from textual.strip import Strip

    from gvtui.tui.kit.cells import Part

RULE = re.compile(r"\.([a-z]+--[a-z]+) \{([^}]*)\}")
TELLING = re.compile(
    r"\$(gv-(enter|exit|event|failed|bad|drop|note|result|chip|alarm|cursor)|primary|error)\b"
)
"""The colours that stand for something."""

SAID = {
    "sandboxes--good": "●|connected|open",
    "sandboxes--gone": "[○▸▾]|exited|killed|cut off|closed|summed|gone",
    "sandboxes--alarm": "▲|gone|says it is|not believed",
    "sandboxes--spark": "[▁-█]",
    "numbers--error": "✗|^[A-Z0-9]+ *$",
    "numbers--alarm": "▲",
    "numbers--sorted": "[▼▲]",
    "points--added": r"\+",
    "points--removed": "−",
    "points--on": r"\[[●◐EX]\]",
    "points--off": r"\[[ ?]\]",
    "points--good": "↑|/s|gvtui|pod init|sends here|file|applied|saved|staged",
    "points--staged": "staged",
    "points--bad": r"\$|~|!|nothing|refus|not |costs?",
    "processes--good": r"●|†|running",
    "processes--failed": "[✗↑]",
    "processes--tag": r"\[",
    "status--good": r"●|following|all accounted",
    "status--alarm": "▲|lost|unaccounted|◌|damaged|malformed",
    "status--paused": "paused|ended",
    "timeline--drop": "▲",
    "stream--enter": "→|▌",
    "stream--exit": "←|↔",
    "stream--event": "[◆†+■◦]|/",
    # A failed exit has the error's name as its result.
    "stream--failed": r"✗|←|↔|E[A-Z0-9]+|^-|failed",
    "stream--running": r"…|\?|s$",
    "stream--drop": "▲",
    "stream--note": "[┄a-z]",
    "stream--slow": "s *$",
    "stream--result": r"[0-9?a-z]",
}
"""For each look whose colour means something, what its words contain where they are not blank."""

STYLED = {
    "stream--found",
    "timeline--some",
    "timeline--many",
    "list--sought",
    "detail--sought",
    "numbers--active",
    "chips--selected",
    "status--bad",
    "detail--alarm",
    "points--alarm",
    "stream--bad",
    "stream--mark",
    "search--none",
    "suggest--picked",
}
"""Looks that are bold or underlined too."""

PLAIN = {
    "detail--field": "names of fields",
    "detail--context": "names of fields, which stand below the others",
    "points--field": "names of fields",
    "status--name": "the program",
    "status--record": "says what is recorded",
    "search--count": "a number of hits",
    "search--progress": "a share in percent",
    "processes--progress": "a share in percent",
    "activity--unseen": "says that it was not seen",
    "activity--number": "a number in its column",
    "activity--progress": "a share in percent",
    "running--age": "stands in the column of ages",
    "running--progress": "a share in percent",
    "numbers--progress": "a share in percent",
    "chips--progress": "a share in percent",
    "processes--error": "stands in the column of errors",
    "timeline--bar": "a bar",
    "playbar--done": "a thick line",
    "playbar--sign": "itself",
    "playbar--time": "words",
    "bands--bar": "a bar",
    "suggest--more": "an arrow",
    "chips--chip": "begins with a full circle, one that is off with an empty one",
}
"""Looks that say no more than their words."""

MARKS = {"mark", "cursor", "chosen"}
"""Looks of lines whose first cell has a sign."""


def rules() -> dict[str, str]:
    """The looks of all stylesheets, with what their rules say."""
    folder = Path(gvtui.tui.__file__).parent
    sheets = [path.read_text() for path in folder.rglob("*.tcss")]
    return {found[1]: found[2] for sheet in sheets for found in RULE.finditer(sheet)}


def test_of_each_coloured_look_it_is_known_what_else_tells_it() -> None:
    telling = {
        look
        for look, rule in rules().items()
        if TELLING.search(rule) and look.rpartition("--")[2] not in MARKS
    }
    known = {*SAID, *STYLED, *PLAIN}
    assert not telling - known, "say what tells these where there are no colours"
    assert known - {"sandboxes--gone", "points--off"} <= set(rules())


def test_looks_that_are_told_by_their_style_have_one() -> None:
    assert not {look for look in STYLED if "text-style" not in rules()[look]}


def test_each_look_with_a_meaning_has_its_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, set[str]] = defaultdict(set)
    unsigned: set[str] = set()
    strip = LineWidget.strip

    def noted(self: LineWidget, parts: Iterable[Part], width: int, *, ground: str = "") -> Strip:
        parts = list(parts)
        for text, look in parts:
            if text.strip():
                seen[f"{self.PREFIX}--{look}"].add(text)
        if ground == "chosen" and parts[0][0] not in ("▐", "▌"):
            unsigned.add("".join(text for text, _ in parts))
        return strip(self, parts, width, ground=ground)

    cells = Painter._cell

    def painted(self: Painter, *args: object, **options: object) -> list[Segment]:
        names = {id(style): name for name, style in self._styles.items()}
        made = cells(self, *args, **options)  # type: ignore[arg-type]
        for segment in made:
            name = names.get(id(segment.style))
            if name is not None and segment.text.strip():
                seen[f"stream--{name}"].add(segment.text)
        return made

    monkeypatch.setattr(LineWidget, "strip", noted)
    monkeypatch.setattr(Painter, "_cell", painted)
    for scene in SCENES:
        if scene.name not in ("light", "waiting", "help"):
            asyncio.run(draw(scene))
    met = {"sandboxes--good", "sandboxes--alarm", "points--added"}
    assert met | {"points--good", "stream--exit", "stream--failed"} <= set(seen)
    silent = {
        look: texts
        for look, sign in SAID.items()
        if (texts := {text for text in seen[look] if not re.search(sign, text)})
    }
    assert not silent
    assert not unsigned
