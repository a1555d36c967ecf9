"""A comparison as Markdown, with tables as GitHub and GitLab show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.export.diff.rows import HEADINGS, TITLE, by_section, cells, lists, summary
from gvtui.export.report.markdown import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.diff.making import DiffDocument


def lines(diff: DiffDocument) -> Iterator[str]:
    """The lines of the comparison."""
    yield f"# {TITLE}"
    yield ""
    yield f"- **Before:** {plain(escape(diff.before.head))}"
    yield f"- **After:** {plain(escape(diff.after.head))}"
    yield ""
    yield plain(summary(diff))
    for title, own in by_section(diff.compared.differences):
        yield ""
        yield f"## {plain(title)}"
        yield ""
        yield f"| {' | '.join(HEADINGS)} |"
        yield f"|{'---|' * len(HEADINGS)}"
        for difference in own:
            yield f"| {' | '.join(map(plain, cells(diff, difference)))} |"
    if diff.compared.untold:
        yield ""
        yield "## What cannot be told"
        yield ""
        yield f"| {' | '.join((*HEADINGS, 'why'))} |"
        yield f"|{'---|' * (len(HEADINGS) + 1)}"
    for difference in diff.compared.untold:
        row = (*cells(diff, difference), escape(difference.untold))
        yield f"| {' | '.join(map(plain, row))} |"
    for title, sentences in lists(diff):
        yield ""
        yield f"## {plain(title)}"
        yield ""
        for sentence in sentences:
            yield f"- {plain(sentence)}"
