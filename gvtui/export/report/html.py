"""A report as one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.export.page import bullets, page_start, shown, table
from gvtui.export.report.rows import HEADINGS, TITLE, cells, ending, finding, title_of, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.report.making import Report


def lines(report: Report) -> Iterator[str]:
    """The lines of the report."""
    yield from page_start(f"{TITLE}: {report.file}")
    yield f"<h1>{TITLE}</h1>"
    yield "<table>"
    for label, text in report.head:
        yield f"<tr><th>{shown(label)}</th><td>{shown(text)}</td></tr>"
    yield "</table>"
    yield f"<p>{shown(report.summary)}</p>"
    for section in report.activity.sections:
        yield f"<h2>{shown(title_of(section))}</h2>"
        yield from table(HEADINGS, (cells(report, line) for line in section.lines))
    yield "<h2>Not seen</h2>"
    yield from bullets(unseen(report))
    yield "<h2>How to find the rows</h2>"
    yield f"<p>{shown(finding(report))}</p>"
    yield from bullets(ending(report))
    yield "</body></html>"
