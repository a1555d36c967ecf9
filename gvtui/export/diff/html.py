"""A comparison as one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from html import escape as in_html
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.export.diff.rows import HEADINGS, TITLE, by_section, cells, heads, lists, summary
from gvtui.export.page import bullets, page_start, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.diff.making import DiffDocument


def lines(diff: DiffDocument) -> Iterator[str]:
    """The lines of the comparison."""
    yield from page_start(f"{TITLE}: {diff.before.file}, {diff.after.file}")
    yield f"<h1>{TITLE}</h1>"
    yield "<table>"
    for label, words in heads(diff):
        yield f"<tr><th>{in_html(label)}</th><td>{in_html(words)}</td></tr>"
    yield "</table>"
    yield f"<p>{in_html(summary(diff))}</p>"
    for title, own in by_section(diff.compared.differences):
        yield f"<h2>{in_html(title)}</h2>"
        yield from table(HEADINGS, (cells(diff, each) for each in own))
    if diff.compared.untold:
        yield "<h2>What cannot be told</h2>"
    for title, own in by_section(diff.compared.untold):
        yield f"<h3>{in_html(title)}</h3>"
        untold = ((*cells(diff, each), escape(each.untold)) for each in own)
        yield from table((*HEADINGS, "why"), untold)
    for title, sentences in lists(diff):
        yield f"<h2>{in_html(title)}</h2>"
        yield from bullets(sentences)
    yield "</body></html>"
