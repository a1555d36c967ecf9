"""A report as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.export.report.rows import TITLE, cells, ending, finding, title_of, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.report.making import Report

_WIDTH = 12


def lines(report: Report) -> Iterator[str]:
    """The lines of the report."""
    yield TITLE
    yield "=" * len(TITLE)
    for label, text in report.head:
        yield f"{label:<{_WIDTH}}{escape(text)}"
    yield ""
    yield report.summary
    for section in report.activity.sections:
        yield ""
        yield title_of(section)
        for line in section.lines:
            what, details, times, came, went, first, rows = cells(report, line)
            told = [details, f"{times}×" if times != "1" else "", f"{came} B in" * bool(came)]
            told += [f"{went} B out" * bool(went), first]
            yield f"  {what}"
            yield f"      {'; '.join(filter(None, told))}"
            yield f"      {rows}"
    yield ""
    yield "Not seen"
    for sentence in unseen(report):
        yield f"  - {sentence}"
    yield ""
    yield "How to find the rows"
    yield f"  {escape(finding(report))}"
    yield ""
    yield from ending(report)
