"""A report as one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from html import escape as in_html
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.export.report.rows import HEADINGS, TITLE, cells, ending, finding, title_of, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.report.making import Report

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may load: nothing. The style is the file's own."""

_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:90rem;padding:0 1rem;"
    "color-scheme:light dark}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.2rem .6rem;border-bottom:1px solid #8885;"
    "overflow-wrap:anywhere}"
    "td{font-family:ui-monospace,monospace;font-size:13px}"
)


def lines(report: Report) -> Iterator[str]:
    """The lines of the report."""
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield f"<title>{_shown(f'{TITLE}: {report.file}')}</title>"
    yield f"<style>{_STYLE}</style></head><body>"
    yield f"<h1>{TITLE}</h1>"
    yield "<table>"
    for label, text in report.head:
        yield f"<tr><th>{_shown(label)}</th><td>{_shown(text)}</td></tr>"
    yield "</table>"
    yield f"<p>{_shown(report.summary)}</p>"
    for section in report.activity.sections:
        yield f"<h2>{_shown(title_of(section))}</h2>"
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
    yield f"<p>{_shown(finding(report))}</p>"
    yield "<ul>"
    for each in ending(report):
        yield f"<li>{_shown(each)}</li>"
    yield "</ul>"
    yield "</body></html>"


def _shown(text: str) -> str:
    return in_html(escape(text))
