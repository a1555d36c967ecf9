"""The formats of reports: one line each. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.report.making import Report


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A format of reports."""

    name: str
    suffixes: tuple[str, ...]
    """How the names of such files end, the usual one first."""
    words: str
    """What it is, for help texts."""
    module: str
    """The module whose `lines` makes it."""

    def lines(self, report: Report) -> Iterator[str]:
        """The lines of a report, without their ends."""
        made: Iterator[str] = import_module(self.module).lines(report)
        return made


REPORT_FORMATS = {
    each.name: each
    for each in (
        ReportFormat("text", (".txt",), "plain text", "gvtui.export.report.text"),
        ReportFormat(
            "markdown", (".md",), "tables for a pull request", "gvtui.export.report.markdown"
        ),
        ReportFormat(
            "json", (".json",), "one object, version 1 of its schema", "gvtui.export.report.json"
        ),
        ReportFormat("html", (".html",), "one file that loads nothing", "gvtui.export.report.html"),
    )
}
"""All formats, by name, in the order of the help."""

REPORTS_BY_SUFFIX = {suffix: each for each in REPORT_FORMATS.values() for suffix in each.suffixes}
"""All formats, by the suffix of a file's name."""
