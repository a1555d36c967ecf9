"""Reports on recordings of real sandboxes."""

from __future__ import annotations

from gvtui.export.report.making import Report, make_report
from gvtui.trace.reader import Trace
from tests.query.activity.runs import TRACES


def report_on(name: str, **options: str) -> Report:
    """The report on a recording among the tests' data."""
    trace = Trace.open(TRACES / f"{name}.trace")
    try:
        return make_report(trace, **options)  # type: ignore[arg-type]
    finally:
        trace.close()


def hostile(report: Report, text: str) -> Report:
    """The report with a text of a sandbox's choice in each line."""
    for section in report.activity.sections:
        for line in section.lines:
            line.what = line.details = text
    return report
