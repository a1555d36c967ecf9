"""A comparison as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.export.diff.rows import TITLE, by_section, cells, heads, lists, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.diff.making import DiffDocument
    from gvtui.query.compare.compare import Difference


def lines(diff: DiffDocument) -> Iterator[str]:
    """The lines of the comparison."""
    yield TITLE
    yield "=" * len(TITLE)
    found = list(heads(diff))
    width = max(len(label) for label, _ in found)
    for label, words in found:
        yield f"{label:{width}}  {words}"
    yield ""
    yield summary(diff)
    for title, own in by_section(diff.compared.differences):
        yield ""
        yield title
        for difference in own:
            yield from _difference(diff, difference)
    if diff.compared.untold:
        yield ""
        yield "What cannot be told"
    for title, own in by_section(diff.compared.untold):
        for difference in own:
            yield from _difference(diff, difference, f"{title}: ")
            yield f"      {escape(difference.untold)}"
    for title, sentences in lists(diff):
        yield ""
        yield title
        for sentence in sentences:
            yield f"  - {sentence}"


def _difference(diff: DiffDocument, difference: Difference, section: str = "") -> Iterator[str]:
    sign, what, details, change, before, after = cells(diff, difference)
    yield f"  {sign} {section}{what}"
    yield f"      {'; '.join(filter(None, (details, change)))}"
    if before:
        yield f"      before: {before}"
    if after:
        yield f"      after: {after}"
