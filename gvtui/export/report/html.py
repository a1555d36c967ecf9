"""A report as one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from html import escape as in_html
from typing import TYPE_CHECKING

from gvtui.export.page import page_start, shown
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
        yield "<table>"
        yield f"<tr>{''.join(f'<th>{heading}</th>' for heading in HEADINGS)}</tr>"
        for line in section.lines:
            row = "".join(f"<td>{in_html(cell)}</td>" for cell in cells(report, line))
            yield f"<tr>{row}</tr>"
        yield "</table>"
    yield "<h2>Not seen</h2>"
    yield "<ul>"
    for sentence in unseen(report):
        yield f"<li>{in_html(sentence)}</li>"
    yield "</ul>"
    yield "<h2>How to find the rows</h2>"
    yield f"<p>{shown(finding(report))}</p>"
    yield "<ul>"
    for each in ending(report):
        yield f"<li>{shown(each)}</li>"
    yield "</ul>"
    yield "</body></html>"
