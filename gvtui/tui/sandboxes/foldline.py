"""The two lines of a fold: what its sandboxes have in common, how they ended, and their counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.tui.kit.cells import Part, fit, short_count, width_of
from gvtui.tui.kit.signs import CLOSED_SIGN, OPEN_SIGN
from gvtui.tui.model.rowtext import word
from gvtui.tui.sandboxes.drops import drops_words
from gvtui.words import counted, noun_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.tui.sandboxes.folding import SandboxFold


def fold_lines(
    fold: SandboxFold, endings: Sequence[tuple[str, int]], width: int, *, is_open: bool
) -> tuple[list[Part], list[Part]]:
    """The lines of a fold.

    Args:
        fold: the fold.
        endings: how its sandboxes ended, and how many did so.
        width: how many cells there are.
        is_open: whether its sandboxes are shown below it.
    """
    kind = fold.kind
    known = [(kind.name, "id")] if kind.is_named else []
    known += [(text, look) for text, look in _facts(kind.image, kind.command) if text]
    count = f"{len(fold.sandboxes):,} × " if known else f"{len(fold.sandboxes):,} sandboxes"
    first: list[Part] = [(f"{OPEN_SIGN if is_open else CLOSED_SIGN} ", "gone"), (count, "id")]
    room = width - 3 - width_of(count)
    for text, look in known:
        shown = word(text)
        if room > 0:
            first.append((fit(shown, min(room, width_of(shown))), look))
            first.append((" ", ""))
        room -= width_of(shown) + 1
    dropped = drops_words(fold.dropped, is_least=fold.may_lack_drops)
    numbers = f"  {short_count(fold.messages)}"
    noun = f" {noun_for(fold.messages, 'msg')}"
    left = width - 3 - width_of(dropped)
    words = endings_words(endings, left - width_of(numbers))
    if not words:
        # How they ended says more.
        words, numbers, noun = endings_words(endings, left), "", ""
    if not words:
        gone = (f"{len(fold.sandboxes):,} gone", "gone", "")
        words = next(each for each in gone if width_of(each) <= max(0, left))
    if width_of(words + numbers + noun) <= left:
        numbers += noun
    if dropped and width_of(words + numbers) + len(" dropped") <= left:
        dropped += " dropped"
    second: list[Part] = [("  ", ""), (words, "gone"), (numbers, "number"), (dropped, "alarm")]
    return first, second


def _facts(image: str, command: str) -> list[Part]:
    return [(image, "faint"), (command, "command")]


def endings_words(endings: Sequence[tuple[str, int]], width: int) -> str:
    """How sandboxes ended, as many ways as there is room for, and how many ended in others.

    No number is cut; each one stands with what it counts, or is left out with it. Where there is
    room for none, the words are "".
    """
    for told in range(len(endings), 0, -1):
        parts = [f"{count:,} {words}" for words, count in endings[:told]]
        others = sum(count for _, count in endings[told:])
        words = ", ".join([*parts, *([f"{others:,} otherwise"] if others else [])])
        if width_of(words) <= width:
            return words
    return ""


def full_words(fold: SandboxFold, endings: Sequence[tuple[str, int]]) -> str:
    """All that is said of a fold, in one line."""
    kind = fold.kind
    told = (
        counted(len(fold.sandboxes), "sandbox", "sandboxes"),
        kind.name if kind.is_named else "",
        kind.image,
        kind.command,
        ", ".join(f"{count:,} {words}" for words, count in endings),
        counted(fold.messages, "msg"),
        f"{'≥' if fold.may_lack_drops else ''}{fold.dropped:,} dropped" if fold.dropped else "",
    )
    return "  ".join(word(text) for text in told if text)
