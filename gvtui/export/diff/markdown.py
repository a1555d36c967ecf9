"""A comparison as Markdown, with tables as GitHub and GitLab show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.export.diff.rows import HEADINGS, TITLE, by_section, cells, heads, lists, summary
from gvtui.export.report.markdown import plain, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.diff.making import DiffDocument


def lines(diff: DiffDocument) -> Iterator[str]:
    """The lines of the comparison."""
    yield f"# {TITLE}"
    yield ""
    for label, words in heads(diff):
        yield f"- **{label}:** {plain(words)}"
    yield ""
    yield plain(summary(diff))
    for title, own in by_section(diff.compared.differences):
        yield ""
        yield f"## {plain(title)}"
        yield ""
        yield from table(HEADINGS, (cells(diff, each) for each in own))
    if diff.compared.untold:
        yield ""
        yield "## What cannot be told"
    for title, own in by_section(diff.compared.untold):
        yield ""
        yield f"### {plain(title)}"
        yield ""
        untold = ((*cells(diff, each), escape(each.untold)) for each in own)
        yield from table((*HEADINGS, "why"), untold)
    for title, sentences in lists(diff):
        yield ""
        yield f"## {plain(title)}"
        yield ""
        for sentence in sentences:
            yield f"- {plain(sentence)}"
