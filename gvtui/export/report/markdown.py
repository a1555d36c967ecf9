"""A report as Markdown, with tables as GitHub and GitLab show them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.export.report.rows import HEADINGS, TITLE, cells, ending, finding, title_of, unseen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gvtui.export.report.making import Report

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~&:@-])")


def plain(text: str) -> str:
    """A text that Markdown shows as it is: no markup, links, mentions or HTML."""
    return _SPECIAL.sub(r"\\\1", text)


def table(headings: Sequence[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table whose cells are escaped for a terminal."""
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(map(plain, row))} |"


def lines(report: Report) -> Iterator[str]:
    """The lines of the report."""
    yield f"# {TITLE}"
    yield ""
    for label, text in report.head:
        yield f"- **{label}:** {plain(escape(text))}"
    yield ""
    yield plain(report.summary)
    for section in report.activity.sections:
        yield ""
        yield f"## {plain(title_of(section))}"
        yield ""
        yield from table(HEADINGS, (cells(report, line) for line in section.lines))
    yield ""
    yield "## Not seen"
    yield ""
    for sentence in unseen(report):
        yield f"- {plain(sentence)}"
    yield ""
    yield "## How to find the rows"
    yield ""
    yield plain(escape(finding(report)))
    yield ""
    for each in ending(report):
        yield f"- {plain(each)}"
